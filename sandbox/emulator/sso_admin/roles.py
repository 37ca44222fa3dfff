"""The roles that IAM Identity Center makes in accounts, one for each permission set that is assigned there.

Its service-linked role in the account makes them, which no policy of the organization binds.
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.models import IAMBackend as MotoIAMBackend
from moto.iam.models import Role, SAMLProvider

from sandbox.emulator.iam.models import IAMBackend, iam_backend
from sandbox.emulator.iam.quotas import IDENTITY_CENTER

LONGEST_SESSION = "43200"
INLINE = "AwsSSOInlinePolicy"
PROVIDER = "AWSSSO_{}_DO_NOT_DELETE"
"""The name of the SAML provider that the roles trust."""


class ProvisioningError(Exception):
    """The role cannot be made or changed; the message is AWS's reason."""


@dataclass(frozen=True)
class RoleContent:
    """What a permission set gives its roles. Customer managed policies are paths and names, in each account anew."""

    description: str | None
    inline_policy: str
    managed_policies: Sequence[str]
    customer_policies: Sequence[tuple[str, str]]
    boundary: Mapping[str, Any] | None


def provision(account_id: str, region: str, name: str, content: RoleContent) -> None:
    """Make the role, or bring it up to date. Raises `ProvisioningError` before anything is changed."""
    iam = iam_backend(account_id)
    arns = [*content.managed_policies, *(_own(account_id, path, own) for path, own in content.customer_policies)]
    for arn in arns:
        if iam.find_policy(arn) is None:
            raise ProvisioningError(f"Received a 404 status error: Policy {arn} does not exist or is not attachable.")
    boundary = _boundary(account_id, content.boundary)
    if boundary and iam.find_policy(boundary) is None:
        raise ProvisioningError(
            f"Received a 404 status error: Scope ARN: {boundary} does not exist or is not attachable."
        )
    role = _role(iam, name) or _make(iam, region, name)
    role.description = content.description or ""
    role.permissions_boundary_arn = boundary
    role.policies = {INLINE: content.inline_policy} if content.inline_policy else {}
    _detach(iam, role, keep=arns)
    for arn in arns:
        policy = iam.get_policy(arn)
        if arn not in role.managed_policies:
            policy.attach_to(role)


def remove(account_id: str, name: str) -> None:
    """Take the role away, if it is there."""
    iam = iam_backend(account_id)
    role = _role(iam, name)
    if role is not None:
        role.policies = {}
        _detach(iam, role, keep=())
        iam.remove_role(role)


def find(account_id: str, name: str) -> Role | None:
    """The role."""
    return _role(iam_backend(account_id), name)


def provider_arn(account_id: str) -> str:
    """The ARN of the identity provider in the account that Identity Center's roles trust."""
    name = next((name for name in iam_backend(account_id).saml_providers if name.startswith("AWSSSO_")), "")
    return f"arn:aws:iam::{account_id}:saml-provider/{name}"


def _make(iam: IAMBackend, region: str, name: str) -> Role:
    arns = [provider.arn for provider in iam.list_saml_providers() if provider.name.startswith("AWSSSO_")]
    provider = arns[0] if arns else _provider(iam, region).arn
    # https://docs.aws.amazon.com/singlesignon/latest/userguide/saasconsiderations.html
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
        ],
    }
    # us-east-1 is not in the path.
    path = IDENTITY_CENTER if region == "us-east-1" else f"{IDENTITY_CENTER}{region}/"
    # Past the checks of what customers may do.
    return MotoIAMBackend.create_role(iam, name, json.dumps(trust), path, None, "", [], LONGEST_SESSION)


def _provider(iam: IAMBackend, region: str) -> SAMLProvider:
    name = PROVIDER.format(f"{int(iam.account_id):016x}")
    made = SAMLProvider(iam.account_id, region, name, "")
    iam.saml_providers[name] = made
    return made


def _detach(iam: IAMBackend, role: Role, keep: Sequence[str]) -> None:
    for arn in set(role.managed_policies) - set(keep):
        iam.get_policy(arn).detach_from(role)


def _role(iam: IAMBackend, name: str) -> Role | None:
    return next((role for role in iam.roles.values() if role.name == name), None)


def _own(account_id: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account_id}:policy{path}{name}"


def _boundary(account_id: str, boundary: Mapping[str, Any] | None) -> str | None:
    if not boundary:
        return None
    if "ManagedPolicyArn" in boundary:
        return str(boundary["ManagedPolicyArn"])
    reference = boundary["CustomerManagedPolicyReference"]
    return _own(account_id, reference.get("Path", "/"), reference["Name"])
