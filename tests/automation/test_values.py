"""Which properties are said to change, from what to what, and what is never shown."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.automation.events import StepEventMetadata

from automation.values import SECRET, UNKNOWN, PropertyChange, property_changes

UNKNOWN_TO_THE_ENGINE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
BLINDED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
"""How the engine's events have a secret that is new; `[secret]` is one that was read from the state."""

State = Mapping[str, Any]


def step(
    old: State | None = None,
    new: State | None = None,
    *,
    names: Mapping[str, str] | None = None,
    before: State | None = None,
    after: State | None = None,
    **more: Any,
) -> StepEventMetadata:
    """A step from the inputs `old` to `new`; `names` are the changed properties by the kind of their difference, and
    `before` and `after` are the outputs, as the inputs unless given."""
    states = {
        side: {"inputs": dict(inputs), "outputs": dict(inputs if outputs is None else outputs)}
        for side, inputs, outputs in (("old", old, before), ("new", new, after))
        if inputs is not None
    }
    detailed = {name: {"diffKind": kind} for name, kind in (names or {}).items()}
    return StepEventMetadata.from_json({"op": "update", "detailedDiff": detailed, **states, **more})


def told(*args: Any, found: bool = False, **more: Any) -> list[tuple[str, Any, Any]]:
    """Path, old and new value of each change."""
    changes = property_changes(step(*args, **more), found=found)
    return [(each.path, each.old, each.new) for each in changes]


def test_a_property_and_its_values() -> None:
    assert told({"path": "/a"}, {"path": "/b"}, names={"path": "update"}) == [("path", "/a", "/b")]
    assert told({}, {"path": "/b"}, names={"path": "add"}) == [("path", None, "/b")]
    assert told({"path": "/a"}, {}, names={"path": "delete"}, after={"path": "/a"}) == [("path", "/a", None)]


def test_what_the_engine_does_not_name_has_not_changed() -> None:
    assert told({"a": 1, "b": 1}, {"a": 2, "b": 2}, names={"a": "update"}) == [("a", 1, 2)]


def test_of_a_map_only_the_keys_that_differ() -> None:
    old, new = {"tags": {"Owner": "x", "Team": "a"}}, {"tags": {"Owner": "y", "Team": "a", "a.b": "new"}}
    expected = [("tags.Owner", "x", "y"), ('tags["a.b"]', None, "new")]
    assert told(old, new, names={"tags": "update"}) == expected
    # The official provider names the keys itself.
    assert told(old, new, names={"tags.Owner": "update", 'tags["a.b"]': "add"}, diffs=["tags"]) == expected
    assert told(old, {}, names={"tags": "delete"}) == [("tags.Owner", "x", None), ("tags.Team", "a", None)]


def test_an_element_of_a_list() -> None:
    old, new = {"rules": [{"days": 1}]}, {"rules": [{"days": 2}, {"days": 3}]}
    assert told(old, new, names={"rules[0].days": "update", "rules[1]": "add"}) == [
        ("rules[0].days", 1, 2),
        ("rules[1].days", None, 3),
    ]


def test_a_provider_that_names_properties_without_the_kind_of_difference() -> None:
    assert told({"a": 1}, {"a": 2}, diffs=["a"]) == [("a", 1, 2)]


def test_the_old_value_is_the_one_in_aws_unless_only_the_inputs_differ() -> None:
    sides: dict[str, Any] = {"before": {"a": "by hand"}, "names": {"a": "update"}}
    assert told({"a": "x"}, {"a": "y"}, **sides) == [("a", "by hand", "y")]
    inputs_only = step({"a": "x"}, {"a": "y"}, before={"a": "by hand"})
    inputs_only.detailed_diff = step(names={"a": "update"}).detailed_diff
    assert inputs_only.detailed_diff
    inputs_only.detailed_diff["a"].input_diff = True
    assert property_changes(inputs_only)[0].old == "x"


def test_what_a_refresh_found_goes_from_the_state_to_aws() -> None:
    sides: dict[str, Any] = {"before": {"a": "state"}, "after": {"a": "AWS"}, "names": {"a": "update"}}
    assert told({"a": "state"}, {"a": "state"}, found=True, **sides) == [("a", "state", "AWS")]


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        ({"name": "update-replace", "path": "update"}, ["name"]),
        ({"name": "update", "path": "update"}, ["name"]),
        ({"name": "add-replace", "path": "update"}, None),
    ],
)
def test_which_property_forces_a_replacement(names: dict[str, str], keys: list[str] | None) -> None:
    changes = property_changes(step({"name": "a", "path": "a"}, {"name": "b", "path": "b"}, names=names, keys=keys))
    assert [(each.path, each.forces_replacement) for each in changes] == [("name", True), ("path", False)]


def test_a_property_that_forces_a_replacement_is_named_whether_it_is_seen_to_differ_or_not() -> None:
    found = property_changes(step({"tags": None, "a": 1}, {"a": 2}, diffs=["a"], keys=["tags"]))
    assert found == (PropertyChange("a", 1, 2), PropertyChange("tags", None, None, forces_replacement=True))


def test_a_value_that_only_aws_can_tell() -> None:
    assert told({"a": "x"}, {"a": UNKNOWN_TO_THE_ENGINE}, names={"a": "update"}) == [("a", "x", UNKNOWN)]
    assert told(None, {"a": [f"x-{UNKNOWN_TO_THE_ENGINE}", "y"]}) == [("a", None, [UNKNOWN, "y"])]
    assert json.dumps(UNKNOWN) == '"known after the deployment"'


