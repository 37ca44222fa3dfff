"""IAM documents: who may assume which role, and what the roles may do at most.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.documents.limits import Document
from shared.documents.roles import MANAGED_ROLES, role_arn

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

DEVELOPER_ACTIONS = ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"]
AUTOMATION_ACTIONS = [*DEVELOPER_ACTIONS, "iam:*"]


def assume_role_policy(role: str, require_mfa: bool = False) -> Document:
    """Lets its holder assume `role` in every account, and nothing else."""
    return _document(_allow("sts:AssumeRole", role_arn("*", role), MFA if require_mfa else None))


def self_service_mfa_policy() -> Document:
    """Lets a user enrol and resync an MFA device of their own, and change their own password.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
    """
    return _document(
        _allow(["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"], "*"),
        _allow(
            [
                "iam:ChangePassword",
                "iam:EnableMFADevice",
                "iam:GetUser",
                "iam:ListMFADevices",
                "iam:ResyncMFADevice",
            ],
            "arn:aws:iam::*:user/${aws:username}",
        ),
        _allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/${aws:username}"),
    )


def trust_policy(principals: Sequence[str], require_mfa: bool = False) -> Document:
    """Lets exactly `principals` (ARNs) assume the role, people only after they signed in with MFA.

    Raises `ValueError` for no principal or one with a wildcard: a role never trusts strangers.
    """
    if not principals or any("*" in principal or "?" in principal for principal in principals):
        raise ValueError(f"a trust policy needs principals without wildcards, not {list(principals)}")
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(principals)},
        "Action": "sts:AssumeRole",
    }
    return _document({**statement, "Condition": MFA} if require_mfa else statement)


def web_identity_trust_policy(provider_arn: str, issuer: str, audience: str, subjects: Sequence[str]) -> Document:
    """Lets tokens of one identity provider in, of one audience and of the subjects named.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    host = issuer.removeprefix("https://")
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{host}:aud": audience},
                "StringLike": {f"{host}:sub": list(subjects)},
            },
        }
    )


def service_trust_policy(service: str) -> Document:
    """Lets one AWS service assume the role."""
    return _document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def boundary_policy(
    account_id: str,
    boundary_names: Sequence[str],
    own_boundary: str,
    access_role: str,
    actions: Sequence[str],
) -> Document:
    """The most that a role may do: `actions`, without a way out of the boundary.

    Roles and users can be made only with `own_boundary` on them, no boundary can be taken off
    or edited, and the roles made here and the access role cannot be changed, assumed or passed on.
    """
    boundaries = [f"arn:aws:iam::{account_id}:policy/{name}" for name in boundary_names]
    own = f"arn:aws:iam::{account_id}:policy/{own_boundary}"
    guarded = [role_arn(account_id, role) for role in [*MANAGED_ROLES, access_role]]
    return _document(
        {"Sid": "Most", **_allow(list(actions), "*")},
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
        _deny(
            "BoundariesStay",
            ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"],
            "*",
        ),
        _deny(
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
        _deny("AccountUnchanged", ["account:*", "organizations:*"], "*"),
    )


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: str | list[str], resources: str | list[str], condition: Document | None = None) -> Document:
    statement: Document = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _deny(sid: str, actions: list[str], resources: str | list[str]) -> Document:
    return {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resources}
