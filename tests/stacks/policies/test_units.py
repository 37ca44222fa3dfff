"""Which organizational units the policies layer covers, and every property of what it makes there."""

import json
from typing import Any

import pytest

from tests.stacks.harness import Run, refusal, run_program
from tests.stacks.samples import ORG

POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
UNITS = {
    "Work": "ou-work",
    "Work/Web": "ou-work-web",
    "Work/Web/Shop": "ou-work-shop",
    "Workloads": "ou-loads",
    "Workloads/Web": "ou-loads-web",
    "Other": "ou-other",
    "Other/Work": "ou-other-work",
}


def policies(config: dict[str, Any], **options: Any) -> Run:
    """The program's run, with nothing on the root but the spelling of tags."""
    upstream = {"org": {**ORG, "organizationalUnits": UNITS}}
    control = {"/": {"guardrails": []}, **config.get("serviceControl", {})}
    alone = {**config, "serviceControl": control, "resourceControl": None}
    return run_program("policies", "sandbox", alone, upstream=upstream, **options)


def targets(run: Run) -> list[tuple[str, str]]:
    """What is attached where: policy and target."""
    return sorted((a.inputs["policyId"].removesuffix("-id"), a.inputs["targetId"]) for a in run.of(ATTACHMENT).values())


def backup(units: list[str], regions: list[str] | None = None, copy_region: str = "us-east-1") -> dict[str, Any]:
    return {
        "backup": {
            "organizationalUnits": units,
            "primaryRegions": regions or ["us-west-2"],
            "copyRegion": copy_region,
        }
    }


TWO = {
    **backup(["Work/Web", "Workloads"]),
    "tags": {"Work": {"costCenters": ["A"]}, "Workloads/Web": {"costCenters": ["B", "C"]}},
    "serviceControl": {
        "Work": {"guardrails": ["root-user"]},
        "Other": {"guardrails": [], "allowedRegions": ["us-east-1", "us-west-2"]},
    },
}
"""Two units for each kind of policy."""


def test_every_property_of_every_policy() -> None:
    run = policies(TWO)
    assert {name: {k: v for k, v in p.inputs.items() if k != "content"} for name, p in run.of(POLICY).items()} == {
        name: {"name": name, "type": type_, "description": description}
        for name, type_, description in [
            ("MonthlyBackup", "BACKUP_POLICY", "Monthly backup of what is tagged BackupType=MONTHLY"),
            ("RootTags", "TAG_POLICY", "Spelling of CostCenter"),
            ("Tags-Work", "TAG_POLICY", "Tags of the accounts in Work"),
            ("Tags-Workloads/Web", "TAG_POLICY", "Tags of the accounts in Workloads/Web"),
            ("Guardrails-Work-1", "SERVICE_CONTROL_POLICY", "Guardrails of the accounts in Work"),
            ("Guardrails-Other-1", "SERVICE_CONTROL_POLICY", "Guardrails of the accounts in Other"),
        ]
    }
    assert [r.name for r in run.resources if r.protect or r.ignored or r.provider] == []


def test_each_policy_is_attached_to_its_own_units() -> None:
    run = policies(TWO)
    assert targets(run) == [
        ("Guardrails-Other-1", "ou-other"),
        ("Guardrails-Work-1", "ou-work"),
        ("MonthlyBackup", "ou-loads"),
        ("MonthlyBackup", "ou-work-web"),
        ("RootTags", "r-root"),
        ("Tags-Work", "ou-work"),
        ("Tags-Workloads/Web", "ou-loads-web"),
    ]


def test_each_unit_has_its_own_content() -> None:
    made = {name: json.loads(p.inputs["content"]) for name, p in policies(TWO).of(POLICY).items()}
    assert made["Tags-Work"]["tags"]["CostCenter"]["tag_value"] == {"@@assign": ["A"]}
    assert made["Tags-Workloads/Web"]["tags"]["CostCenter"]["tag_value"] == {"@@assign": ["B", "C"]}
    assert [s["Sid"] for s in made["Guardrails-Work-1"]["Statement"]] == ["DenyRootUser"]
    (regions,) = made["Guardrails-Other-1"]["Statement"]
    assert regions["Condition"]["StringNotEquals"] == {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}


def test_the_access_role_of_the_configuration_may_pass() -> None:
    run = policies({**TWO, "accessRoleNames": ["Access", "Other"]})
    (statement,) = json.loads(run.of(POLICY)["Guardrails-Other-1"].inputs["content"])["Statement"]
    assert statement["Condition"]["ArnNotLike"] == {
        "aws:PrincipalArn": ["arn:aws:iam::*:role/Access", "arn:aws:iam::*:role/Other"]
    }


