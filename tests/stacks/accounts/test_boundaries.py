"""What the roles made in an account can do, decided by policy evaluation as AWS does it."""

from itertools import product
from typing import Any

import pytest

from sandbox.emulator.policy_evaluation.evaluation import is_allowed
from stacks.accounts.iam_policies import AUTOMATION_ACTIONS, DEVELOPER_ACTIONS, boundary_policy

ACCOUNT = "210987654321"
ACCESS = "OrganizationalAccountAccessRole"
OTHER_ACCESS = "OrganizationAccountAccessRole"
NAMES = ["devDeveloperRoleBoundary", "devAutomationRoleBoundary"]
OWN = f"arn:aws:iam::{ACCOUNT}:policy/devAutomationRoleBoundary"
ANY = "*"


def iam(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def role_may(role: str, action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    actions = AUTOMATION_ACTIONS if role == "AutomationRole" else DEVELOPER_ACTIONS
    own = NAMES[1] if role == "AutomationRole" else NAMES[0]
    document = boundary_policy(ACCOUNT, NAMES, own, [ACCESS, OTHER_ACCESS], actions)
    return is_allowed(action, resource, [document], boundary=document, context=context)


def boundary_leaves(action: str, resource: str, *access_roles: str) -> bool:
    """Whether a boundary whose actions are all there are lets this through: what its denials hold by themselves."""
    document = boundary_policy(ACCOUNT, NAMES, NAMES[1], access_roles or [ACCESS, OTHER_ACCESS], ["*"])
    return is_allowed(action, resource, [document], boundary=document, context={"iam:PermissionsBoundary": OWN})


WORK = ["cloudwatch:PutMetricAlarm", "dynamodb:CreateTable", "ec2:RunInstances", "s3:CreateBucket"]
NOT_THEIRS = [
    "account:CloseAccount",
    "backup:DeleteBackupVault",
    "cloudtrail:StopLogging",
    "kms:CreateKey",
    "lambda:CreateFunction",
    "organizations:LeaveOrganization",
    "sso:CreateAccountAssignment",
    "sts:AssumeRole",
]


@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole"])
@pytest.mark.parametrize("action", WORK)
def test_the_roles_do_their_work(role: str, action: str) -> None:
    assert role_may(role, action, ANY)


@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole"])
@pytest.mark.parametrize("action", NOT_THEIRS)
def test_the_roles_do_nothing_else(role: str, action: str) -> None:
    assert not role_may(role, action, ANY)
    assert not role_may(role, action, iam("role", ACCESS))


def test_only_automation_works_with_iam() -> None:
    assert DEVELOPER_ACTIONS == ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"]
    assert AUTOMATION_ACTIONS == ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*", "iam:*"]


def test_developers_have_no_iam_at_all() -> None:
    for action in ("iam:CreateUser", "iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy", "iam:GetRole"):
        assert not role_may("DeveloperRole", action, iam("role", "x"), {"iam:PermissionsBoundary": OWN})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:AttachRolePolicy", iam("role", "web-task")),
        ("iam:CreateRole", iam("role", "web-task")),
        ("iam:PutRolePermissionsBoundary", iam("role", "web-task")),
        ("iam:PutRolePolicy", iam("role", "web-task")),
        ("iam:AttachUserPolicy", iam("user", "worker")),
        ("iam:CreateUser", iam("user", "worker")),
        ("iam:PutUserPermissionsBoundary", iam("user", "worker")),
        ("iam:PutUserPolicy", iam("user", "worker")),
    ],
)
def test_automation_makes_and_widens_principals_with_its_own_boundary_only(action: str, resource: str) -> None:
    assert role_may("AutomationRole", action, resource, {"iam:PermissionsBoundary": OWN})
    assert not role_may("AutomationRole", action, resource)
    for other in ("AdministratorAccess", "devDeveloperRoleBoundary"):
        assert not role_may("AutomationRole", action, resource, {"iam:PermissionsBoundary": iam("policy", other)})


CHANGES_OF_A_POLICY = [
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePermissionsBoundary", iam("role", "web-task")),
        ("iam:DeleteUserPermissionsBoundary", iam("user", "worker")),
        *product(CHANGES_OF_A_POLICY, [iam("policy", name) for name in NAMES]),
    ],
)
def test_automation_cannot_take_off_or_change_a_boundary(action: str, resource: str) -> None:
    assert not role_may("AutomationRole", action, resource, {"iam:PermissionsBoundary": OWN})


@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", ACCESS])
@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachRolePolicy",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PassRole",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "sts:AssumeRole",
    ],
)
def test_the_managed_roles_are_neither_changed_nor_assumed_nor_passed_on(role: str, action: str) -> None:
    assert not role_may("AutomationRole", action, iam("role", role), {"iam:PermissionsBoundary": OWN})
    assert not boundary_leaves(action, iam("role", role))


def test_the_managed_roles_may_be_read() -> None:
    for role in ("DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", ACCESS):
        for action in ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"):
            assert role_may("AutomationRole", action, iam("role", role))


def test_the_access_roles_are_those_that_the_configuration_names() -> None:
    # A role of such a name is exempt from the guardrails, so that making one must not be possible either.
    for action in ("iam:UpdateAssumeRolePolicy", "iam:CreateRole"):
        for name in (ACCESS, "Admin"):
            assert not boundary_leaves(action, iam("role", name), ACCESS, "Admin")
        assert boundary_leaves(action, iam("role", OTHER_ACCESS), ACCESS, "Admin")


@pytest.mark.parametrize("action", ["account:CloseAccount", "account:PutContactInformation"])
def test_the_boundary_denies_the_account_whatever_else_it_allows(action: str) -> None:
    assert not boundary_leaves(action, ANY)


@pytest.mark.parametrize("action", ["organizations:LeaveOrganization", "organizations:DescribeOrganization"])
def test_the_boundary_denies_the_organization_whatever_else_it_allows(action: str) -> None:
    assert not boundary_leaves(action, ANY)


def test_automation_still_works_with_its_own_policies_and_roles() -> None:
    for action in ("iam:CreatePolicy", *CHANGES_OF_A_POLICY):
        assert role_may("AutomationRole", action, iam("policy", "web-task"))
    for action in ("iam:PassRole", "iam:DeleteRole", "iam:DetachRolePolicy", "iam:UpdateAssumeRolePolicy"):
        assert role_may("AutomationRole", action, iam("role", "web-task"))
