"""A policy that would stop this project's own deployment is refused before it is attached."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from shared.layers import ROOT, StackId
from shared.settings.base import parse
from stacks.policies.checks import check_policies
from stacks.policies.config import GUARDRAILS, PoliciesConfig
from stacks.policies.plan import plan
from stacks.policies.self_harm import Places, needs, self_harm
from tests.stacks.policy_files import write

STACK = StackId("policies", "sandbox")
ACCESS = "OrganizationAccountAccessRole"
OTHER = "OrganizationalAccountAccessRole"
BACKUP = {"organizationalUnits": ["A"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-1"}
EXEMPT = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${accessRoles}"}}
REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["us-west-2"]}}
FILE = "stacks/policies/environments/sandbox/mine.yaml"


def statement(action: Any = "iam:CreateRole", **change: Any) -> dict[str, Any]:
    return {"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*", **change}


def found(
    tmp_path: Path,
    *statements: dict[str, Any],
    rcp: bool = False,
    used: tuple[str, ...] = (ACCESS,),
    configured: Mapping[str, Any] = MappingProxyType({}),
    **keys: Any,
) -> list[str]:
    principal = {"Principal": "*"} if rcp else {}
    content = {"Version": "2012-10-17", "Statement": [{**each, **principal} for each in statements]}
    type_ = "resource-control" if rcp else "service-control"
    write(tmp_path, "mine.yaml", {"type": type_, "content": content, "targets": ["A"], **keys})
    settings = parse(PoliciesConfig, "policies", {"backup": BACKUP, **configured}, "file")
    return check_policies(STACK, settings, ["A", "B"], tmp_path, "us-west-2", used)


def test_the_file_the_statement_and_what_it_denies_are_named(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, statement())
    assert problem.startswith(
        f"{FILE}: statement No of 'mine' denies what this project does in member accounts: iam:CreateRole by the "
        "access role (make the roles and their boundaries); allowed: "
    )


@pytest.mark.parametrize(
    ("change", "denied"),
    [
        ({}, True),
        ({"Condition": EXEMPT}, False),
        ({"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Somebody"}}}, True),
        ({"Resource": "arn:aws:iam::*:role/other/*"}, False),
        ({"Resource": "arn:aws:iam::*:role/Developer*"}, True),
        ({"Action": "iam:CreateUser"}, False),
        ({"Action": "*"}, True),
        ({"Action": ["s3:DeleteBucket", "s3:PutAccount*"]}, True),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "${organizationId}"}}}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "${organizationId}"}}}, True),
        # The roles made here have the project's boundaries.
        ({"Condition": {"ArnNotLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/*Boundary"}}}, True),
        (
            {
                "Resource": "arn:aws:iam::*:role/DeveloperRole",
                "Condition": {"ArnNotLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/*Boundary"}},
            },
            False,
        ),
    ],
)
def test_a_service_control_policy_leaves_the_deployment_free(
    tmp_path: Path, change: dict[str, Any], denied: bool
) -> None:
    assert bool(found(tmp_path, statement(**change))) is denied


def test_a_list_of_regions_has_those_of_the_backups(tmp_path: Path) -> None:
    everything = {"Action": ["backup:*", "ec2:*"], "Condition": {**REGIONS, **EXEMPT}}
    (problem,) = found(tmp_path, statement(**everything))
    assert "backup:CopyFromBackupVault by MyMonthlyBackupIamRole in us-east-1 (back up)" in problem
    assert "us-west-2" not in problem
    both = {"StringNotEquals": {"aws:RequestedRegion": ["us-west-2", "us-east-1"]}}
    assert found(tmp_path, statement(**{**everything, "Condition": {**both, **EXEMPT}})) == []
    # The access role makes a vault there, and is not left out.
    (problem,) = found(tmp_path, statement("backup:CreateBackupVault", Condition=REGIONS))
    assert "backup:CreateBackupVault by the access role in us-east-1 (make the backup vaults)" in problem


def test_a_resource_control_policy_lets_the_organization_in(tmp_path: Path) -> None:
    outsiders = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${organizationId}"}}
    assert found(tmp_path, statement("sts:AssumeRole", Condition=outsiders), rcp=True) == []
    (problem,) = found(tmp_path, statement("sts:AssumeRole"), rcp=True)
    assert "sts:AssumeRole by the management account (get into the account)" in problem
    # Only in the account itself: then nobody comes from the management account.
    own = {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    assert len(found(tmp_path, statement("sts:AssumeRole", Condition=own), rcp=True)) == 1
    # A service control policy does not hold for the management account.
    assert found(tmp_path, statement("sts:AssumeRole")) == []


def test_only_the_roles_that_accounts_use_have_to_be_free(tmp_path: Path) -> None:
    one = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{ACCESS}"}}
    assert found(tmp_path, statement(Condition=one)) == []
    assert len(found(tmp_path, statement(Condition=one), used=(ACCESS, OTHER))) == 1
    # Where it is not known, only what stops both of them is refused.
    assert found(tmp_path, statement(Condition=one), used=()) == []
    assert len(found(tmp_path, statement(), used=())) == 1


def test_a_policy_may_break_the_deployment_if_its_file_says_so(tmp_path: Path) -> None:
    assert found(tmp_path, statement("*"), mayBreakDeployment=True) == []


def test_each_statement_is_named_and_long_lists_are_cut(tmp_path: Path) -> None:
    first, second = found(
        tmp_path, {**statement(), "Sid": "A"}, {k: v for k, v in statement("*").items() if k != "Sid"}
    )
    assert "statement A of 'mine'" in first
    assert "statement number 2 of 'mine'" in second
    assert second.count(" by ") < 8
    assert " more; allowed: " in second


@pytest.mark.parametrize("guardrails", [GUARDRAILS, *([each] for each in GUARDRAILS)], ids="+".join)
def test_the_guardrails_and_the_perimeter_break_nothing(guardrails: list[Any]) -> None:
    regions = ["us-west-2", "us-east-1"]
    keys = {"backup": BACKUP, "serviceControl": {"/": {"guardrails": guardrails, "allowedRegions": regions}}}
    settings = parse(PoliciesConfig, "policies", {**keys, "accessRoleNames": [ACCESS, OTHER]}, "file")
    made, _ = plan(settings, "file", [])
    assert self_harm(made.everything, Places("us-west-2", regions, [ACCESS, OTHER], each=True)) == []


def test_all_that_a_preview_reads_is_needed() -> None:
    previewed = json.loads((ROOT / "stacks/accounts/preview_policy.json").read_text())
    read = {action for each in previewed["Statement"] for action in each["Action"]}
    assert read <= {action for need in needs() for action in need.actions}


@pytest.mark.parametrize(
    ("action", "configured"),
    [
        ("backup:PutBackupVaultLockConfiguration", {"vaults": {"Default": {"minRetentionDays": 7}}}),
        ("events:PutRule", {"bucketBackups": True}),
    ],
)
def test_what_only_some_environments_need_is_free_to_others(
    tmp_path: Path, action: str, configured: dict[str, Any]
) -> None:
    assert found(tmp_path, statement(action)) == []
    (problem,) = found(tmp_path, statement(action), configured=configured)
    assert f"denies what this project does in member accounts: {action} by " in problem


def test_one_statement_needs_no_list(tmp_path: Path) -> None:
    content = {"Version": "2012-10-17", "Statement": statement()}
    write(tmp_path, "mine.yaml", {"type": "service-control", "content": content, "targets": ["A"]})
    settings = parse(PoliciesConfig, "policies", {"backup": BACKUP}, "file")
    (problem,) = check_policies(STACK, settings, ["A"], tmp_path, "us-west-2", (ACCESS,))
    assert "statement No of 'mine' denies what this project does" in problem
