"""Merging inherited policies: AWS's worked examples, and what holds for any policies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.organization_policies.inheritance import effective_policy

CONTROL = "@@operators_allowed_for_child_policies"


def rule(key: str = "costcenter", **fields: Any) -> dict[str, Any]:
    return {"tags": {key: fields}}


def assign(value: Any, *allowed: str) -> dict[str, Any]:
    return {"@@assign": value, **({CONTROL: list(allowed)} if allowed else {})}


# https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html
POLICY_A = rule(tag_key=assign("CostCenter"), tag_value=assign(["Development", "Support"]))
POLICY_B = rule(
    tag_key=assign("CostCenter"),
    tag_value=assign(["Sandbox"]),
    enforced_for=assign(["redshift:*", "dynamodb:table"]),
)
POLICY_C = rule(
    tag_key=assign("CostCenter"),
    tag_value={"@@append": ["Marketing"]},
    enforced_for={"@@append": ["redshift:*", "dynamodb:table"]},
)
POLICY_D = rule(
    tag_key=assign("CostCenter"),
    tag_value={"@@remove": ["Development", "Marketing"]},
    enforced_for={"@@remove": ["redshift:*", "dynamodb:table"]},
)
POLICY_E = rule(
    "project",
    tag_key=assign("Project", "@@none"),
    tag_value=assign(["Maintenance", "Escalations"], "@@append"),
)
POLICY_F = rule("project", tag_key=assign("PROJECT"), tag_value={"@@append": ["Escalations - research"]})
POLICY_G = rule("project", tag_value=assign(["Maintenance"], "@@append"))
POLICY_H = rule("project", tag_value={CONTROL: ["@@append", "@@remove"]})
POLICY_J = rule("project", tag_key=assign("PROJECT"), tag_value={"@@append": ["Maintenance"]})
POLICY_K = rule("project", tag_key=assign("project"))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (
            [[POLICY_A], [POLICY_B]],
            rule(tag_key="CostCenter", tag_value=["Sandbox"], enforced_for=["redshift:*", "dynamodb:table"]),
        ),
        (
            [[POLICY_A], [POLICY_C]],
            rule(
                tag_key="CostCenter",
                tag_value=["Development", "Support", "Marketing"],
                enforced_for=["redshift:*", "dynamodb:table"],
            ),
        ),
        ([[POLICY_A], [POLICY_C], [POLICY_D]], rule(tag_key="CostCenter", tag_value=["Support"])),
        (
            [[POLICY_E], [POLICY_F]],
            rule("project", tag_key="Project", tag_value=["Maintenance", "Escalations", "Escalations - research"]),
        ),
        (
            [[POLICY_G, POLICY_H], [rule("project", tag_value={"@@append": ["x"], "@@remove": ["Maintenance"]})]],
            rule("project", tag_key="project", tag_value=["Maintenance", "x"]),
        ),
        ([[POLICY_J, POLICY_K]], rule("project", tag_key="PROJECT", tag_value=["Maintenance"])),
        ([[POLICY_K, POLICY_J]], rule("project", tag_key="project", tag_value=["Maintenance"])),
    ],
    ids=["1 overwrite", "2 append", "3 remove", "4 restrict", "5 controls", "6 same level", "6 attached the other way"],
)
def test_the_worked_examples_of_aws(levels: list[list[Any]], expected: dict[str, Any]) -> None:
    assert effective_policy(levels) == expected


def plan(name: str, regions: list[str], rule_name: str, **rules: str) -> dict[str, Any]:
    return {
        "plans": {
            name: {
                "regions": {"@@append": regions},
                "rules": {rule_name: {key: assign(value) for key, value in rules.items()}},
                "selections": {"tags": {f"{rule_name}Datatype": {"tag_value": assign(["PII", "RED"])}}},
            }
        }
    }


def rendered(name: str, regions: list[str], rule_name: str, **rules: str) -> dict[str, Any]:
    return {
        name: {
            "regions": regions,
            "rules": {rule_name: rules},
            "selections": {"tags": {f"{rule_name}datatype": {"tag_value": ["PII", "RED"]}}},
        }
    }


def test_the_backup_example_of_aws_has_both_plans() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html, example 2"""
    parent = plan("PII_Backup_Plan", ["us-east-1"], "Hourly", start_backup_window_minutes="60")
    child = plan("Monthly_Backup_Plan", ["eu-central-1"], "Monthly", start_backup_window_minutes="480")
    assert effective_policy([[parent], [child]]) == {
        "plans": {
            **rendered("PII_Backup_Plan", ["us-east-1"], "hourly", start_backup_window_minutes="60"),
            **rendered("Monthly_Backup_Plan", ["eu-central-1"], "monthly", start_backup_window_minutes="480"),
        }
    }


def locked(element: Any) -> Any:
    """The policy with `@@none` at every node, as in the third example of AWS."""
    if not isinstance(element, dict):
        return element
    inner = {key: value if key.startswith("@@") else locked(value) for key, value in element.items()}
    return {**inner, CONTROL: ["@@none"]}


