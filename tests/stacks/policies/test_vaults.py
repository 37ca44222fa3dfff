"""The locks of vaults, and what contradicts them in backup plans."""

from typing import Any

import pytest

from shared.errors import ConfigError
from shared.organization_policies.types import BACKUP_POLICY
from shared.settings.base import parse
from shared.stack_outputs import VaultRules
from stacks.policies.config import PoliciesConfig
from stacks.policies.documents import library_document
from stacks.policies.effective import backup_needs, bucket_backups
from stacks.policies.planned import PlannedPolicy
from stacks.policies.vaults import final, rules_by_name, vault_problems

LABEL = "stacks/policies/Pulumi.prod.yaml"
ROLE = "MyMonthlyBackupIamRole"
VAULTED = {"logicallyAirGapped": True, "minRetentionDays": 7, "maxRetentionDays": 90}
FINAL = {"minRetentionDays": 7, "compliance": {"changeableForDays": 3, "cannotBeUndone": True}}


def settings(**vaults: Any) -> PoliciesConfig:
    return parse(PoliciesConfig, "policies", {"vaults": vaults}, LABEL)


def backup(name: str, target: str = "A", **parameters: Any) -> PlannedPolicy:
    given = {"regions": ["us-west-2"], **parameters}
    document = library_document(f"library/backup/{name}", given)
    return PlannedPolicy(name, BACKUP_POLICY, document, "", (target,), f"{name}.yaml")


DAILY = backup("daily", copyRegion="us-east-1")
OWN = backup("air-gapped-in-account")


def problems(policies: list[PlannedPolicy], units: list[str] | None = None, **vaults: Any) -> list[str]:
    return vault_problems(settings(**vaults), LABEL, policies, ["A"] if units is None else units)


def test_a_lock_is_in_governance_mode_unless_it_says_otherwise() -> None:
    given = settings(Daily={"minRetentionDays": 7}, Monthly={**FINAL, "maxRetentionDays": 400}, Vaulted=VAULTED)
    assert rules_by_name(given) == {
        "Daily": VaultRules(min_retention_days=7),
        "Monthly": VaultRules(min_retention_days=7, max_retention_days=400, changeable_for_days=3),
        "Vaulted": VaultRules(min_retention_days=7, max_retention_days=90, air_gapped=True),
    }
    (warning,) = final(given, LABEL)
    assert warning.startswith(f"{LABEL}: policies:vaults.Monthly is locked in compliance mode: from 3 days after")


