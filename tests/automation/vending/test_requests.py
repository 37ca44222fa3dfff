"""The text of an issue becomes a file or errors, whatever is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.configuration import check
from automation.vending import command
from automation.vending.form import DISPLAY_NAME, EMAIL, MORE_TAGS, NAME, TAG, UNIT, fields, form
from automation.vending.request import read_fields, read_request
from automation.vending.rules import Rules, read_rules
from shared.errors import ConfigError, UsageError
from shared.layers import discover
from tests.configuration import write_sandbox

ANSWERS = {
    NAME: "data-lake",
    UNIT: "Development",
    f"{TAG}CostCenter": "Testing",
    f"{TAG}Owner": "lake-team",
    MORE_TAGS: "_No response_",
    DISPLAY_NAME: "_No response_",
}
"""What somebody fills in; GitHub writes that of what is left out."""


def body(**changed: str) -> str:
    """The text of an issue, with other answers for the fields `name`, `unit`, `cost`, `owner`, `more`, `display`."""
    words = ("name", "unit", "cost", "owner", "more", "display")
    answers = ANSWERS | {label: changed[word] for word, label in zip(words, ANSWERS, strict=True) if word in changed}
    return written(answers)


def written(answers: dict[str, str], newline: str = "\n") -> str:
    """As GitHub writes a form's answers."""
    return "\n\n".join(f"### {label}\n\n{text}" for label, text in answers.items()).replace("\n", newline)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an environment whose accounts have addresses by a scheme. Nobody leaves an account's file in it."""
    root = write_sandbox(tmp_path_factory.mktemp("files"))
    set_key(root, "org/Pulumi.sandbox.yaml", "org:accountEmail", "aws+{name}@example.com")
    return root


@pytest.fixture(scope="module")
def rules(copy: Path) -> Rules:
    return read_rules("sandbox", copy)


def set_key(root: Path, file: str, key: str, value: object) -> None:
    path = root / "stacks" / file
    document = yaml.safe_load(path.read_text())
    document["config"][key] = value
    path.write_text(yaml.safe_dump(document))


