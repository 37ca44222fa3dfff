"""The AWS id of a resource that a killed run was creating, so that the next run takes it over.

For the sandbox only: elsewhere a person decides. An id that turns out to name nothing does no
harm, because the refresh that follows drops it and the resource is created.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import boto3

from automation.recovery import Creation

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

Lookup = Callable[[Creation], str | None]


def identities(creations: Iterable[Creation]) -> dict[str, str]:
    """The id of each creation by URN; those are left out of which AWS has none, or whose type is not known here.

    The ids are those that `pulumi import` takes (https://www.pulumi.com/registry/packages/aws/).
    """
    found = {}
    for creation in creations:
        lookup = _LOOKUPS.get(creation.resource.type)
        identity = lookup(creation) if lookup else None
        if identity:
            found[creation.resource.urn] = identity
    return found


def _name(creation: Creation) -> str | None:
    return _text(creation, "name")


def _alias(creation: Creation) -> str | None:
    return _text(creation, "accountAlias")


def _policy_arn(creation: Creation) -> str | None:
    name, path = _text(creation, "name"), _text(creation, "path") or "/"
    return f"arn:aws:iam::{_account(creation)}:policy{path}{name}" if name else None


def _organization(_creation: Creation) -> str | None:
    organizations = _organizations()
    try:
        return str(organizations.describe_organization()["Organization"]["Id"])
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        return None


def _unit(creation: Creation) -> str | None:
    parent, name = _text(creation, "parentId"), _text(creation, "name")
    if not parent:
        return None
    pages = _organizations().get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
    return next((unit["Id"] for page in pages for unit in page["OrganizationalUnits"] if unit["Name"] == name), None)


def _member_account(creation: Creation) -> str | None:
    email = _text(creation, "email")
    pages = _organizations().get_paginator("list_accounts").paginate()
    accounts = (account for page in pages for account in page["Accounts"])
    return next((account["Id"] for account in accounts if email and account["Email"] == email), None)


def _organization_policy(creation: Creation) -> str | None:
    name: Any = _text(creation, "name")
    kind: Any = _text(creation, "type") or "SERVICE_CONTROL_POLICY"
    pages = _organizations().get_paginator("list_policies").paginate(Filter=kind)
    return next((policy["Id"] for page in pages for policy in page["Policies"] if policy["Name"] == name), None)


def _attachment(creation: Creation) -> str | None:
    target, policy = _text(creation, "targetId"), _text(creation, "policyId")
    return f"{target}:{policy}" if target and policy else None


_LOOKUPS: dict[str, Lookup] = {
    "aws:backup/vault:Vault": _name,
    "aws:iam/accountAlias:AccountAlias": _alias,
    "aws:iam/group:Group": _name,
    "aws:iam/policy:Policy": _policy_arn,
    "aws:iam/role:Role": _name,
    "aws:iam/user:User": _name,
    "aws:organizations/account:Account": _member_account,
    "aws:organizations/organization:Organization": _organization,
    "aws:organizations/organizationalUnit:OrganizationalUnit": _unit,
    "aws:organizations/policy:Policy": _organization_policy,
    "aws:organizations/policyAttachment:PolicyAttachment": _attachment,
}
"""The types of this project that AWS refuses to make a second time; all others are made again with no harm."""


def _text(creation: Creation, key: str) -> str | None:
    """An input; None when it is missing or encrypted."""
    value = creation.inputs.get(key)
    return value if isinstance(value, str) else None


def _account(creation: Creation) -> str:
    """The account that the resource is in: the only one that its provider may work in, or the caller's."""
    allowed = creation.provider.get("allowedAccountIds")
    if isinstance(allowed, str):  # the engine keeps a provider's lists as JSON text
        allowed = json.loads(allowed)
    return str(allowed[0]) if allowed else boto3.client("sts").get_caller_identity()["Account"]


def _organizations() -> OrganizationsClient:
    return boto3.client("organizations", region_name="us-east-1")