def test_without_any_setting_only_the_spelling_of_tags_is_locked() -> None:
    run = policies({})
    assert targets(run) == [("RootTags", "r-root")]
    assert run.outputs == {
        "backup": {},
        "moreBackups": {},
        "optionalTags": {},
        "vaults": {},
        "bucketBackups": {},
        "tagRules": {unit: {} for unit in UNITS},
        "accessRoleNames": ["OrganizationAccountAccessRole", "OrganizationalAccountAccessRole"],
    }


def test_a_unit_without_guardrails_and_regions_has_no_policy() -> None:
    run = policies({"serviceControl": {"Work": {"guardrails": []}}})
    assert set(run.of(POLICY)) == {"RootTags"}


@pytest.mark.parametrize(
    ("units", "covered"),
    [
        (["Work"], {"Work", "Work/Web", "Work/Web/Shop"}),
        (["Work/Web"], {"Work/Web", "Work/Web/Shop"}),
        (["Workloads"], {"Workloads", "Workloads/Web"}),
        (["Other/Work"], {"Other/Work"}),
        (["Work/Web", "Workloads"], {"Work/Web", "Work/Web/Shop", "Workloads", "Workloads/Web"}),
        (["Work", "Workloads", "Other"], set(UNITS)),
    ],
)
def test_backups_are_needed_in_a_unit_and_below_and_in_no_unit_of_a_longer_name(
    units: list[str], covered: set[str]
) -> None:
    assert set(policies(backup(units)).outputs["backup"]) == covered


@pytest.mark.parametrize("regions", [["us-west-2"], ["us-west-2", "eu-west-1", "eu-central-1"]])
def test_accounts_are_told_all_about_the_backups(regions: list[str]) -> None:
    run = policies(backup(["Work/Web/Shop"], regions, "ap-south-1"))
    assert run.outputs["backup"] == {
        "Work/Web/Shop": {
            "vaultName": "Default",
            "roleName": "MyMonthlyBackupIamRole",
            "primaryRegions": regions,
            "copyRegion": "ap-south-1",
        }
    }
    (plan,) = json.loads(run.of(POLICY)["MonthlyBackup"].inputs["content"])["plans"].values()
    assert plan["regions"] == {"@@assign": regions}
    (vault,) = plan["rules"]["Monthly"]["copy_actions"]
    assert vault == "arn:aws:backup:ap-south-1:$account:backup-vault:Default"


@pytest.mark.parametrize(
    ("tags", "centers"),
    [
        ({"Work": ["A"]}, {"Work": ["A"], "Work/Web": ["A"], "Work/Web/Shop": ["A"]}),
        ({"Work/Web": ["A"]}, {"Work/Web": ["A"], "Work/Web/Shop": ["A"]}),
        (
            {"Work": ["A"], "Work/Web": ["B"], "Workloads/Web": ["C"]},
            {"Work": ["A"], "Work/Web": ["B"], "Work/Web/Shop": ["B"], "Workloads/Web": ["C"]},
        ),
    ],
)
def test_tag_rules_hold_in_a_unit_and_below_and_in_no_unit_of_a_longer_name(
    tags: dict[str, list[str]], centers: dict[str, list[str]]
) -> None:
    run = policies({"tags": {path: {"costCenters": values} for path, values in tags.items()}})
    rules = run.outputs["tagRules"]
    assert set(rules) == set(UNITS)
    assert {unit: rule for unit, rule in rules.items() if rule} == {
        unit: {"CostCenter": values, "Owner": ["*"]} for unit, values in centers.items()
    }


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (backup(["Work", "Works"]), "policies:backup.organizationalUnits names the OU 'Works'"),
        ({"tags": {"Work/W": {"costCenters": ["A"]}}}, "policies:tags.Work/W names the OU 'Work/W'"),
        ({"serviceControl": {"work": {}}}, "policies:serviceControl.work names the OU 'work'"),
    ],
)
def test_a_unit_that_the_organization_does_not_export_is_refused(config: dict[str, Any], key: str) -> None:
    text = refusal("policies", "sandbox", config, upstream={"org": {**ORG, "organizationalUnits": UNITS}})
    assert (
        f"stacks/policies/Pulumi.sandbox.yaml: {key}, which stack org does not export; allowed: Other, Other/Work, Work"
        in text
    )
