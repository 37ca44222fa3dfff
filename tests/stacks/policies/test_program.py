"""The policies layer's program."""

import json
from typing import Any

import pulumi
import pytest

from stacks.policies.documents import with_organization
from stacks.policies.resource_control import perimeter
from tests.stacks.harness import Run, run_program
from tests.stacks.samples import BACKUP, ORG, POLICY_SETTINGS, RULES

POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"


UNITS_ALONE: dict[str, Any] = {"resourceControl": None, "serviceControl": {"/": {"guardrails": []}}}
"""Nothing on the root but the spelling of tags."""


def policies(config: dict[str, Any] = POLICY_SETTINGS, **options: Any) -> Run:
    control = {**UNITS_ALONE["serviceControl"], **config.get("serviceControl", {})}
    alone = {**UNITS_ALONE, **config, "serviceControl": control}
    return run_program("policies", "sandbox", alone, upstream={"org": ORG}, **options)


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


def ours(document: Any) -> Any:
    """A document with the organization's id in its place."""
    return json.loads(with_organization(json.dumps(document), "o-example"))


def attachments(run: Run) -> list[tuple[str, str]]:
    return sorted((a.inputs["policyId"], a.inputs["targetId"]) for a in run.of(ATTACHMENT).values())


def test_each_of_several_units_gets_each_policy() -> None:
    control = {"guardrails": ["root-user"]}
    run = policies(
        {
            "backup": {
                **POLICY_SETTINGS["backup"],
                "organizationalUnits": ["Sandbox", "Development/Web", "Development"],
            },
            "tags": {"Sandbox": {"costCenters": ["Toys"]}, "Development/Web": {"costCenters": ["Web"]}},
            "serviceControl": {"Development": control, "Development/Web": control, "Sandbox": control},
        }
    )
    assert attachments(run) == [
        ("Guardrails-Development-1-id", "ou-dev"),
        ("Guardrails-Development/Web-1-id", "ou-web"),
        ("Guardrails-Sandbox-1-id", "ou-sandbox"),
        ("MonthlyBackup-id", "ou-dev"),
        ("MonthlyBackup-id", "ou-sandbox"),
        ("MonthlyBackup-id", "ou-web"),
        ("RootTags-id", "r-root"),
        ("Tags-Development/Web-id", "ou-web"),
        ("Tags-Sandbox-id", "ou-sandbox"),
    ]
    assert content(run, "Tags-Sandbox")["tags"]["CostCenter"]["tag_value"] == {"@@assign": ["Toys"]}
    assert content(run, "Tags-Development/Web")["tags"]["CostCenter"]["tag_value"] == {"@@assign": ["Web"]}


def test_without_settings_the_spelling_of_tags_alone_is_set() -> None:
    run = policies({})
    assert attachments(run) == [("RootTags-id", "r-root")]
    assert (run.outputs["backup"], run.outputs["tagRules"]) == (
        {},
        {"Development": {}, "Development/Web": {}, "Sandbox": {}},
    )


