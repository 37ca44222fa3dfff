"""The trust policies of the roles in an account, and the boundary that limits what the roles may do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

import re
from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, allow, deny, document
from shared.policy_documents.roles import MANAGED_ROLES, role_arn

DEVELOPER_ACTIONS = ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"]
AUTOMATION_ACTIONS = [*DEVELOPER_ACTIONS, "iam:*"]


_PERMISSION_SET_ROLE = re.compile(
    r"arn:aws:iam::(?P<account>\d{12}):role/aws-reserved/sso\.amazonaws\.com/(?:\*/)?AWSReservedSSO_[\w+=,.@-]+_\?{16}\Z"
)


def trust_policy(
    principals: Sequence[str], require_mfa: bool = False, permission_set_roles: Sequence[str] = ()
) -> Document:
    """Allows exactly `principals` (ARNs) to assume the role; with `require_mfa` they must have signed in with MFA.

    The roles of IAM Identity Center that match `permission_set_roles` may assume it too. Their sessions never carry
    MFA, which people are asked for when they sign in to Identity Center. A role under its path is made by AWS alone.
    Raises `ValueError` for an empty list, a principal with a wildcard, or other roles than those of one account's
    permission set: a role must never trust unknown accounts.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    if not principals or any("*" in principal or "?" in principal for principal in principals):
        raise ValueError(f"a trust policy needs principals without wildcards, not {list(principals)}")
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(principals)},
        "Action": "sts:AssumeRole",
    }
    first = {**statement, "Condition": MFA} if require_mfa else statement
    if not permission_set_roles:
        return document(first)
    found = [_PERMISSION_SET_ROLE.match(role) for role in permission_set_roles]
    accounts = {match["account"] for match in found if match}
    if len(accounts) != 1 or None in found:
        raise ValueError(f"roles of a permission set of one account are needed, not {list(permission_set_roles)}")
    return document(
        first,
        {
            **statement,
            "Principal": {"AWS": f"arn:aws:iam::{accounts.pop()}:root"},
            "Condition": {"ArnLike": {"aws:PrincipalArn": list(permission_set_roles)}},
        },
    )


def service_trust_policy(service: str) -> Document:
    """Allows one AWS service to assume the role."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def boundary_policy(
    account_id: str,
    boundary_names: Sequence[str],
    own_boundary: str,
    access_roles: Sequence[str],
    actions: Sequence[str],
) -> Document:
    """The permissions boundary of a role: it allows `actions`, and nothing that would get around the boundary.

    New roles and users must have `own_boundary`, no boundary can be removed or edited, and this project's roles and
    the access roles cannot be made, changed, assumed or passed on: the guardrails let a role with one of these names
    pass.
    """
    boundaries = [f"arn:aws:iam::{account_id}:policy/{name}" for name in boundary_names]
    own = f"arn:aws:iam::{account_id}:policy/{own_boundary}"
    guarded = [role_arn(account_id, role) for role in [*MANAGED_ROLES, *access_roles]]
    return document(
        {"Sid": "Most", **allow(list(actions), "*")},
        {
            "Sid": "NoPrincipalWithoutBoundary",
            "Effect": "Deny",
            "Action": [
                "iam:AttachRolePolicy",
                "iam:AttachUserPolicy",
                "iam:CreateRole",
                "iam:CreateUser",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:PutUserPermissionsBoundary",
                "iam:PutUserPolicy",
            ],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": own}},
        },
        deny(
            "BoundariesStay",
            ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"],
            "*",
        ),
        deny(
            "BoundariesUnchanged",
            [
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:SetDefaultPolicyVersion",
            ],
            boundaries,
        ),
        {
            "Sid": "ManagedRolesUnchanged",
            "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*"],
            "Resource": guarded,
        },
        deny("AccountUnchanged", ["account:*", "organizations:*"], "*"),
    )
