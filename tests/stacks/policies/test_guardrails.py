"""What the guardrails deny in an account, decided by policy evaluation as AWS does it."""

from collections.abc import Sequence
from itertools import product

import pytest

from sandbox.emulator.policy_evaluation.evaluation import is_allowed
from stacks.policies.config import GUARDRAILS
from stacks.policies.guardrails import guardrail_statement, pack, region_statement

ACCOUNT = "210987654321"
ACCESS = "OrganizationAccountAccessRole"
NAMES = [ACCESS, "OtherAccess"]
ANY = "*"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Administrator"
ACCESS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ACCESS}"
ROOT_USER = f"arn:aws:iam::{ACCOUNT}:root"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALL = ["leave-organization", "stop-cloudtrail", "stop-backup", "protect-roles", "root-user"]


def account_may(
    action: str,
    resource: str = ANY,
    principal: str = ADMIN,
    region: str = "us-west-2",
    guardrails: Sequence[str] = ALL,
    regions: Sequence[str] = ("us-west-2",),
) -> bool:
    """Whether an account under `guardrails` and the allow-list `regions` (none: no such list) lets this through."""
    statements = [guardrail_statement(guardrail, NAMES) for guardrail in guardrails]
    if regions:
        statements.append(region_statement(regions, NAMES))
    context = {"aws:PrincipalArn": principal, "aws:RequestedRegion": region}
    policies = [[ALLOW_ALL, *pack("unit", statements)]]
    return is_allowed(action, resource, [ALLOW_ALL], service_control=policies, context=context)


CLOUDTRAIL = [
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
]
BACKUP = [
    "backup:DeleteBackupPlan",
    "backup:DeleteBackupSelection",
    "backup:DeleteBackupVault",
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:DeleteRecoveryPoint",
    "backup:UpdateBackupPlan",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:UpdateRegionSettings",
]
ROLE_CHANGES = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
]
MANAGED = [
    f"arn:aws:iam::{ACCOUNT}:role/{name}"
    for name in ("DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", *NAMES)
]


def test_the_guardrails_are_these() -> None:
    assert GUARDRAILS == ALL


@pytest.mark.parametrize(
    ("guardrail", "action", "resource"),
    [
        ("leave-organization", "organizations:LeaveOrganization", ANY),
        *(("stop-cloudtrail", action, ANY) for action in CLOUDTRAIL),
        *(("stop-backup", action, ANY) for action in BACKUP),
        *(("protect-roles", action, role) for action, role in product(ROLE_CHANGES, MANAGED)),
    ],
)
def test_a_guardrail_binds_even_an_administrator_and_only_where_it_is_on(
    guardrail: str, action: str, resource: str
) -> None:
    assert not account_may(action, resource)
    assert not account_may(action, resource, guardrails=[guardrail], regions=())
    assert account_may(action, resource, guardrails=[other for other in ALL if other != guardrail])


@pytest.mark.parametrize(("action", "resource"), [*product(BACKUP, [ANY]), *product(ROLE_CHANGES, MANAGED)])
def test_the_access_role_may_change_what_this_project_made(action: str, resource: str) -> None:
    for name in NAMES:
        assert account_may(action, resource, f"arn:aws:iam::{ACCOUNT}:role/{name}", "us-east-1")


@pytest.mark.parametrize("action", ["organizations:LeaveOrganization", *CLOUDTRAIL])
def test_some_guardrails_bind_the_access_role_too(action: str) -> None:
    assert not account_may(action, principal=ACCESS_ROLE)


def test_a_role_that_is_only_named_like_the_access_role_is_bound() -> None:
    assert not account_may("backup:DeleteRecoveryPoint", principal=f"{ACCESS_ROLE}2")
    assert not account_may("ec2:RunInstances", principal=f"{ACCESS_ROLE}2", region="eu-west-1")


@pytest.mark.parametrize(
    "action", ["s3:ListAllMyBuckets", "ec2:RunInstances", "iam:CreateUser", "sts:GetCallerIdentity"]
)
def test_the_root_user_is_denied_everything_where_the_guardrail_is_on(action: str) -> None:
    assert not account_may(action, principal=ROOT_USER)
    assert account_may(action, principal=ROOT_USER, guardrails=[other for other in ALL if other != "root-user"])


def test_guardrails_leave_ordinary_work_alone() -> None:
    web = f"arn:aws:iam::{ACCOUNT}:role/web"
    assert account_may("ec2:RunInstances")
    assert account_may("cloudtrail:LookupEvents")
    assert account_may("backup:StartBackupJob")
    for action in ("sts:AssumeRole", *ROLE_CHANGES):
        assert account_may(action, web, region="us-east-1")
    for role in MANAGED:
        assert account_may("sts:AssumeRole", role)
        assert account_may("iam:GetRole", role)


REGIONAL = [
    "backup:StartBackupJob",
    "cloudwatch:PutMetricAlarm",
    "dynamodb:CreateTable",
    "ec2:RunInstances",
    "lambda:InvokeFunction",
    "s3:CreateBucket",
    "s3:GetObject",
]


@pytest.mark.parametrize("action", REGIONAL)
@pytest.mark.parametrize("allowed", [["eu-west-1"], ["us-west-2", "eu-west-1", "ap-south-1"]], ids=["one", "three"])
def test_regional_services_work_in_the_allowed_regions_only(action: str, allowed: list[str]) -> None:
    for region in ("us-east-1", "us-west-2", "eu-west-1", "eu-west-2", "ap-south-1"):
        assert account_may(action, region=region, regions=allowed) == (region in allowed), region
        assert account_may(action, region=region, regions=())
        assert account_may(action, region=region, regions=allowed, principal=ACCESS_ROLE)


GLOBAL = [
    "account:GetContactInformation",
    "aws-portal:ViewBilling",
    "budgets:ViewBudget",
    "ce:GetCostAndUsage",
    "chime:ListAccounts",
    "cloudfront:CreateDistribution",
    "cur:DescribeReportDefinitions",
    "globalaccelerator:CreateAccelerator",
    "health:DescribeEvents",
    "iam:CreateUser",
    "importexport:ListJobs",
    "kms:Decrypt",
    "organizations:DescribeOrganization",
    "pricing:GetProducts",
    "route53:CreateHostedZone",
    "route53domains:ListDomains",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "shield:DescribeProtection",
    "sts:AssumeRole",
    "support:CreateCase",
    "tag:GetResources",
    "trustedadvisor:DescribeChecks",
    "waf:CreateWebACL",
    "wafv2:CreateWebACL",
]


@pytest.mark.parametrize("action", GLOBAL)
def test_global_services_work_whatever_the_region(action: str) -> None:
    for allowed in (["eu-west-1"], ["us-west-2", "eu-west-1", "ap-south-1"]):
        assert account_may(action, region="us-east-1", regions=allowed)


@pytest.mark.parametrize("count", range(len(ALL) + 1))
def test_any_number_of_guardrails_fits_into_one_policy(count: int) -> None:
    statements = [guardrail_statement(guardrail, NAMES) for guardrail in ALL[:count]]
    assert len(pack("unit", statements)) == min(count, 1)
    assert len(pack("unit", [*statements, region_statement(["us-east-1"], ACCESS)])) == 1


def test_a_guardrail_that_does_not_exist_has_no_statement() -> None:
    with pytest.raises(KeyError):
        guardrail_statement("fly", ACCESS)