@pytest.mark.parametrize("copy_region", ["us-east-1", "eu-central-1"])
@pytest.mark.parametrize("regions", [["us-west-2"], ["us-west-2", "eu-west-1", "ap-south-1"]])
def test_backups_are_made_and_copied_where_the_settings_say(regions: list[str], copy_region: str) -> None:
    backup = {"organizationalUnits": ["Sandbox"], "primaryRegions": regions, "copyRegion": copy_region}
    run = policies({"backup": backup})
    plan = content(run, "MonthlyBackup")["plans"]["Monthly_Backup_Plan"]
    assert plan["regions"] == {"@@assign": regions}
    assert list(plan["rules"]["Monthly"]["copy_actions"]) == [
        f"arn:aws:backup:{copy_region}:$account:backup-vault:Default"
    ]
    assert run.outputs["backup"] == {
        "Sandbox": {
            "vaultName": "Default",
            "roleName": "MyMonthlyBackupIamRole",
            "primaryRegions": regions,
            "copyRegion": copy_region,
        }
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


@pytest.mark.parametrize("chosen", [None, ["ec2:instance", "s3:bucket"], []])
def test_aws_refuses_wrong_tags_on_the_types_of_the_settings(chosen: list[str] | None) -> None:
    rule = {"costCenters": ["Toys"], **({} if chosen is None else {"enforcedFor": chosen})}
    run = policies({"tags": {"Development": {"costCenters": ["A"]}, "Sandbox": rule}})
    services = ["cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache", "kms", "lambda", "rds", "s3", "ssm"]
    everything = [f"{service}:ALL_SUPPORTED" for service in services]
    for unit, types in (("Development", everything), ("Sandbox", everything if chosen is None else chosen)):
        tags = content(run, f"Tags-{unit}")["tags"]
        assert {key: tag.get("enforced_for") for key, tag in tags.items()} == dict.fromkeys(
            ["CostCenter", "Owner"], {"@@assign": types} if types else None
        )


def test_guardrails_hold_every_statement() -> None:
    assert sids(policies()) == [*ALL_SIDS, "DenyOtherRegions"]


def sids(run: Run) -> list[str]:
    return [s["Sid"] for s in content(run, "Guardrails-Development-1")["Statement"]]


SIDS = {
    "leave-organization": ["DenyLeavingOrganization"],
    "stop-cloudtrail": ["DenyStoppingCloudTrail"],
    "stop-backup": ["DenyStoppingBackup"],
    "protect-roles": [
        "DenyChangingManagedRoles",
        "DenyWorkloadsWithoutBoundary",
        "DenyTakingBoundariesOff",
        "DenyWorkloadPoliciesElsewhere",
    ],
    "protect-account": ["DenyChangingAccount", "DenyChangingBudget"],
    "local-identities": ["DenyLocalIdentities"],
    "data-stays": ["DenySharing", "DenyWritingElsewhere"],
    "root-user": ["DenyRootUser"],
}
ALL_SIDS = [sid for each in SIDS.values() for sid in each]


@pytest.mark.parametrize("chosen", [[name] for name in SIDS] + [[*SIDS], ["root-user", "stop-backup"]], ids="+".join)
def test_the_guardrails_chosen_are_those_made(chosen: list[str]) -> None:
    run = policies({"serviceControl": {"Development": {"guardrails": chosen}}})
    expected = [sid for name in chosen for sid in SIDS[name]]
    assert sids(run) == expected
    listed = policies({"serviceControl": {"Development": {"guardrails": chosen, "allowedRegions": ["us-west-2"]}}})
    assert sids(listed) == [*expected, "DenyOtherRegions"]


def test_guardrails_left_out_are_all_and_an_empty_list_is_none() -> None:
    assert sids(policies({"serviceControl": {"Development": {}}})) == ALL_SIDS
    assert attachments(policies({"serviceControl": {"Development": {"guardrails": []}}})) == [("RootTags-id", "r-root")]
    regions_alone = {"Development": {"guardrails": [], "allowedRegions": ["us-west-2"]}}
    assert sids(policies({"serviceControl": regions_alone})) == ["DenyOtherRegions"]


@pytest.mark.parametrize("regions", [["eu-west-1"], ["eu-west-1", "us-west-2", "ap-south-1"]], ids=["one", "three"])
def test_an_allow_list_has_the_regions_of_the_settings(regions: list[str]) -> None:
    run = policies({"serviceControl": {"Development": {"allowedRegions": regions}, "Sandbox": {}}})
    statement = content(run, "Guardrails-Development-1")["Statement"][-1]
    assert statement["Condition"]["StringNotEquals"] == {"aws:RequestedRegion": regions}
    assert "aws:RequestedRegion" not in json.dumps(content(run, "Guardrails-Sandbox-1"))


def test_guardrails_spare_the_access_role_that_the_settings_name() -> None:
    control = {"serviceControl": {"Development": {"allowedRegions": ["us-west-2"]}}}
    default = ["OrganizationAccountAccessRole", "OrganizationalAccountAccessRole"]
    for settings, names in (({}, default), ({"accessRoleNames": ["Admin", "Root"]}, ["Admin", "Root"])):
        found = content(policies({**control, **settings}), "Guardrails-Development-1")["Statement"]
        spared = [f"arn:aws:iam::*:role/{name}" for name in names]
        bound = [
            s["Sid"] for s in found if s.get("Condition", {}).get("ArnNotLike", {}).get("aws:PrincipalArn") != spared
        ]
        assert bound == ["DenyLeavingOrganization", "DenyStoppingCloudTrail", "DenyWritingElsewhere", "DenyRootUser"]
        (guarded,) = (s for s in found if s["Sid"] == "DenyChangingManagedRoles")
        assert [role in guarded["Resource"] for role in spared] == [True, True]


def test_the_root_has_every_guardrail_and_the_perimeter_unless_told_otherwise() -> None:
    run = run_program("policies", "sandbox", {}, upstream={"org": ORG})
    assert attachments(run) == [("Guardrails-1-id", "r-root"), ("Perimeter-id", "r-root"), ("RootTags-id", "r-root")]
    assert {name: p.inputs["type"] for name, p in run.of(POLICY).items()} == {
        "RootTags": "TAG_POLICY",
        "Guardrails-1": "SERVICE_CONTROL_POLICY",
        "Perimeter": "RESOURCE_CONTROL_POLICY",
    }
    assert [s["Sid"] for s in content(run, "Guardrails-1")["Statement"]] == ALL_SIDS
    assert content(run, "Perimeter") == ours(perimeter([], []))
    assert run.of(POLICY)["Perimeter"].inputs["description"] == "Who may reach what is in member accounts"
    assert run.of(POLICY)["Guardrails-1"].inputs["description"] == "Guardrails of all accounts"


def test_a_unit_adds_what_the_root_has_not() -> None:
    few = ["root-user", "stop-backup"]
    on_root = {"guardrails": few, "allowedRegions": ["us-west-2"]}
    control = {"/": on_root, "Development": {}, "Sandbox": {"guardrails": few}}
    run = run_program("policies", "sandbox", {"serviceControl": control}, upstream={"org": ORG})
    named = {name: [s["Sid"] for s in content(run, name)["Statement"]] for name in run.of(POLICY) if "Guard" in name}
    assert named == {
        "Guardrails-1": ["DenyRootUser", "DenyStoppingBackup", "DenyOtherRegions"],
        "Guardrails-Development-1": [sid for sid in ALL_SIDS if sid not in ("DenyRootUser", "DenyStoppingBackup")],
        "Guardrails-Sandbox-1": ["DenyRootUser", "DenyStoppingBackup"],
    }
    plain = run_program("policies", "sandbox", POLICY_SETTINGS, upstream={"org": ORG})
    assert sids(plain) == ["DenyOtherRegions"]


def test_the_perimeter_trusts_whom_the_settings_name() -> None:
    trusted = {"trustedAccounts": ["999999999999"], "trustedIssuers": ["https://issuer.example.com/x"]}
    run = run_program("policies", "sandbox", {"resourceControl": trusted}, upstream={"org": ORG})
    assert content(run, "Perimeter") == ours(perimeter(["999999999999"], ["https://issuer.example.com/x"]))


def test_more_guardrails_than_a_unit_takes_are_refused() -> None:
    limits = {"service-control": {"attached": 1}}
    with pytest.raises(pulumi.RunError, match="'Development': 1 policies are needed; AWS allows 1 a target"):
        policies({**POLICY_SETTINGS, "limits": limits})


def test_guardrails_too_large_for_one_policy_take_two() -> None:
    control = {"Development": {"allowedRegions": ["us-west-2"]}, "Sandbox": {"guardrails": ["root-user"]}}
    run = policies({"serviceControl": control, "limits": {"service-control": {"characters": 5000}}})
    assert attachments(run) == [
        ("Guardrails-Development-1-id", "ou-dev"),
        ("Guardrails-Development-2-id", "ou-dev"),
        ("Guardrails-Sandbox-1-id", "ou-sandbox"),
        ("RootTags-id", "r-root"),
    ]


def test_outputs_hold_for_the_units_below_too() -> None:
    spec = {**BACKUP, "primaryRegions": ["us-west-2"]}
    assert policies({**POLICY_SETTINGS, "accessRoleNames": ["Access"]}).outputs == {
        "accessRoleNames": ["Access"],
        "backup": {"Development": spec, "Development/Web": spec},
        "moreBackups": {},
        "optionalTags": {},
        "vaults": {},
        "bucketBackups": {},
        "tagRules": {"Development": RULES, "Development/Web": RULES, "Sandbox": {}},
    }


def test_preview_before_the_organization_exists_is_no_error() -> None:
    run = run_program("policies", "sandbox", POLICY_SETTINGS, preview=True)
    assert set(run.of(POLICY)) == {
        "MonthlyBackup", "RootTags", "Tags-Development", "Guardrails-1", "Guardrails-Development-1", "Perimeter",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tags": {"Nowhere": {"costCenters": ["A"]}}}, "policies:tags.Nowhere names the OU 'Nowhere'"),
        ({"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "us-north-9"}}, "copyRegion is 'us-north-9'"),
        ({"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "us-west-2"}}, "which is a primary region too"),
        ({"serviceControl": {"Development": {"guardrails": ["fly"]}}}, "guardrails.0 is 'fly'"),
        ({"serviceControl": {"Development": {"allowedRegions": ["us-west-2"]}}}, "lacks us-east-1"),
        ({"serviceControl": {"Development": {"allowedRegions": ["us-east-1"]}}}, "lacks us-west-2"),
        (
            {"backup": None, "serviceControl": {"Development": {"allowedRegions": []}}},
            "allowedRegions is '[]': allowed: a list of 1 or more",
        ),
        ({"tags": {"Development": {"costCentres": ["A"]}}}, "unknown key policies:tags.Development.costCentres"),
        ({"tags": {"Development": {"costCenters": [f"{n:0>200}" for n in range(60)]}}}, "AWS allows 10000"),
    ],
)
def test_bad_configuration(change: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        policies({**POLICY_SETTINGS, **change})
    assert message in str(error.value)


def test_locks_are_exported_and_a_final_one_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, **_named: warnings.append(message))
    compliance = {"changeableForDays": 14, "cannotBeUndone": True}
    lock = {"minRetentionDays": 30, "maxRetentionDays": 365}
    exported = {"minRetentionDays": 30, "maxRetentionDays": 365, "airGapped": False}
    run = policies({**POLICY_SETTINGS, "vaults": {"Default": lock}, "bucketBackups": True})
    assert run.outputs["vaults"] == {"Default": {**exported, "changeableForDays": None}}
    role = ["MyMonthlyBackupIamRole"]
    assert run.outputs["bucketBackups"] == {"Development": role, "Development/Web": role}
    assert warnings == []
    run = policies({**POLICY_SETTINGS, "vaults": {"Default": {**lock, "compliance": compliance}}})
    assert run.outputs["vaults"] == {"Default": {**exported, "changeableForDays": 14}}
    assert run.outputs["bucketBackups"] == {}
    (warning,) = warnings
    assert "policies:vaults.Default is locked in compliance mode: from 14 days after" in warning


def test_a_lock_that_the_plan_contradicts_stops_before_any_resource() -> None:
    with pytest.raises(pulumi.RunError, match=r"is 365, in the locked vault 'Default'; allowed: 7 to 90"):
        policies({**POLICY_SETTINGS, "vaults": {"Default": {"minRetentionDays": 7, "maxRetentionDays": 90}}})
