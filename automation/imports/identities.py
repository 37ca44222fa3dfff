"""The AWS ids of resources that an earlier run began to create, so that the next run can import them.

Ids are looked up only in a disposable environment; elsewhere the user gets a command and decides. An id that does not
exist does no harm: the refresh that follows drops it, and the resource is created.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from automation import aws
from automation.backend.pending import Creation

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

ACCOUNT = "aws:organizations/account:Account"
OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ORGANIZATION = "aws:organizations/organization:Organization"
POLICY = "aws:organizations/policy:Policy"
UNIT = "aws:organizations/organizationalUnit:OrganizationalUnit"

Lookup = Callable[[Creation], str | None]


def identities(creations: Iterable[Creation]) -> dict[str, str]:
    """URN → id of each creation. Resources that AWS does not have, and types without a lookup here, are left out.

    The ids have the format of `pulumi import` (https://www.pulumi.com/registry/packages/aws/).
    """
    found = {}
    for creation in creations:
        lookup = _LOOKUPS.get(creation.resource.type)
        identity = lookup(creation) if lookup else None
        if identity:
            found[creation.resource.urn] = identity
    return found


def in_refusal(creation: Creation, message: str) -> str | None:
    """The id in AWS's refusal to create the resource. Only the embedded provider's error for an account has one: the
    account's e-mail address may be a secret, so it cannot be looked up."""
    found = re.search(r"account (\d{12}) \(.*has this e-mail address already", message)
    return found[1] if found and creation.resource.type == ACCOUNT else None


def from_inputs(creation: Creation) -> str | None:
    """The id if it follows from the inputs, without a call to AWS; else None."""
    if creation.resource.type in _GIVEN or (creation.resource.type in _ARNS and not _only_account(creation)):
        return None
    lookup = _LOOKUPS.get(creation.resource.type)
    return lookup(creation) if lookup else None


def finds(creation: Creation) -> bool:
    """Whether ids of this type can be looked up here."""
    return creation.resource.type in _LOOKUPS


def _policy_arn(creation: Creation) -> str | None:
    name, path = creation.text("name"), creation.text("path") or "/"
    return f"arn:aws:iam::{_account(creation)}:policy{path}{name}" if name else None


def _oidc_arn(creation: Creation) -> str | None:
    url = creation.text("url")
    return f"arn:aws:iam::{_account(creation)}:oidc-provider/{url.removeprefix('https://')}" if url else None


def _organization(_creation: Creation) -> str | None:
    organizations = _organizations()
    try:
        return str(organizations.describe_organization()["Organization"]["Id"])
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        return None


def _unit(creation: Creation) -> str | None:
    parent, name = creation.text("parentId"), creation.text("name")
    if not parent:
        return None
    pages = _organizations().get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
    return next((unit["Id"] for page in pages for unit in page["OrganizationalUnits"] if unit["Name"] == name), None)


def _member_account(creation: Creation) -> str | None:
    email = creation.text("email")
    pages = _organizations().get_paginator("list_accounts").paginate()
    # AWS lists a closed account for 90 days, but it cannot be imported.
    accounts = (account for page in pages for account in page["Accounts"] if aws.state_of(account) == "ACTIVE")
    return next((one["Id"] for one in accounts if email and one["Email"].lower() == email.lower()), None)


def _organization_policy(creation: Creation) -> str | None:
    name: Any = creation.text("name")
    kind: Any = creation.text("type") or "SERVICE_CONTROL_POLICY"
    pages = _organizations().get_paginator("list_policies").paginate(Filter=kind)
    return next((policy["Id"] for page in pages for policy in page["Policies"] if policy["Name"] == name), None)


def _attachment(creation: Creation) -> str | None:
    target, policy = creation.text("targetId"), creation.text("policyId")
    return f"{target}:{policy}" if target and policy else None


_GIVEN = (ACCOUNT, ORGANIZATION, POLICY, UNIT)
"""The types whose ids AWS generates."""

_ARNS = ("aws:iam/policy:Policy", OIDC)

_name = methodcaller("text", "name")

_LOOKUPS: dict[str, Lookup] = {
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault": _name,
    "aws:backup/vault:Vault": _name,
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": methodcaller("text", "backupVaultName"),
    "aws:iam/accountAlias:AccountAlias": methodcaller("text", "accountAlias"),
    "aws:iam/group:Group": _name,
    OIDC: _oidc_arn,
    "aws:iam/policy:Policy": _policy_arn,
    "aws:iam/role:Role": _name,
    "aws:iam/user:User": _name,
    ACCOUNT: _member_account,
    ORGANIZATION: _organization,
    UNIT: _unit,
    POLICY: _organization_policy,
    "aws:organizations/policyAttachment:PolicyAttachment": _attachment,
}
"""The types in this project that AWS refuses to create a second time. All others can safely be created again."""

TYPES = frozenset(_LOOKUPS)
"""The types that are worth importing."""


def _account(creation: Creation) -> str:
    """The account of the resource: the only account that its provider allows, or the account of the credentials."""
    return _only_account(creation) or _client("sts").get_caller_identity()["Account"]


def _only_account(creation: Creation) -> str | None:
    allowed = creation.provider.get("allowedAccountIds")
    if isinstance(allowed, str):  # the engine keeps a provider's lists as JSON text
        allowed = json.loads(allowed)
    return str(allowed[0]) if allowed else None


def _organizations() -> OrganizationsClient:
    return _client("organizations")  # type: ignore[no-any-return]


def _client(service: str) -> Any:
    # Imported here because most runs import nothing, and boto3 takes a quarter of a second.
    import boto3

    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