def answer(root: Path, text: str | bytes) -> tuple[int, str]:
    """The exit code of the command and the comment."""
    (root / "issue.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    code = command.answer("sandbox", "issue.md", "comment.md", root)
    return code, (root / "comment.md").read_text()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
def test_what_is_asked_for_is_a_file_that_passes_every_check(copy: Path, newline: str) -> None:
    answers = ANSWERS | {MORE_TAGS: "Team = lake\nStage=a=b", DISPLAY_NAME: "Data lake"}
    code, comment = answer(copy, written(answers, newline))
    file = copy / "stacks/accounts/Pulumi.sandbox.data-lake.yaml"
    try:
        assert code == 0
        config = yaml.safe_load(file.read_text())["config"]
        assert config == {
            "aws:region": "us-west-2",
            "accounts:name": "Data lake",
            "accounts:email": "aws+data-lake@example.com",
            "accounts:organizationalUnit": "Development",
            "accounts:tags": {"CostCenter": "Testing", "Owner": "lake-team", "Team": "lake", "Stage": "a=b"},
        }
        check(discover("sandbox", copy), copy)
        assert comment.startswith(f"{command.MARKER}\n")
        assert "accounts:name: Data lake" in comment
    finally:
        file.unlink()


TWICE = body() + "\n\n### Name\n\nother"

WRONG = {
    "no name": (body(name="_No response_"), ["Name is missing"]),
    "nothing": ("", ["Name is missing", "Organizational unit is missing"]),
    "name": (body(name="Data Lake"), ["Name is 'Data Lake': allowed are lower-case"]),
    "name taken": (body(name="developer"), ["Name is 'developer', and there is such an account already"]),
    "name of two lines": (body(name="data\nlake"), ["Name is 'data\\nlake'; allowed: one line"]),
    "unit": (body(unit="Nowhere"), ["Organizational unit names the OU 'Nowhere'"]),
    "cost center": (body(cost="Gold"), ["Tag CostCenter is 'Gold'; the OU allows: Development, Testing"]),
    "no owner": (body(owner=""), ["Tag Owner is missing; the OU's tag policy requires it"]),
    "html": (body(owner="<!-- none -->"), ["Tag Owner is '<!-- none -->': allowed"]),
    "long": (body(display="A" * 51), [f"Name in AWS is '{'A' * 51}': allowed: at most 50 characters"]),
    "not ASCII": (body(display="Füße"), ["Name in AWS is 'Füße': allowed: 1 to 50 printable ASCII"]),
    "line of tags": (body(more="Team"), ["More tags has the line 'Team'; allowed: KEY=VALUE"]),
    "tag twice": (body(more="Team=a\nTeam=b"), ["More tags has 'Team' twice"]),
    "tag in both": (body(more="Owner=b"), ["Tag Owner is there twice: as a field and in More tags"]),
    "spelled otherwise": (body(more="owner=b"), ["Tag Owner is there twice"]),
    "spelled wrongly": (body(owner="", more="owner=b"), ["Tag owner is spelled wrongly; allowed: Owner"]),
    "AWS's tag": (body(more="aws:x=b"), ["Tag aws:x"]),
    "heading": (TWICE, ["the field Name is there twice"]),
    "heading in text": (body(more="A=b\n### Name\nx"), ["the field Name is there twice"]),
    "unknown heading": (body() + "\n### Role\n\nadmin", ["'Role' is no field of the form; allowed: Name, "]),
    "an address": (body() + f"\n### {EMAIL}\n\na@b.example", [f"'{EMAIL}' is no field of the form"]),
    "above": ("Please!\n" + body(), ["'Please!' is above the first field"]),
    "comment above": ("<!-- x -->\n" + body(), ["'<!-- x -->' is above the first field"]),
    "all at once": (
        body(name="Data Lake", cost="Gold", more="Team", display="ü"),
        ["More tags has the line", "Name is 'Data Lake'", "Name in AWS is 'ü'", "Tag CostCenter is 'Gold'"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_mistake_is_one_error_and_nothing_is_written(copy: Path, rules: Rules, case: str) -> None:
    text, expected = WRONG[case]
    before = sorted(copy.rglob("*.yaml"))
    code, comment = answer(copy, text)
    errors = re.findall(r"^- (.*)$", comment, re.MULTILINE)
    assert code == 1
    assert len(errors) >= len(expected)
    if case != "nothing":
        assert len(errors) == len(expected), errors
    for start in expected:
        assert any(error.startswith(start) for error in errors), errors
    assert sorted(copy.rglob("*.yaml")) == before
    with pytest.raises(ConfigError):
        read_request(text, rules, copy)


def test_what_only_the_other_files_can_say(tmp_path: Path) -> None:
    root = write_sandbox(tmp_path)
    assert [each.label for each in fields(read_rules("sandbox", root))] == [*ANSWERS, EMAIL]
    given_address = body() + f"\n\n### {EMAIL}\n\ndeveloper-account@example.com"
    code, comment = answer(root, given_address)
    assert code == 1
    assert "- E-mail address is 'developer-account@example.com', which another account has" in comment
    assert answer(root, body())[0] == 1
    code, comment = answer(root, given_address.replace("developer-account", "lake"))
    assert code == 0, comment


def test_a_tag_that_a_profile_gives_need_not_be_chosen(tmp_path: Path) -> None:
    root = write_sandbox(tmp_path)
    set_key(root, "org/Pulumi.sandbox.yaml", "org:accountEmail", "aws+{name}@example.com")
    profiles = root / "stacks/accounts/profiles/sandbox.yaml"
    profiles.parent.mkdir()
    profiles.write_text("Development: {tags: {Owner: everyone}}\n")
    asked = {each.label: each.required for each in fields(read_rules("sandbox", root))}
    assert asked[f"{TAG}CostCenter"]
    assert not asked[f"{TAG}Owner"]
    code, comment = answer(root, body(owner="_No response_"))
    assert code == 0, comment


def test_what_the_form_offers_follows_the_rules_of_each_ou(tmp_path: Path) -> None:
    root = write_sandbox(tmp_path)
    set_key(root, "org/Pulumi.sandbox.yaml", "org:organizationalUnits", ["Development", "Production/Shops"])
    tags = {"Development": {"costCenters": ["Development", "Testing"]}, "Production": {"costCenters": ["Shop"]}}
    set_key(root, "policies/Pulumi.sandbox.yaml", "policies:tags", tags)
    made = {each["attributes"].get("label"): each for each in form(read_rules("sandbox", root))["body"]}
    assert made[UNIT]["attributes"]["options"] == ["Development", "Production", "Production/Shops"]
    cost = made[f"{TAG}CostCenter"]["attributes"]
    assert cost["options"] == ["Development", "Testing", "Shop"]
    assert "Production/Shops: Shop" in cost["description"]
    assert made[f"{TAG}Owner"]["type"] == "input"
    tags["Production"]["costCenters"] = ["Shop-*"]
    set_key(root, "policies/Pulumi.sandbox.yaml", "policies:tags", tags)
    open_ = next(each for each in fields(read_rules("sandbox", root)) if each.label == f"{TAG}CostCenter")
    assert not open_.choices, "a pattern cannot be chosen"


def test_a_comment_stays_short_and_has_no_markup_of_the_author(copy: Path) -> None:
    code, comment = answer(copy, "\n".join(f"### <b>@team{number} ``` </b>" for number in range(5000)))
    assert code == 1
    assert len(comment) < 30_000
    assert "and 4982 more" in comment
    head, _fence, rest = comment.partition("````text\n")
    assert "@team" not in head
    assert rest.rstrip().endswith("````")
    with pytest.raises(UsageError, match=r"--issue is 'none\.md'"):
        command.answer("sandbox", "none.md", "comment.md", copy)


LINES = st.lists(
    st.one_of(
        st.sampled_from([f"### {label}" for label in [*ANSWERS, EMAIL, "Role", ""]]),
        st.sampled_from(
            ["", "_No response_", "<!-- a -->", "data-lake", "Development", "Testing", "A=b", "```", "\x00"]
        ),
        st.text(max_size=20),
    ),
    max_size=30,
).map("\n".join)

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@QUICK
@given(text=st.one_of(LINES, st.text(), LINES.map(lambda text: text.replace("\n", "\r\n"))))
def test_any_text_is_a_request_or_errors(copy: Path, rules: Rules, text: str) -> None:
    try:
        found = read_request(text, rules, copy)
    except ConfigError:
        return
    assert found.unit in rules.units


@QUICK
@given(text=st.binary(max_size=200))
def test_any_bytes_are_answered(copy: Path, text: bytes) -> None:
    code, comment = answer(copy, text)
    assert code == 1
    assert comment.startswith(command.MARKER)


ONE_LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30).map(str.strip)


@QUICK
@given(values=st.lists(ONE_LINE, min_size=len(ANSWERS), max_size=len(ANSWERS)), newline=st.sampled_from(["\n", "\r\n"]))
def test_what_was_answered_is_what_is_read(rules: Rules, values: list[str], newline: str) -> None:
    answers = dict(zip(ANSWERS, values, strict=True))
    read, problems = read_fields(written(answers, newline), fields(rules))
    headings = any(value.startswith("### ") for value in values)
    if not headings:
        assert problems == []
        assert read == {label: value for label, value in answers.items() if value not in ("", "_No response_")}


@QUICK
@given(injected=LINES)
def test_no_field_can_change_another(rules: Rules, injected: str) -> None:
    """The field with several lines is the only one that could: what is in it is itself or an error."""
    read, problems = read_fields(body(more=injected), fields(rules))
    if not problems:
        assert {label: read.get(label) for label in list(ANSWERS)[:4]} == dict(list(ANSWERS.items())[:4])
