"""Checks that a member account has the role in which its stack works; an invited account has none."""

import json

from automation import aws
from shared.errors import UsageError
from shared.layers import StackId
from shared.policy_documents.roles import role_arn
from shared.settings.fields import ACCESS_ROLES


def check_access_role(stack: StackId, account: str, role: str | None) -> None:
    """Raise `UsageError` unless the access role of the account can be assumed. It says how to get there."""
    if role is None or _assumable(stack, account, role):
        return
    other = next((each for each in ACCESS_ROLES if each != role and _assumable(stack, account, each)), None)
    if other:
        raise UsageError(
            f"{stack.config_label}: accounts:accessRoleName is {role!r}, which cannot be assumed in account "
            f"{account}; allowed: {other!r}, which can"
        )
    with aws.errors(stack.environment, "asking whose the AWS credentials are"):
        management = aws.client(stack.environment, "sts").get_caller_identity()["Account"]
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
    raise UsageError(
        f"account {account} has no role {role!r} that account {management} may assume: AWS makes it in accounts that "
        "are created, not in those that were invited. With credentials of that account, run\n"
        f"  aws iam create-role --role-name {role} --assume-role-policy-document '{json.dumps(trust)}'\n"
        f"  aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess\n"
        f"and the import again. If it has such a role by another name: accounts:accessRoleName in {stack.config_label}"
    )


def _assumable(stack: StackId, account: str, role: str) -> bool:
    try:
        with aws.errors(stack.environment, f"assuming {role} in account {account}"):
            aws.client(stack.environment, "sts").assume_role(RoleArn=role_arn(account, role), RoleSessionName="pulumi")
    except aws.AwsFailed as error:
        if error.code in ("AccessDenied", "AccessDeniedException", "NoSuchEntity"):
            return False
        raise
    return True
