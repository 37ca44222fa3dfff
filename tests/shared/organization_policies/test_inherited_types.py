"""Inheritance of the policy types: AWS's published examples in documents of this project, and what holds for all."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.organization_policies.inheritance import effective_policy
from shared.organization_policies.syntax import check_content
from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from tests.shared.organization_policies.examples import of_type

CONTROL = "@@operators_allowed_for_child_policies"
NONE = {CONTROL: ["@@none"]}


def assign(value: Any, *allowed: str) -> dict[str, Any]:
    return {"@@assign": value, **({CONTROL: list(allowed)} if allowed else {})}


def append(*values: Any) -> dict[str, Any]:
    return {"@@append": list(values)}


def remove(*values: Any) -> dict[str, Any]:
    return {"@@remove": list(values)}


def merged(kind: str, *levels: Any) -> Any:
    """The effective policy of levels that have one policy or a list of them; all are valid."""
    listed = [level if isinstance(level, list) else [level] for level in levels]
    for policy in itertools.chain.from_iterable(listed):
        check_content(kind, json.dumps(policy))
    return effective_policy(listed)


def plan(name: str, rule: dict[str, Any], regions: Any, control: Any = None) -> dict[str, Any]:
    return {"plans": {name: {"regions": regions, "rules": {"Hourly": rule}, **(control or {})}}}


HOURLY = {
    "schedule_expression": assign("cron(0 0/1 ? * * *)"),
    "start_backup_window_minutes": assign("60"),
    "target_backup_vault_name": assign("Safe"),
    "lifecycle": {"move_to_cold_storage_after_days": assign("28"), "delete_after_days": assign("180")},
}


def test_a_child_adds_a_backup_plan_where_only_adding_is_allowed() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html, example 4"""
    parent = plan("Pii", HOURLY, assign(["us-east-1"]), NONE)
    parent["plans"][CONTROL] = ["@@append"]
    child = plan("Monthly", {"target_backup_vault_name": assign("Default")}, assign(["eu-west-1"]))
    found = merged("BACKUP_POLICY", parent, child)
    assert set(found["plans"]) == {"Pii", "Monthly"}
    assert found["plans"]["Monthly"] == {
        "regions": ["eu-west-1"],
        "rules": {"hourly": {"target_backup_vault_name": "Default"}},
    }


def test_a_child_sets_some_settings_of_a_plan_anew() -> None:
    """The same page, example 5: what the child does not name stays."""
    changed = {
        "schedule_expression": assign("cron(0 0/2 ? * * *)"),
        "start_backup_window_minutes": assign("80"),
        "lifecycle": {"move_to_cold_storage_after_days": assign("30"), "delete_after_days": assign("365")},
    }
    found = merged(
        "BACKUP_POLICY",
        plan("Pii", HOURLY, append("us-east-1", "eu-north-1")),
        plan("Pii", changed, assign(["us-west-2", "eu-central-1"])),
    )
    assert found == {
        "plans": {
            "Pii": {
                "regions": ["us-west-2", "eu-central-1"],
                "rules": {
                    "hourly": {
                        "schedule_expression": "cron(0 0/2 ? * * *)",
                        "start_backup_window_minutes": "80",
                        "target_backup_vault_name": "Safe",
                        "lifecycle": {"move_to_cold_storage_after_days": "30", "delete_after_days": "365"},
                    }
                },
            }
        }
    }


