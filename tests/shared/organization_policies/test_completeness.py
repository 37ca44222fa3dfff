"""What effective policies lack, of policies that are right by themselves."""

import json
from typing import Any

import pytest

from shared.organization_policies.completeness import EffectiveProblem, effective_problems
from shared.organization_policies.inheritance import effective_policy
from shared.organization_policies.syntax import check_content
from shared.organization_policies.types import BY_KEY
from tests.shared.organization_policies.examples import of_type

KINDS = [key for key, each in BY_KEY.items() if each.inherits]


def assign(value: Any) -> dict[str, Any]:
    return {"@@assign": value}


def problems(kind: str, *policies: Any) -> list[EffectiveProblem]:
    for policy in policies:
        check_content(kind, json.dumps(policy))
    return effective_problems(kind, effective_policy([[policy] for policy in policies]))


@pytest.mark.parametrize("key", KINDS)
def test_the_good_examples_lack_nothing_but_what_they_leave_to_the_policy_above(key: str) -> None:
    for path in of_type(key, "good"):
        found = problems(BY_KEY[key].name, json.loads(path.read_text()))
        assert found == [], path.name


def rules(**rule: Any) -> dict[str, Any]:
    return {"plans": {"Daily": {"rules": {"Nightly": rule}}}}


def test_a_backup_plan_says_what_is_backed_up_where_and_by_whom() -> None:
    part = {"plans": {"Daily": {"selections": {"tags": {"All": {"tag_key": assign("backup")}}}}}}
    found = problems("BACKUP_POLICY", rules(schedule_expression=assign("cron(0 3 ? * * *)")), part)
    assert {(each.path, each.code, each.message) for each in found} == {
        ("plans/Daily", "KEY_REQUIRED", "'regions' is missing"),
        ("plans/Daily/rules/nightly", "KEY_REQUIRED", "'target_backup_vault_name' is missing"),
        ("plans/Daily/selections/tags/all", "KEY_REQUIRED", "'iam_role_arn' is missing"),
        ("plans/Daily/selections/tags/all", "KEY_REQUIRED", "'tag_value' is missing"),
    }


def test_two_right_lifecycles_make_a_wrong_one() -> None:
    parent = rules(lifecycle={"delete_after_days": assign("100")})
    child = rules(lifecycle={"move_to_cold_storage_after_days": assign("30")})
    found = [each for each in problems("BACKUP_POLICY", parent, child) if each.code != "KEY_REQUIRED"]
    assert found == [
        EffectiveProblem(
            "plans/Daily/rules/nightly/lifecycle/delete_after_days",
            "CROSS_ATTRIBUTE_VALIDATION",
            "is 100, and move_to_cold_storage_after_days 30; allowed: from 120 on: at least 90 days in cold storage",
        )
    ]


def test_eleven_rules_of_two_policies() -> None:
    def numbered(*numbers: int) -> dict[str, Any]:
        vault = {"target_backup_vault_name": assign("Safe")}
        return {"plans": {"Daily": {"rules": {f"Rule{number}": vault for number in numbers}}}}

    found = problems("BACKUP_POLICY", numbered(*range(6)), numbered(*range(6, 11)))
    assert EffectiveProblem("plans/Daily/rules", "ELEMENTS_TOO_MANY", "11 elements, and 10 are allowed") in found
    assert "ELEMENTS_TOO_MANY" not in {each.code for each in problems("BACKUP_POLICY", numbered(*range(10)))}


def test_security_hub_has_both_lists_if_empty() -> None:
    on = {"securityhub": {"enable_in_regions": assign(["us-east-1"])}}
    off = {"securityhub": {"disable_in_regions": assign([])}}
    assert problems("SECURITYHUB_POLICY", on, off) == []
    assert problems("SECURITYHUB_POLICY", on) == [
        EffectiveProblem("securityhub", "KEY_REQUIRED", "'disable_in_regions' is missing")
    ]


def test_a_child_that_switches_the_foundation_of_guardduty_off() -> None:
    def block(**features: str) -> dict[str, Any]:
        return {"guardduty": {"enablement": {"default": {key: {"status": assign(to)} for key, to in features.items()}}}}

    parent = block(foundational="enabled", ai_protection="enabled")
    assert [each.path for each in problems("GUARDDUTY_POLICY", parent, block(foundational="disabled"))] == [
        "guardduty/enablement/default"
    ]


def test_nothing_in_force_lacks_nothing() -> None:
    assert effective_problems("BACKUP_POLICY", {}) == []
    assert effective_problems("SECURITYHUB_CSPM_POLICY", {"anything": {"a": "b"}}) == []