@pytest.mark.parametrize(
    ("vault", "message"),
    [
        (
            {},
            "policies:vaults.Mine.minRetentionDays is missing; it is required: no backup in the vault is deleted",
        ),
        ({"minRetentionDays": 0}, "policies:vaults.Mine.minRetentionDays is '0': allowed: greater than"),
        ({"minRetentionDays": "7"}, "policies:vaults.Mine.minRetentionDays is '7': allowed: a whole number"),
        ({"minRetentionDays": 1, "maxRetentionDays": 36_501}, "maxRetentionDays is '36501'"),
        ({"minRetentionDays": 8, "maxRetentionDays": 7}, "maxRetentionDays is 7; allowed: minRetentionDays (8) or"),
        ({**FINAL, "compliance": {"changeableForDays": 2, "cannotBeUndone": True}}, "changeableForDays is '2'"),
        ({**FINAL, "compliance": {"changeableForDays": 3}}, "cannotBeUndone is missing; it is required: true, which"),
        ({**FINAL, "compliance": {"changeableForDays": 3, "cannotBeUndone": False}}, "allowed: true"),
        ({**FINAL, "compliance": {"cannotBeUndone": True}}, "changeableForDays is missing"),
        ({**VAULTED, "minRetentionDays": 6}, "minRetentionDays is 6; allowed for a logically air-gapped vault: 7 or"),
        ({**VAULTED, "maxRetentionDays": None}, "maxRetentionDays is missing, which a logically air-gapped vault must"),
        ({**VAULTED, **FINAL}, "compliance is not for a logically air-gapped vault"),
        ({"minRetentionDays": 1, "mode": "compliance"}, "unknown key policies:vaults.Mine.mode"),
    ],
    ids=str,
)
def test_a_lock_that_aws_does_not_take_is_one_clear_error(vault: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        settings(Mine=vault)
    (problem,) = error.value.problems
    assert problem.startswith(f"{LABEL}: ")
    assert message in problem


def test_the_name_of_a_vault_is_aws_s() -> None:
    with pytest.raises(ConfigError, match="policies:vaults"):
        settings(**{"a vault": {"minRetentionDays": 7}})


@pytest.mark.parametrize(
    ("lock", "allowed"),
    [
        ({"minRetentionDays": 35, "maxRetentionDays": 35}, None),
        ({"minRetentionDays": 36}, "36 or more"),
        ({"minRetentionDays": 7, "maxRetentionDays": 34}, "7 to 34"),
    ],
    ids=str,
)
def test_a_plan_that_contradicts_the_lock_is_refused(lock: dict[str, Any], allowed: str | None) -> None:
    """The rule, and its copy."""
    found = problems([DAILY], Daily=lock)
    where = "daily.yaml: plans.Daily_Backup_Plan.rules.Daily"
    copy = f"{where}.copy_actions.arn:aws:backup:us-east-1:$account:backup-vault:Daily"
    what = f"lifecycle.delete_after_days is 35, in the locked vault 'Daily'; allowed: {allowed} "
    setting = f"(policies:vaults.Daily in {LABEL})"
    assert found == ([] if allowed is None else [f"{where}.{what}{setting}", f"{copy}.{what}{setting}"])


def test_continuous_backups_are_never_kept_long_enough_for_some_locks() -> None:
    (found,) = problems([backup("continuous")], Continuous={"minRetentionDays": 36})
    assert "lifecycle.delete_after_days is 35, in the locked vault 'Continuous'; allowed: 36 or more" in found


def test_a_backup_that_is_kept_for_ever_is_too_long_for_a_longest_retention() -> None:
    document = {**DAILY.document["plans"]["Daily_Backup_Plan"]}
    rule = {key: value for key, value in document["rules"]["Daily"].items() if key not in ("lifecycle", "copy_actions")}
    endless = PlannedPolicy(
        "e", BACKUP_POLICY, {"plans": {"P": {**document, "rules": {"R": rule}}}}, "", ("A",), "e.yaml"
    )
    assert problems([endless], Daily={"minRetentionDays": 7}) == []
    (found,) = problems([endless], Daily={"minRetentionDays": 7, "maxRetentionDays": 90})
    assert found.startswith(
        "e.yaml: plans.P.rules.R.lifecycle.delete_after_days is missing, so that the backup is kept"
    )


def test_the_retention_that_counts_is_what_all_policies_together_say() -> None:
    """A policy below changes one above, and is named."""
    days = {"delete_after_days": {"@@assign": "5"}}
    below = {"plans": {"Daily_Backup_Plan": {"rules": {"Daily": {"lifecycle": days}}}}}
    policies = [DAILY, PlannedPolicy("below", BACKUP_POLICY, below, "", ("A/B",), "below.yaml")]
    lock = {"Daily": {"minRetentionDays": 7}}
    assert problems(policies, ["A"], **lock) == []
    (found,) = problems(policies, ["A", "A/B", "A/B/C"], **lock)
    assert found.startswith("below.yaml: plans.Daily_Backup_Plan.rules.Daily.lifecycle.delete_after_days is 5, in")
    # Without the OUs, those that policies name are looked at.
    assert vault_problems(settings(**lock), LABEL, policies, None) == [found]


def test_a_lock_of_no_vault_is_refused() -> None:
    """It would protect nothing, and look as if it did."""
    (found,) = problems([DAILY], Dayly={"minRetentionDays": 7})
    assert found == (f"{LABEL}: policies:vaults.Dayly is no vault that a backup policy writes into; allowed: Daily")
    (found,) = problems([], Daily={"minRetentionDays": 7})
    assert found.endswith("allowed: none, without backup policies")
    assert vault_problems(settings(Dayly={"minRetentionDays": 7}), LABEL, [], None) == []


# Logically air-gapped vaults


def test_a_policy_that_names_one_needs_it_in_every_account() -> None:
    assert problems([OWN], Vaulted=VAULTED) == []
    assert backup_needs([OWN], "A").vaults == {
        ("AirGapped", ROLE): ["us-west-2"],
        ("Vaulted", ROLE): ["us-west-2"],
    }
    assert backup_needs([OWN], "A").main is None


@pytest.mark.parametrize("vaults", [{}, {"Vaulted": {"minRetentionDays": 7, "maxRetentionDays": 90}}], ids=str)
def test_how_long_it_keeps_backups_has_to_be_said(vaults: dict[str, Any]) -> None:
    (found,) = problems([OWN], **vaults)
    assert found == (
        "air-gapped-in-account.yaml: plans.Air_Gapped_In_Account_Backup_Plan.rules.Vaulted."
        "target_logically_air_gapped_backup_vault_arn names the vault 'Vaulted', which is no logically air-gapped one; "
        "allowed: a vault that has logicallyAirGapped: true, minRetentionDays and maxRetentionDays in "
        f"policies:vaults.Vaulted in {LABEL}"
    )


def test_it_is_no_backup_vault() -> None:
    found = problems([backup("continuous")], Continuous=VAULTED)
    assert len(found) == 1
    assert "target_backup_vault_name is 'Continuous', a logically air-gapped vault" in found[0]


def test_it_may_be_the_target_of_a_copy() -> None:
    central = backup("air-gapped", airGappedVault="arn:aws:backup:us-east-1:$account:backup-vault:Far")
    assert problems([central], Far=VAULTED) == []
    assert backup_needs([central], "A").vaults[("Far", ROLE)] == ["us-east-1"]
    (found,) = problems([central], Far={**VAULTED, "maxRetentionDays": 89})
    assert ".copy_actions.arn:aws:backup:us-east-1:$account:backup-vault:Far.lifecycle.delete_after_days is 90" in found


def test_where_aws_has_none_is_refused() -> None:
    (found,) = problems([backup("air-gapped-in-account", regions=["us-west-2", "ca-west-1"])], Vaulted=VAULTED)
    assert (
        ".target_logically_air_gapped_backup_vault_arn is in ca-west-1, where AWS has no logically air-gapped" in found
    )


# S3


def plan(**more: Any) -> PlannedPolicy:
    tags = {"S": {"iam_role_arn": {"@@assign": f"arn:aws:iam::$account:role/{ROLE}"}}}
    return PlannedPolicy(
        "p", BACKUP_POLICY, {"plans": {"P": {"selections": {"tags": tags}, **more}}}, "", ("A",), "p.yaml"
    )


def resources(*types: str) -> dict[str, Any]:
    role = {"iam_role_arn": {"@@assign": f"arn:aws:iam::$account:role/{ROLE}"}}
    return {"selections": {"resources": {"S": {**role, "resource_types": {"@@assign": list(types)}}}}}


@pytest.mark.parametrize(
    ("content", "buckets"),
    [
        ({}, False),
        (resources("arn:aws:ec2:*:*:volume/*"), False),
        (resources("arn:aws:ec2:*:*:volume/*", "arn:aws:s3:::*"), True),
        (resources("*"), True),
        ({"advanced_backup_settings": {"s3": {"backup_acls": {"@@assign": "enabled"}}}}, True),
        ({"advanced_backup_settings": {"ec2": {"windows_vss": {"@@assign": "enabled"}}}}, False),
        ({"rules": {"R": {"index_actions": {"resource_types": {"@@assign": ["EBS"]}}}}}, False),
        ({"rules": {"R": {"index_actions": {"resource_types": {"@@assign": ["S3"]}}}}}, True),
        ({"rules": {"R": {"enable_continuous_backup": {"@@assign": "true"}}}}, True),
        ({"scan_settings": {"guardduty": {"resource_types": {"@@assign": ["ALL"]}}}}, True),
    ],
    ids=str,
)
def test_the_role_of_a_plan_that_names_s3_backs_up_buckets(content: dict[str, Any], buckets: bool) -> None:
    assert bucket_backups([plan(**content)], ["A", "A/B", "C"]) == ({"A": [ROLE], "A/B": [ROLE]} if buckets else {})


def test_a_plan_that_selects_by_tag_alone_backs_up_buckets_where_the_configuration_says_so() -> None:
    assert bucket_backups([DAILY], ["A", "C"]) == {}
    assert bucket_backups([DAILY], ["A", "C"], always=True) == {"A": [ROLE]}
    assert bucket_backups([backup("continuous")], ["A"]) == {"A": [ROLE]}