AI = "AISERVICES_OPT_OUT_POLICY"
OUT = {"services": {"default": {"opt_out_policy": assign("optOut")}}}
LEX_IN = {"services": {"lex": {"opt_out_policy": assign("optIn")}}}
LOCKED_OUT = {"services": {**NONE, "default": {**NONE, "opt_out_policy": assign("optOut", "@@none")}}}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((OUT,), {"default": {"opt_out_policy": "optOut"}}),
        ((OUT, LEX_IN), {"default": {"opt_out_policy": "optOut"}, "lex": {"opt_out_policy": "optIn"}}),
        (
            (OUT, {"services": {"default": {"opt_out_policy": assign("optIn")}}}),
            {"default": {"opt_out_policy": "optIn"}},
        ),
        (
            (LOCKED_OUT, LEX_IN, {"services": {"default": {"opt_out_policy": assign("optIn")}}}),
            {"default": {"opt_out_policy": "optOut"}},
        ),
    ],
    ids=["out", "one in below", "in again below", "locked"],
)
def test_opting_out_of_ai_services(levels: Any, expected: Any) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html"""
    assert merged(AI, *levels) == {"services": expected}


def test_chat_applications_are_off_but_where_a_child_needs_them() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_chatbot_syntax.html"""
    off = {"client": assign("disabled")}
    root = {"chatbot": {"platforms": {"slack": off, "microsoft_teams": off, "chime": off}, "default": off}}
    support = {
        "chatbot": {
            "platforms": {
                "slack": {
                    "client": assign("enabled"),
                    "workspaces": append("T01SUPPORT"),
                    "overrides": {"T01SUPPORT": {"supported_channel_types": append("private")}},
                }
            }
        }
    }
    found = merged("CHATBOT_POLICY", root, support)["chatbot"]
    assert found["platforms"]["slack"] == {
        "client": "enabled",
        "workspaces": ["T01SUPPORT"],
        "overrides": {"t01support": {"supported_channel_types": ["private"]}},
    }
    assert {found[name]["client"] for name in ("default",)} == {"disabled"}
    assert found["platforms"]["chime"] == {"client": "disabled"}


def test_declared_attributes_of_ec2_are_kept_from_children_or_widened_by_them() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html"""
    root = {
        "ec2_attributes": {
            "image_block_public_access": {"state": assign("block_new_sharing", "@@none")},
            "allowed_images_settings": {
                "state": assign("enabled"),
                "image_criteria": {"criteria_1": {"allowed_image_providers": {**append("amazon"), **NONE}}},
            },
        }
    }
    child = {
        "ec2_attributes": {
            "image_block_public_access": {"state": assign("unblocked")},
            "allowed_images_settings": {
                "state": assign("audit_mode"),
                "image_criteria": {
                    "criteria_1": {"allowed_image_providers": append("aws_marketplace")},
                    "criteria_2": {"allowed_image_providers": append("111122223333")},
                },
            },
        }
    }
    assert merged("DECLARATIVE_POLICY_EC2", root, child)["ec2_attributes"] == {
        "image_block_public_access": {"state": "block_new_sharing"},
        "allowed_images_settings": {
            "state": "audit_mode",
            "image_criteria": {
                "criteria_1": {"allowed_image_providers": ["amazon"]},
                "criteria_2": {"allowed_image_providers": ["111122223333"]},
            },
        },
    }


def test_a_child_adds_and_removes_regions_of_security_hub() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_security_hub_syntax.html"""
    root = {"securityhub": {"enable_in_regions": assign(["us-east-1"]), "disable_in_regions": assign(["us-west-2"])}}
    child = {"securityhub": {"enable_in_regions": append("eu-central-1"), "disable_in_regions": remove("us-west-2")}}
    assert merged("SECURITYHUB_POLICY", root, child) == {
        "securityhub": {"enable_in_regions": ["us-east-1", "eu-central-1"], "disable_in_regions": []}
    }


