"""What the guardrails deny in an account, decided by policy evaluation as AWS does it."""

from collections.abc import Sequence
from itertools import product

import pytest

from shared.errors import ConfigError
from shared.policy_documents.documents import Document
from shared.policy_evaluation.evaluation import is_allowed
from stacks.accounts.budget import NAME as MONTHLY
from stacks.policies.config import GUARDRAILS
from stacks.policies.guardrails import guardrail_statements, pack, region_statement

ACCOUNT = "210987654321"
ACCESS = "OrganizationAccountAccessRole"
NAMES = [ACCESS, "OtherAccess"]
ANY = "*"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Administrator"
ACCESS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ACCESS}"
ROOT_USER = f"arn:aws:iam::{ACCOUNT}:root"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALL = [
    "leave-organization",
    "stop-cloudtrail",
    "stop-backup",
    "protect-roles",
    "protect-account",
    "local-identities",
    "data-stays",
    "root-user",
]


def statements_of(guardrails: Sequence[str]) -> list[Document]:
    return [statement for guardrail in guardrails for statement in guardrail_statements(guardrail, NAMES)]


def account_may(
    action: str,
    resource: str = ANY,
    principal: str = ADMIN,
    region: str = "us-west-2",
    guardrails: Sequence[str] = ALL,
    regions: Sequence[str] = ("us-west-2",),
    **context: str,
) -> bool:
    """Whether an account under `guardrails` and the allow-list `regions` (none: no such list) lets this through."""
    statements = statements_of(guardrails)
    if regions:
        statements.append(region_statement(regions, NAMES))
    context |= {"aws:PrincipalArn": principal, "aws:RequestedRegion": region}
    policies = [[ALLOW_ALL, *pack("unit", statements)]]
    return is_allowed(action, resource, [ALLOW_ALL], service_control=policies, context=context)


CLOUDTRAIL = [
    "cloudtrail:DeleteEventDataStore",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopEventDataStoreIngestion",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateEventDataStore",
    "cloudtrail:UpdateTrail",
]
BACKUP = [
    "backup:DeleteBackupPlan",
    "backup:DeleteBackupSelection",
    "backup:DeleteBackupVault",
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:DeleteBackupVaultLockConfiguration",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:PutBackupVaultAccessPolicy",
    "backup:PutBackupVaultLockConfiguration",
    "backup:StartCopyJob",
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
    "iam:PassRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
]
MANAGED = [
    f"arn:aws:iam::{ACCOUNT}:role/{name}"
    for name in ("DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", "organization/Auditor", *NAMES)
]
POLICY_CHANGES = ["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:SetDefaultPolicyVersion"]
BOUNDARIES = [
    f"arn:aws:iam::{ACCOUNT}:policy/{name}Boundary"
    for name in ("DeveloperRole", "AutomationRole", "Workload", "devDeveloperRole", "devWorkload", "organization/A")
]
ACCOUNT_CHANGES = [
    "account:CloseAccount",
    "account:EnableRegion",
    "account:PutAlternateContact",
    "ec2:CreateDefaultVpc",
    "ec2:DisableEbsEncryptionByDefault",
    "ec2:ModifyEbsDefaultKmsKeyId",
    "iam:CreateAccountAlias",
    "iam:UpdateAccountPasswordPolicy",
    "s3:PutAccountPublicAccessBlock",
]
BUDGET = f"arn:aws:budgets::{ACCOUNT}:budget/{MONTHLY}"
IDENTITIES = [
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateSAMLProvider",
    "iam:CreateUser",
    "iam:UpdateLoginProfile",
    "iam:UpdateSAMLProvider",
    "rolesanywhere:CreateTrustAnchor",
]
SHARING = [
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "kms:ScheduleKeyDeletion",
    "ram:CreateResourceShare",
    "ram:AssociateResourceShare",
    "rds:ModifyDBSnapshotAttribute",
    "ssm:ModifyDocumentPermission",
]
EXEMPT = [
    *product(BACKUP, [ANY]),
    *product(ROLE_CHANGES, MANAGED),
    *product(POLICY_CHANGES, BOUNDARIES),
    *product([*ACCOUNT_CHANGES, *IDENTITIES, *SHARING], [ANY]),
    ("budgets:ModifyBudget", BUDGET),
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
        *(("protect-roles", action, policy) for action, policy in product(POLICY_CHANGES, BOUNDARIES)),
        *(("protect-account", action, ANY) for action in ACCOUNT_CHANGES),
        ("protect-account", "budgets:ModifyBudget", BUDGET),
        ("protect-account", "budgets:UntagResource", BUDGET),
        *(("local-identities", action, ANY) for action in IDENTITIES),
        *(("data-stays", action, ANY) for action in SHARING),
    ],
)
def test_a_guardrail_binds_even_an_administrator_and_only_where_it_is_on(
    guardrail: str, action: str, resource: str
) -> None:
    assert not account_may(action, resource)
    assert not account_may(action, resource, guardrails=[guardrail], regions=())
    assert account_may(action, resource, guardrails=[other for other in ALL if other != guardrail])


@pytest.mark.parametrize(("action", "resource"), EXEMPT)
def test_the_access_role_may_change_what_this_project_made(action: str, resource: str) -> None:
    for name in NAMES:
        assert account_may(action, resource, f"arn:aws:iam::{ACCOUNT}:role/{name}", "us-east-1")


@pytest.mark.parametrize("action", ["organizations:LeaveOrganization", *CLOUDTRAIL])
def test_some_guardrails_bind_the_access_role_too(action: str) -> None:
    assert not account_may(action, principal=ACCESS_ROLE)