def test_of_what_is_made_all_inputs_and_of_what_is_deleted_all_that_there_were() -> None:
    tagged = {"name": "a", "tags": {"Owner": "x"}, "tagsAll": {"Owner": "x"}, "__defaults": [], "empty": {}}
    assert told(None, tagged) == [("name", None, "a"), ("tags.Owner", None, "x")]
    assert told(tagged, None) == [("name", "a", None), ("tags.Owner", "x", None)]


def test_what_follows_from_other_changes_is_not_told() -> None:
    old = {"tags": {"a": "1"}, "tagsAll": {"a": "1", "b": "1"}}
    new = {"tags": {"a": "2"}, "tagsAll": {"a": "2", "b": "1"}}
    names = {"tags": "update", "tagsAll": "update", "arn": "update"}
    sides: dict[str, Any] = {"before": old | {"arn": "x"}, "after": new | {"arn": "y"}}
    assert told(old, new, names=names, **sides) == [("tags.a", "1", "2")]
    # A tag of the provider's is on no other line.
    new["tagsAll"] = {"a": "2", "b": "2"}
    assert told(old, new, names=names, **sides) == [("tags.a", "1", "2"), ("tagsAll.b", "1", "2")]


def test_what_follows_is_told_where_nothing_else_is() -> None:
    assert told({}, {}, names={"arn": "update"}, before={"arn": "x"}, after={"arn": "y"}) == [("arn", "x", "y")]
    # A difference in form alone.
    assert told({"tags": None}, {"tags": {}}, names={"tags": "update"}) == [("tags", None, {})]


@pytest.mark.parametrize("secret", [BLINDED, "[secret]", "before [secret] after", [BLINDED], {"deep": [BLINDED]}])
@pytest.mark.parametrize("plain_side", ["old", "new", "neither"])
def test_a_secret_on_one_side_is_one_on_both(secret: Any, plain_side: str) -> None:
    plain = {"deep": ["hush-hush"]} if isinstance(secret, dict) and secret is not BLINDED else "hush-hush"
    old, new = (plain if plain_side == side else secret for side in ("old", "new"))
    (change,) = told({"a": old}, {"a": new}, names={"a": "update"})
    assert change == ("a.deep" if isinstance(plain, dict) else "a", SECRET, SECRET)


def test_a_secret_is_looked_for_in_other_values_though_it_has_not_changed() -> None:
    old, new = {"email": "[secret]", "note": "x"}, {"email": BLINDED, "note": "of hush-hush"}
    sides: dict[str, Any] = {"before": {"email": "hush-hush", "note": "x"}, "names": {"note": "update"}}
    assert told(old, new, **sides) == [("note", SECRET, SECRET)]


def test_a_secret_that_only_the_inputs_have_as_one() -> None:
    sides: dict[str, Any] = {"before": {"a": "hush-hush"}, "after": {"a": "hush-hush!"}, "names": {"a": "update"}}
    assert told({"a": "[secret]"}, {"a": BLINDED}, **sides) == [("a", SECRET, SECRET)]
    assert told({"a": "[secret]"}, {"a": "hush"}, found=True, **sides) == [("a", SECRET, SECRET)]


def test_a_secret_in_another_property_of_the_same_resource() -> None:
    old = {"email": "root@example.com", "name": "x", "contact": {"of": ["mailto:root@example.com"]}}
    new = {"email": BLINDED, "name": "y", "contact": {"of": ["mailto:root@example.com", "z"]}}
    assert told(old, new, names=dict.fromkeys(old, "update")) == [
        ("email", SECRET, SECRET),
        ("name", "x", "y"),
        ("contact.of", SECRET, SECRET),
    ]


def test_a_secret_that_may_have_changed_is_told_beside_other_changes() -> None:
    old, new = {"a": "[secret]", "b": ["[secret]"], "c": 1}, {"a": BLINDED, "b": [BLINDED], "c": 2}
    expected = [("a", SECRET, SECRET), ("b", SECRET, SECRET), ("c", 1, 2)]
    assert told(old, new, names=dict.fromkeys(old, "update")) == expected


def test_whether_a_secret_is_set_is_told() -> None:
    assert told({}, {"a": BLINDED}, names={"a": "add"}) == [("a", None, SECRET)]


VALUES = st.recursive(
    st.sampled_from(["hush-hush", "x hush-hush", "plain", BLINDED, "[secret]", None, 1]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)
KINDS = st.sampled_from(["add", "update", "delete", "update-replace"])


@given(VALUES, VALUES, VALUES, VALUES, KINDS, st.booleans())
def test_no_plain_text_of_a_secret_whatever_its_form(
    old: Any, new: Any, before: Any, after: Any, kind: str, found: bool
) -> None:
    """`email` is a secret by its new input, and everything else may hold its text."""
    sides: dict[str, Any] = {
        "before": {"email": "hush-hush", "other": before},
        "after": {"email": "hush-hush", "other": after},
    }
    names = {"email": "update", "other": kind}
    changes = told(
        {"email": "hush-hush", "other": old}, {"email": BLINDED, "other": new}, names=names, **sides, found=found
    )
    assert "hush-hush" not in json.dumps(changes)