def test_a_region_of_guardduty_has_its_own_block_beside_the_default() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_guardduty_syntax.html"""
    on, off = {"status": assign("enabled")}, {"status": assign("disabled")}
    root = {"guardduty": {"enablement": {"default": {"foundational": on, "s3_data_events": on}}}}
    child = {"guardduty": {"enablement": {"us-east-1": {"foundational": on, "s3_data_events": off}}}}
    assert merged("GUARDDUTY_POLICY", root, child)["guardduty"]["enablement"] == {
        "default": {"foundational": {"status": "enabled"}, "s3_data_events": {"status": "enabled"}},
        "us-east-1": {"foundational": {"status": "enabled"}, "s3_data_events": {"status": "disabled"}},
    }


def test_upgrades_are_ordered_by_tags_as_they_are_written() -> None:
    """Tags and their values differ by case:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_upgrade_syntax.html"""

    def ordered(**values: str) -> dict[str, Any]:
        return {"tags": {"Env": {"tag_values": {key: {"patch_order": assign(of)} for key, of in values.items()}}}}

    found = merged(
        "UPGRADE_ROLLOUT_POLICY",
        {"upgrade_rollout": {"default": {"patch_order": assign("last")}, **ordered(Prod="last", dev="first")}},
        {"upgrade_rollout": ordered(prod="second", dev="second")},
    )
    assert found["upgrade_rollout"] == {
        "default": {"patch_order": "last"},
        "tags": {
            "Env": {
                "tag_values": {
                    "Prod": {"patch_order": "last"},
                    "prod": {"patch_order": "second"},
                    "dev": {"patch_order": "second"},
                }
            }
        },
    }


INHERITED = [key for key, each in BY_KEY.items() if each.inherits]
GOOD = {key: [json.loads(path.read_text()) for path in of_type(key, "good")] for key in INHERITED}
LEVELS = st.sampled_from(INHERITED).flatmap(
    lambda key: st.tuples(
        st.just(key), st.lists(st.lists(st.sampled_from(GOOD[key]), max_size=3), min_size=1, max_size=4)
    )
)


def locked(element: Any) -> Any:
    """The policy with `@@none` at every element and setting."""
    inner = {key: value if key.startswith("@@") else locked(value) for key, value in element.items()}
    return {**inner, CONTROL: ["@@none"]}


def below(policy: Any) -> Any:
    """The policy locked everywhere but at its top, where AWS takes no control of every type."""
    return {key: locked(value) for key, value in policy.items()}


def assigns(policies: list[Any]) -> list[str]:
    """The paths that the policies assign, each as often as one does."""

    def paths(element: Any, where: str) -> list[str]:
        found = [where] if "@@assign" in element else []
        inner = [(key, value) for key, value in element.items() if not key.startswith("@@")]
        return found + [path for key, value in inner for path in paths(value, f"{where}/{key.lower()}")]

    return [path for policy in policies for path in paths(policy, "")]


@given(LEVELS)
def test_a_level_without_policies_changes_nothing(case: Any) -> None:
    _, levels = case
    for place in range(len(levels) + 1):
        assert effective_policy([*levels[:place], [], *levels[place:]]) == effective_policy(levels)


@given(LEVELS, st.data())
def test_what_is_locked_at_every_element_cannot_be_changed_below(case: Any, data: Any) -> None:
    key, levels = case
    policy = data.draw(st.sampled_from(GOOD[key]))
    assert effective_policy([[below(policy)], *levels]) == effective_policy([[policy]])


@given(LEVELS, st.randoms())
def test_the_order_of_a_level_decides_between_assignments_alone(case: Any, random: Any) -> None:
    _, levels = case
    level = levels[0]
    turned = random.sample(level, len(level))
    paths = assigns(level)
    if len(set(paths)) == len(paths):
        assert unordered(effective_policy([turned])) == unordered(effective_policy([level]))


@given(LEVELS)
def test_a_policy_twice_at_a_level_or_again_below_changes_nothing(case: Any) -> None:
    _, levels = case
    first = levels[0][:1]
    assert effective_policy([first * 2]) == effective_policy([first])


@given(LEVELS)
def test_no_operator_is_left(case: Any) -> None:
    key, levels = case
    found = effective_policy(levels)
    assert "@@" not in json.dumps(found)
    assert set(found) <= {name.lower() for level in levels for policy in level for name in policy}
    assert POLICY_TYPES[BY_KEY[key].name].inherits


def unordered(element: Any) -> Any:
    if isinstance(element, dict):
        return {key: unordered(value) for key, value in element.items()}
    return sorted(element) if isinstance(element, list) else element