def test_a_role_that_is_only_named_like_the_access_role_is_bound() -> None:
    assert not account_may("backup:DeleteRecoveryPoint", principal=f"{ACCESS_ROLE}2")
    assert not account_may("ec2:RunInstances", principal=f"{ACCESS_ROLE}2", region="eu-west-1")


def test_a_team_may_have_budgets_of_its_own() -> None:
    assert account_may("budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/web")


def under_the_path(kind: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/automation/web"


@pytest.mark.parametrize(
    "action", ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
)
def test_a_workloads_role_has_the_workloads_boundary_whoever_makes_it(action: str) -> None:
    role = under_the_path("role")
    for name, allowed in {"devWorkloadBoundary": True, "AdministratorAccess": False, "Workload": False}.items():
        boundary = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/{name}"}
        assert account_may(action, role, **boundary) is allowed
        assert account_may(action, role, ACCESS_ROLE, **boundary)
    assert not account_may(action, role)
    assert account_may(action, f"arn:aws:iam::{ACCOUNT}:role/web")


def test_a_workloads_boundary_stays() -> None:
    boundary = {"iam:PermissionsBoundary": BOUNDARIES[2]}
    assert not account_may("iam:DeleteRolePermissionsBoundary", under_the_path("role"), **boundary)
    assert account_may("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:role/web", **boundary)


@pytest.mark.parametrize("kind", ["Group", "Role", "User"])
def test_a_policy_that_automation_may_edit_is_attached_to_workloads_only(kind: str) -> None:
    action, holder = f"iam:Attach{kind}Policy", f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/admins"
    edited = {"iam:PolicyARN": under_the_path("policy")}
    assert not account_may(action, holder, **edited)
    assert account_may(action, holder, ACCESS_ROLE, **edited)
    assert account_may(action, holder, **{"iam:PolicyARN": f"arn:aws:iam::{ACCOUNT}:policy/Own"})
    bound = {"iam:PermissionsBoundary": BOUNDARIES[2]}
    assert account_may("iam:AttachRolePolicy", under_the_path("role"), **edited, **bound)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "arn:aws:s3:::elsewhere/x"),
        ("sqs:SendMessage", "arn:aws:sqs:us-west-2:999999999999:q"),
        ("sts:AssumeRole", "arn:aws:iam::999999999999:role/DeveloperRole"),
        ("backup:CopyIntoBackupVault", "arn:aws:backup:us-west-2:999999999999:backup-vault:v"),
    ],
)
def test_nothing_is_written_to_what_belongs_to_others(action: str, resource: str) -> None:
    ours = {"aws:PrincipalOrgID": "o-ours", "aws:PrincipalIsAWSService": "false"}
    assert not account_may(action, resource, **ours, **{"aws:ResourceOrgID": "o-other"})
    assert not account_may(action, resource, **ours)
    assert account_may(action, resource, **ours, **{"aws:ResourceOrgID": "o-ours"})
    assert account_may(action, resource, **{**ours, "aws:PrincipalIsAWSService": "true"})


@pytest.mark.parametrize(
    "action", ["s3:ListAllMyBuckets", "ec2:RunInstances", "iam:CreateUser", "sts:GetCallerIdentity"]
)
def test_the_root_user_is_denied_everything_where_the_guardrail_is_on(action: str) -> None:
    assert not account_may(action, principal=ROOT_USER)
    assert not account_may(action, principal=ROOT_USER, **{"aws:AssumedRoot": "false"})
    others = [other for other in ALL if other not in ("root-user", "local-identities")]
    assert account_may(action, principal=ROOT_USER, guardrails=others)


def test_the_management_account_mends_a_bucket_as_the_accounts_root_user() -> None:
    for action in ("s3:DeleteBucketPolicy", "iam:CreateLoginProfile"):
        assert account_may(action, principal=ROOT_USER, **{"aws:AssumedRoot": "true"})


def test_guardrails_leave_ordinary_work_alone() -> None:
    web = f"arn:aws:iam::{ACCOUNT}:role/web"
    assert account_may("ec2:RunInstances")
    assert account_may("cloudtrail:LookupEvents")
    assert account_may("backup:StartBackupJob")
    for action in (*ROLE_CHANGES, "iam:CreatePolicyVersion"):
        assert account_may(action, web, region="us-east-1")
    for role in MANAGED:
        assert account_may("sts:AssumeRole", role, **{"aws:PrincipalOrgID": "o", "aws:ResourceOrgID": "o"})
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
        assert account_may(action, region=region, guardrails=(), regions=allowed) == (region in allowed), region
        assert account_may(action, region=region, guardrails=(), regions=())
        assert account_may(action, region=region, guardrails=(), regions=allowed, principal=ACCESS_ROLE)


GLOBAL = [
    "acm:RequestCertificate",
    "config:DescribeConfigRules",
    "ec2:DescribeRegions",
    "networkmanager:ListCoreNetworks",
    "savingsplans:DescribeSavingsPlans",
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
        assert account_may(action, region="us-east-1", guardrails=(), regions=allowed)


@pytest.mark.parametrize("count", range(len(ALL) + 1))
def test_any_number_of_guardrails_fits_into_one_policy(count: int) -> None:
    statements = statements_of(ALL[:count])
    assert len(pack("unit", statements)) == min(count, 1)
    assert len(pack("unit", [*statements, region_statement(["us-east-1"], NAMES)])) == 1


def test_a_guardrail_that_does_not_exist_has_no_statement() -> None:
    with pytest.raises(ConfigError, match="'library/service-control/fly' is not there; allowed: library/a"):
        guardrail_statements("fly", NAMES)
