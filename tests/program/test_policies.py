"""The policies layer's program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from tests.program.harness import Run, run_program
from tests.program.samples import BACKUP, ORG, POLICY_SETTINGS, RULES

POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"


def policies(config: dict[str, Any] = POLICY_SETTINGS, **options: Any) -> Run:
    return run_program("policies", "sandbox", config, upstream={"org": ORG}, **options)


def content(run: Run, name: str) -> Any:
    return json.loads(run.of(POLICY)[name].inputs["content"])


def test_each_policy_is_attached_where_it_belongs() -> None:
    run = policies()
    attached = {a.inputs["policyId"]: a.inputs["targetId"] for a in run.of(ATTACHMENT).values()}
    assert attached == {
        "MonthlyBackup-id": "ou-dev",
        "RootTags-id": "r-root",
        "Tags-Development-id": "ou-dev",
        "Guardrails-Development-1-id": "ou-dev",
    }
    assert {name: p.inputs["type"] for name, p in run.of(POLICY).items()} == {
        "MonthlyBackup": "BACKUP_POLICY",
        "RootTags": "TAG_POLICY",
        "Tags-Development": "TAG_POLICY",
        "Guardrails-Development-1": "SERVICE_CONTROL_POLICY",
    }


def test_backup_policy_is_the_one_required() -> None:
    plan = content(policies(), "MonthlyBackup")["plans"]["Monthly_Backup_Plan"]
    assert plan["regions"] == {"@@assign": ["us-west-2"]}
    rule = plan["rules"]["Monthly"]
    assert rule["schedule_expression"] == {"@@assign": "cron(0 5 1 * ? *)"}
    assert rule["start_backup_window_minutes"] == {"@@assign": "480"}
    assert rule["target_backup_vault_name"] == {"@@assign": "Default"}
    lifecycle = {"move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "365"}}
    assert rule["lifecycle"] == lifecycle
    vault = "arn:aws:backup:us-east-1:$account:backup-vault:Default"
    assert rule["copy_actions"] == {vault: {"target_backup_vault_arn": {"@@assign": vault}, "lifecycle": lifecycle}}
    assert plan["selections"]["tags"]["Backup_Assignment"] == {
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/MyMonthlyBackupIamRole"},
        "tag_key": {"@@assign": "BackupType"},
        "tag_value": {"@@assign": ["MONTHLY"]},
    }


def test_tag_policies_lock_the_keys() -> None:
    run = policies()
    locked = ["@@none"]
    assert content(run, "RootTags")["tags"]["CostCenter"]["tag_key"] == {
        "@@assign": "CostCenter",
        "@@operators_allowed_for_child_policies": locked,
    }
    unit = content(run, "Tags-Development")["tags"]
    assert unit["CostCenter"]["tag_value"] == {"@@assign": ["Development", "Testing"]}
    assert unit["Owner"]["tag_key"] == {"@@assign": "Owner", "@@operators_allowed_for_child_policies": locked}


def test_guardrails_hold_every_statement() -> None:
    sids = [s["Sid"] for s in content(policies(), "Guardrails-Development-1")["Statement"]]
    assert sids == [
        "DenyLeavingOrganization",
        "DenyStoppingCloudTrail",
        "DenyStoppingBackup",
        "DenyChangingManagedRoles",
        "DenyRootUser",
        "DenyOtherRegions",
    ]


def test_outputs_hold_for_the_units_below_too() -> None:
    spec = {**BACKUP, "primaryRegions": ["us-west-2"]}
    assert policies().outputs == {
        "backup": {"Development": spec, "Development/Web": spec},
        "tagRules": {"Development": RULES, "Development/Web": RULES, "Sandbox": {}},
    }


def test_preview_before_the_organization_exists_is_no_error() -> None:
    run = run_program("policies", "sandbox", POLICY_SETTINGS, preview=True)
    assert set(run.of(POLICY)) == {"MonthlyBackup", "RootTags", "Tags-Development", "Guardrails-Development-1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tags": {"Nowhere": {"costCenters": ["A"]}}}, "policies:tags.Nowhere names the OU 'Nowhere'"),
        ({"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "us-north-9"}}, "copyRegion is 'us-north-9'"),
        ({"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "us-west-2"}}, "which is a primary region too"),
        ({"serviceControl": {"Development": {"guardrails": ["fly"]}}}, "guardrails.0 is 'fly'"),
        ({"serviceControl": {"Development": {"allowedRegions": ["us-west-2"]}}}, "lacks us-east-1"),
        ({"tags": {"Development": {"costCentres": ["A"]}}}, "unknown key policies:tags.Development.costCentres"),
        ({"tags": {"Development": {"costCenters": ["x" * 12_000]}}}, "AWS allows 10000"),
    ],
)
def test_bad_configuration(change: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        policies({**POLICY_SETTINGS, **change})
    assert message in str(error.value)
