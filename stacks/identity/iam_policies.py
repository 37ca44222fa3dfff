"""What people and automation may do in the management account, and which tokens may sign in as automation."""

from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, allow, document
from shared.policy_documents.roles import role_arn


def assume_role_policy(role: str, require_mfa: bool = False) -> Document:
    """Allows the user or group to assume `role` in every account, and nothing else."""
    return document(allow("sts:AssumeRole", role_arn("*", role), MFA if require_mfa else None))


def self_service_mfa_policy() -> Document:
    """Allows a user to set up and resync their own MFA device and to change their own password.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
    """
    return document(
        allow(["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"], "*"),
        allow(
            [
                "iam:ChangePassword",
                "iam:EnableMFADevice",
                "iam:GetUser",
                "iam:ListMFADevices",
                "iam:ResyncMFADevice",
            ],
            "arn:aws:iam::*:user/${aws:username}",
        ),
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/${aws:username}"),
    )


def web_identity_trust_policy(provider_arn: str, issuer: str, audience: str, subjects: Sequence[str]) -> Document:
    """Trusts the tokens of one identity provider that have this audience and one of these subjects.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    host = issuer.removeprefix("https://")
    return document(
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
