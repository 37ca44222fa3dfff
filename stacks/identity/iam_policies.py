"""What people and automation may do in the management account, and which tokens may sign in as automation."""

from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, allow, document
from shared.policy_documents.roles import role_arn, with_path

_OWN_USER = "arn:aws:iam::*:user/${aws:username}"
_OWN_DEVICE = "arn:aws:iam::*:mfa/${aws:username}"

_OWN_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
"""The condition that what is acted on belongs to the caller's organization.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceorgid"""

ENROL_MFA = "EnrolMfa"
"""The policy of a user who may enrol an MFA device without having signed in with one."""


def assume_role_policy(role: str, require_mfa: bool = False) -> Document:
    """Allows the user or group to assume `role` in every account of their organization, and nothing else.

    A stranger's account may have a role of this name too, and trust everybody.
    """
    condition = {**(MFA if require_mfa else {}), **_OWN_ORGANIZATION}
    return document(allow("sts:AssumeRole", role_arn("*", with_path(role)), condition))


def self_service_mfa_policy() -> Document:
    """Allows a user to look after their own MFA device and to change their own password.

    Whoever enrols a device passes for the user from then on. So enrolling takes MFA itself: with a password or a key
    alone nobody enrols a second one. The first one takes `mfa_enrolment_policy`. Without MFA a user may resync a
    device, which takes two of its codes, and delete one that was made and never enabled: AWS deletes none in use.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html
    """
    return document(
        allow(["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"], "*"),
        allow(["iam:ChangePassword", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"], _OWN_USER),
        allow("iam:DeleteVirtualMFADevice", _OWN_DEVICE),
        allow(["iam:DeactivateMFADevice", "iam:EnableMFADevice"], _OWN_USER, MFA),
        allow("iam:CreateVirtualMFADevice", _OWN_DEVICE, MFA),
    )


def mfa_enrolment_policy() -> Document:
    """Allows a user to enrol their own MFA device without MFA. IAM has no condition for users who have none yet."""
    return document(allow("iam:EnableMFADevice", _OWN_USER), allow("iam:CreateVirtualMFADevice", _OWN_DEVICE))


def permission_set_roles(account_id: str, permission_set: str) -> list[str]:
    """Patterns of the ARNs that IAM Identity Center's role for `permission_set` may have in the account.

    The role's path has the region of Identity Center, but for us-east-1. Its suffix changes with each assignment and
    has 16 characters: a pattern of just that length does not match a permission set whose name begins with this one.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    path = f"arn:aws:iam::{account_id}:role/aws-reserved/sso.amazonaws.com/"
    role = f"AWSReservedSSO_{permission_set}_{'?' * 16}"
    return [f"{path}{role}", f"{path}*/{role}"]


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
