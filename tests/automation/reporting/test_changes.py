"""How a change is shown: what must be seen of it, and that it fits."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.events import Change, Resource
from automation.operations import DEPLOY, DESTROY, PREVIEW
from automation.reporting.changes import SHOWN_LINES, headline, lines
from automation.values import SECRET, UNKNOWN, PropertyChange

ROLE = Resource("urn:pulumi:s::p::aws:iam/role:Role::r")


def changed(*values: PropertyChange, what: str = "updated") -> Change:
    """A change of the role."""
    return Change(ROLE, what, (), values)


def one(old: Any, new: Any, width: int = 80, *, full: bool = False, forces: bool = False) -> list[str]:
    """What is shown of a single property `a`."""
    return lines(changed(PropertyChange("a", old, new, forces)), width, full=full)


@pytest.mark.parametrize(
    ("wording", "change", "expected"),
    [
        (PREVIEW, changed(), "would be updated aws:iam/role:Role r"),
        (DEPLOY, changed(what="replaced"), "replaced aws:iam/role:Role r"),
        (PREVIEW, changed(what="kept"), "would be kept in AWS, no longer managed: aws:iam/role:Role r"),
        (DESTROY, changed(what="kept"), "kept in AWS, no longer managed: aws:iam/role:Role r"),
        (
            PREVIEW,
            Change(ROLE, "replaced", keeps_old=True),
            "would be replaced aws:iam/role:Role r, the old one is kept in AWS",
        ),
    ],
)
def test_what_happens_to_the_resource(wording: Any, change: Change, expected: str) -> None:
    assert headline(wording, change) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "y", '"x" → "y"'),
        (None, 3600, "not set → 3600"),
        (True, None, "true → not set"),
        ("", "\x1b[2J\n", r'"" → "\u001b[2J\n"'),
        (SECRET, SECRET, "[secret] → [secret]"),
        ("x", UNKNOWN, '"x" → known after the deployment'),
        (["ada", "grace"], ["grace", "zoe"], '+ "zoe"; - "ada"'),
        (["ada"], ["ada", "zoe"], '+ "zoe"'),
        ([1], [2], "+ 2; - 1"),
        (["a", "b"], ["b", "a"], '["a", "b"] → ["b", "a"]'),
        ("[1]", "[1, 2]", "+ 2"),
    ],
)
def test_short_values_are_on_the_line_of_their_property(old: Any, new: Any, expected: str) -> None:
    assert one(old, new) == one(old, new, full=True) == [f"  a: {expected}"]


def test_what_may_be_copied_is_in_one_line() -> None:
    arn = "arn:aws:iam::123456789012:policy/" + "teams/" * 12 + "ReadLogs"
    assert [line for line in one("short " * 20, arn, full=True) if len(line) > 80] == [f'    + "{arn}"']


def test_what_forces_a_replacement_is_said_first() -> None:
    values = PropertyChange("a", 1, 2), PropertyChange("b", "x" * 60, "y" * 60, forces_replacement=True)
    found = lines(changed(*values, what="replaced"), 80)
    assert (found[0], found[-1]) == ("  b (forces the replacement):", "  a: 1 → 2")


def test_of_long_values_the_place_where_they_differ_is_seen() -> None:
    start = "arn:aws:iam::123456789012:policy/" + "long-" * 20
    assert one(start + "old", start + "new") == [
        "  a:",
        '    - …g-long-long-old"',
        '    + …g-long-long-new"',
    ]
    assert (
        "".join(line[6:].strip() for line in one(start + "old", start + "new", full=True)[1:])
        == f'"{start}old""{start}new"'
    )
    assert one("x" * 100, "y", 40) == ["  a:", '    - "' + "x" * 32 + "…", '    + "y"']


def test_of_a_long_list_as_many_as_fit() -> None:
    arns = [f"arn:aws:iam::123456789012:user/user-{n}" for n in range(9)]
    assert one(arns, arns[:1], 110) == [
        "  a:",
        f'    - "{arns[1]}", "{arns[2]}" and 6 more',
    ]
    assert one(arns, arns[:1], 110, full=True)[1:] == [f'    - "{arn}"' for arn in arns[1:]]


STATEMENT = {"Sid": "Leave", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}


def document(*statements: Any) -> str:
    """A policy as properties have it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_policy_by_its_statements() -> None:
    regions = {"Sid": "Regions", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["a", "b"]}}}
    new = {"Sid": "Regions", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["a", "c"]}}}
    old = document(regions, STATEMENT)
    assert one(old, document(new)) == [
        "  a:",
        "    ~ Regions Condition.StringNotEquals.aws:RequestedRegion: + c; - b",
        "    - Leave: Deny organizations:LeaveOrganization on *",
    ]
    assert one(document(), document(STATEMENT), full=True) == [
        "  a:",
        "    + Leave:",
        "    +   {",
        '    +     "Sid": "Leave",',
        '    +     "Effect": "Deny",',
        '    +     "Action": "organizations:LeaveOrganization",',
        '    +     "Resource": "*"',
        "    +   }",
    ]
    assert one(old, old.replace(" ", "")) == ["  a:", "    ~ the same but for order or form"]