def test_a_plan_that_is_locked_at_every_node_cannot_be_changed_or_added_to() -> None:
    """The same page, example 3."""
    parent = plan("Plan", ["us-east-1"], "Hourly", start_backup_window_minutes="60")
    alone = effective_policy([[parent]])
    closed = {"plans": locked(parent["plans"])}
    for child in (
        plan("Plan", ["eu-west-1"], "Hourly", start_backup_window_minutes="480"),
        plan("Plan", ["eu-west-1"], "Other", start_backup_window_minutes="480"),
        plan("Another", ["eu-west-1"], "Hourly", start_backup_window_minutes="480"),
    ):
        assert effective_policy([[closed], [child]]) == alone
        assert effective_policy([[parent], [child]]) != alone


def test_a_control_on_a_rule_leaves_its_settings_to_their_own_controls() -> None:
    parent = {"tags": {"key": {CONTROL: ["@@none"], "tag_value": assign(["red"])}}}
    child = rule("key", tag_value=assign(["blue"]), enforced_for=assign(["ec2:instance"]))
    assert effective_policy([[parent], [child]]) == rule("key", tag_key="key", tag_value=["blue"])


def test_a_child_cannot_take_back_a_control() -> None:
    parent = rule("key", tag_value=assign(["red"], "@@append"))
    unlocking = rule("key", tag_value={CONTROL: ["@@all"]})
    child = rule("key", tag_value=assign(["blue"]))
    assert effective_policy([[parent], [unlocking], [child]]) == rule("key", tag_key="key", tag_value=["red"])


def test_within_a_level_assignments_come_first_and_removals_last() -> None:
    level = [
        rule("key", tag_value={"@@remove": ["a"]}),
        rule("key", tag_value={"@@append": ["b", "c"]}),
        rule("key", tag_value=assign(["a", "b"])),
    ]
    assert effective_policy([level]) == rule("key", tag_key="key", tag_value=["b", "c"])


def test_keys_are_the_same_whatever_their_case_and_values_become_text() -> None:
    merged = effective_policy(
        [[rule("Key", tag_value=assign([12, True, None]))], [rule("KEY", TAG_VALUE={"@@append": ["12", 13]})]]
    )
    assert merged == rule("key", tag_key="key", tag_value=["12", "true", "null", "13"])


def test_a_tag_whose_values_were_all_removed_allows_none() -> None:
    levels = [[rule("key", tag_value=assign(["a"]))], [rule("key", tag_value={"@@remove": ["a"]})]]
    assert effective_policy(levels) == rule("key", tag_key="key", tag_value=[])


def test_nothing_attached_is_nothing() -> None:
    assert effective_policy([[], [], []]) == {}


VALUES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
OPERATORS = st.sampled_from(["@@assign", "@@append", "@@remove"])
CONTROLS = st.sampled_from([["@@all"], ["@@none"], ["@@append"], ["@@assign", "@@remove"]])
SETTING = st.dictionaries(OPERATORS, VALUES, max_size=3)
CONTROLLED = st.builds(lambda setting, control: {**setting, CONTROL: control}, SETTING, CONTROLS)
POLICIES = st.dictionaries(
    st.sampled_from(["one", "Two"]),
    st.fixed_dictionaries({}, optional={"tag_value": SETTING | CONTROLLED}),
    max_size=2,
).map(lambda tags: {"tags": tags})
LEVELS = st.lists(st.lists(POLICIES, max_size=3), max_size=4)


@given(LEVELS)
def test_no_operator_is_left_and_no_value_is_twice(levels: list[list[Any]]) -> None:
    merged = effective_policy(levels)
    assert "@@" not in str(merged)
    named = {key.lower() for level in levels for policy in level for key in policy["tags"]}
    assert set(merged.get("tags", {})) == named
    for key, found in merged.get("tags", {}).items():
        assert key == found["tag_key"] == key.lower()
        assert len(set(found.get("tag_value", []))) == len(found.get("tag_value", []))


@given(LEVELS)
def test_a_level_without_policies_changes_nothing(levels: list[list[Any]]) -> None:
    assert effective_policy([[], *levels, []]) == effective_policy(levels)


@given(LEVELS, LEVELS)
def test_what_is_locked_stays_whatever_children_do(above: list[list[Any]], below: list[list[Any]]) -> None:
    lock = {"tags": {CONTROL: ["@@none"], **{key: {"tag_value": {CONTROL: ["@@none"]}} for key in ("one", "two")}}}
    held = effective_policy([*above, [lock]])
    merged = effective_policy([*above, [lock], *below])
    values = {key: found.get("tag_value") for key, found in merged.get("tags", {}).items()}
    assert values == {key: found.get("tag_value") for key, found in held.get("tags", {}).items()}


@given(LEVELS, VALUES)
def test_an_unhindered_assignment_at_the_account_decides(levels: list[list[Any]], values: list[str]) -> None:
    free = [[_without_controls(policy) for policy in level] for level in levels]
    assert effective_policy([*free, [rule("one", tag_value=assign(values))]])["tags"]["one"]["tag_value"] == values


def _without_controls(element: Any) -> Any:
    if not isinstance(element, dict):
        return element
    return {key: _without_controls(value) for key, value in element.items() if key != CONTROL}
