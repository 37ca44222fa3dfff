"""Checks that a member account has the role in which its stack works; an invited account has none."""

import json
from pathlib import Path

from automation import aws
from shared.errors import UsageError
from shared.layers import ROOT, StackId
from shared.policy_documents.roles import role_arn
from shared.settings.fields import ACCESS_ROLES

CONTROL_TOWER = "AWSControlTowerExecution"
"""The access role of accounts that AWS Control Tower manages.
https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html"""

CANDIDATES = (*ACCESS_ROLES, CONTROL_TOWER)
"""The access roles that real organizations have."""


def check_access_role(stack: StackId, account: str, role: str | None) -> None:
    """Raise `UsageError` unless the access role of the account can be assumed. It says how to get there."""
    if role is None or assumable(stack.environment, account, role):
        return
    other = next((each for each in CANDIDATES if each != role and assumable(stack.environment, account, each)), None)
    if other:
        raise UsageError(
            f"{stack.config_label}: accounts:accessRoleName is {role!r}, which cannot be assumed in account "
            f"{account}; allowed: {other!r}, which can"
        )
    with aws.errors(stack.environment, "asking whose the AWS credentials are"):
        management = aws.client(stack.environment, "sts").get_caller_identity()["Account"]
    commands = "".join(f"  {step}\n" for step in steps(role, management))
    raise UsageError(
        f"account {account} has no role {role!r} that account {management} may assume: AWS makes it in accounts that "
        f"are created, not in those that were invited. With credentials of that account, run\n{commands}"
        f"and the import again. If it has such a role by another name: accounts:accessRoleName in {stack.config_label}"
    )


def steps(role: str, management: str) -> list[str]:
    """The commands, with credentials of an account, that make its access role for the account `management`.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_create-cross-account-role.html"""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return [
        f"aws iam create-role --role-name {role} --assume-role-policy-document '{json.dumps(trust)}'",
        f"aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
    ]


def assumable(environment: str, account: str, role: str, root: Path = ROOT) -> bool:
    """Whether the credentials of the environment may assume the role. Raises `automation.aws.AwsFailed`."""
    try:
        with aws.errors(environment, f"assuming {role} in account {account}"):
            client = aws.client(environment, "sts", root)
            client.assume_role(RoleArn=role_arn(account, role), RoleSessionName="pulumi")
    except aws.AwsFailed as error:
        if error.code in ("AccessDenied", "AccessDeniedException", "NoSuchEntity"):
            return False
        raise
    return True