@pytest.mark.parametrize(("value", "text"), [(UNKNOWN, "known after the deployment"), (None, "not set"), ("x", '"x"')])
def test_a_policy_that_becomes_something_else_is_seen_as_it_is(value: Any, text: str) -> None:
    statement = "Leave: Deny organizations:LeaveOrganization on *"
    assert one(document(STATEMENT), value) == ["  a:", f"    - {statement}", f"    + {text}"]
    assert one(value, document(STATEMENT)) == ["  a:", f"    + {statement}", f"    - {text}"]


def test_lines_are_few_and_say_how_many_more_there_are() -> None:
    many = [PropertyChange("policy", document(), document(*({"Sid": f"S{n}"} for n in range(9))))]
    many += [PropertyChange(f"p{n}", 1, 2) for n in range(3)]
    found = lines(changed(*many), 80)
    # What is short is not hidden by what is long.
    assert found[:4] == ["  p0: 1 → 2", "  p1: 1 → 2", "  p2: 1 → 2", "  policy:"]
    assert len(found) == SHOWN_LINES
    assert found[-1] == "  6 more lines: --diff"
    everything = lines(changed(*many), 80, full=True)
    assert "more" not in everything[-1]
    assert sum("+ S" in line for line in everything) == 9


@pytest.mark.parametrize("what", ["created", "deleted", "kept", "gone"])
def test_of_what_is_made_or_deleted_the_properties_are_shown_only_if_asked_for(what: str) -> None:
    policy = document(STATEMENT)

    def only(name: str, value: Any) -> PropertyChange:
        return PropertyChange(name, None, value) if what == "created" else PropertyChange(name, value, None)

    values = (only("name", "r"), only("policy", policy), only("word", SECRET))
    assert lines(changed(*values, what=what), 80) == []
    found = lines(changed(*values, what=what), 80, full=True)
    assert (found[0], found[1], found[-1]) == ('  name: "r"', "  policy:", "  word: [secret]")
    assert json.loads("".join(found[2:-1])) == json.loads(policy)


WORDS = st.lists(st.text("abcdefgh:-", min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)
VALUES = (
    WORDS
    | st.lists(WORDS, max_size=4)
    | st.lists(st.dictionaries(WORDS, WORDS), max_size=3).map(lambda found: document(*found))
)


@given(VALUES, VALUES, st.integers(40, 160), st.booleans(), st.sampled_from(["updated", "created", "deleted"]))
def test_no_line_is_wider_than_the_terminal(old: Any, new: Any, width: int, full: bool, what: str) -> None:
    found = lines(changed(PropertyChange("tags.Owner", old, new), what=what), width, full=full)
    assert max(map(len, found), default=0) <= width
    if what == "updated" and old != new:
        assert found
