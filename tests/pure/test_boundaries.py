"""What the roles made in an account can do, decided by policy evaluation as AWS does it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.policy_evaluation.evaluation import is_allowed
from shared.config.policies import GUARDRAILS
from shared.documents.access import AUTOMATION_ACTIONS, DEVELOPER_ACTIONS, boundary_policy
from shared.documents.service_control import guardrail_statement, pack, region_statement

ACCOUNT = "210987654321"
ACCESS = "OrganizationalAccountAccessRole"
NAMES = ["devDeveloperRoleBoundary", "devAutomationRoleBoundary"]
OWN = f"arn:aws:iam::{ACCOUNT}:policy/devAutomationRoleBoundary"
ANY = "*"


def iam(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def role_may(role: str, action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    actions = AUTOMATION_ACTIONS if role == "AutomationRole" else DEVELOPER_ACTIONS
    own = NAMES[1] if role == "AutomationRole" else NAMES[0]
    document = boundary_policy(ACCOUNT, NAMES, own, ACCESS, actions)
    return is_allowed(action, resource, [document], boundary=document, context=context)


@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole"])
def test_the_roles_do_their_work(role: str) -> None:
    assert role_may(role, "s3:CreateBucket", "arn:aws:s3:::assets")
    assert role_may(role, "ec2:RunInstances", ANY)
    assert not role_may(role, "sts:AssumeRole", iam("role", ACCESS))
    assert not role_may(role, "organizations:LeaveOrganization", ANY)
    assert not role_may(role, "account:CloseAccount", ANY)


def test_developers_have_no_iam_at_all() -> None:
    for action in ("iam:CreateUser", "iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy"):
        assert not role_may("DeveloperRole", action, iam("role", "x"), {"iam:PermissionsBoundary": OWN})


@pytest.mark.parametrize("action", ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"])
def test_automation_makes_roles_with_its_own_boundary_only(action: str) -> None:
    role = iam("role", "web-task")
    assert role_may("AutomationRole", action, role, {"iam:PermissionsBoundary": OWN})
    assert not role_may("AutomationRole", action, role)
    other = iam("policy", "AdministratorAccess")
    assert not role_may("AutomationRole", action, role, {"iam:PermissionsBoundary": other})
    assert not role_may("AutomationRole", action, role, {"iam:PermissionsBoundary": iam("policy", NAMES[0])})


def test_automation_makes_users_with_its_own_boundary_only() -> None:
    user = iam("user", "worker")
    assert role_may("AutomationRole", "iam:CreateUser", user, {"iam:PermissionsBoundary": OWN})
    assert not role_may("AutomationRole", "iam:CreateUser", user)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePermissionsBoundary", iam("role", "web-task")),
        ("iam:DeleteUserPermissionsBoundary", iam("user", "worker")),
        ("iam:CreatePolicyVersion", OWN),
        ("iam:SetDefaultPolicyVersion", iam("policy", NAMES[0])),
        ("iam:DeletePolicy", OWN),
        *[
            (action, iam("role", role))
            for role in ("DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", ACCESS)
            for action in ("iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:PutRolePolicy", "iam:PassRole")
        ],
    ],
)
def test_automation_cannot_get_out_of_its_boundary(action: str, resource: str) -> None:
    assert not role_may("AutomationRole", action, resource, {"iam:PermissionsBoundary": OWN})


def test_automation_still_works_with_its_own_policies_and_roles() -> None:
    assert role_may("AutomationRole", "iam:CreatePolicyVersion", iam("policy", "web-task"))
    assert role_may("AutomationRole", "iam:PassRole", iam("role", "web-task"))
    assert role_may("AutomationRole", "iam:GetRole", iam("role", "DeveloperRole"))


ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def account_may(action: str, resource: str, principal: str, region: str = "us-west-2") -> bool:
    statements = [guardrail_statement(guardrail, ACCESS) for guardrail in GUARDRAILS]
    policies = pack("unit", [*statements, region_statement(["us-west-2"], ACCESS)])
    context = {"aws:PrincipalArn": principal, "aws:RequestedRegion": region}
    return is_allowed(action, resource, [ALLOW_ALL], service_control=[[ALLOW_ALL, *policies]], context=context)


ADMIN = iam("role", "Administrator")
ACCESS_ROLE = iam("role", ACCESS)


@pytest.mark.parametrize(
    ("action", "resource", "region"),
    [
        ("organizations:LeaveOrganization", ANY, "us-west-2"),
        ("cloudtrail:StopLogging", ANY, "us-west-2"),
        ("backup:DeleteBackupVault", ANY, "us-west-2"),
        ("iam:UpdateAssumeRolePolicy", iam("role", "DeveloperRole"), "us-east-1"),
        ("iam:DeleteRole", ACCESS_ROLE, "us-east-1"),
        ("ec2:RunInstances", ANY, "eu-west-1"),
    ],
)
def test_guardrails_bind_even_an_administrator(action: str, resource: str, region: str) -> None:
    assert not account_may(action, resource, ADMIN, region)


def test_guardrails_leave_ordinary_work_alone() -> None:
    assert account_may("ec2:RunInstances", ANY, ADMIN)
    assert account_may("iam:CreateRole", iam("role", "web"), ADMIN, "us-east-1")
    assert account_may("sts:AssumeRole", iam("role", "web"), ADMIN, "us-east-1")


def test_the_access_role_may_change_what_this_project_made() -> None:
    assert account_may("iam:UpdateAssumeRolePolicy", iam("role", "DeveloperRole"), ACCESS_ROLE, "us-east-1")
    assert account_may("backup:DeleteBackupVault", ANY, ACCESS_ROLE, "us-east-1")
    assert not account_may("organizations:LeaveOrganization", ANY, ACCESS_ROLE)


def test_the_root_user_is_denied_everything() -> None:
    assert not account_may("s3:ListAllMyBuckets", ANY, f"arn:aws:iam::{ACCOUNT}:root")
