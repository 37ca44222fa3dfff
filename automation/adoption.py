"""The AWS id of a resource that an earlier run began to create, so that the next run takes it over.

In the sandbox only: elsewhere a person decides, and is told how. An id that turns out to name nothing
does no harm, because the refresh that follows drops it and the resource is created.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from automation.recovery import Creation
from shared.layers import StackId

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


def told(creation: Creation, message: str) -> str | None:
    """The id that the refusal to create it names; the embedded provider's does for an account, whose address may be
    a secret that is not known here."""
    found = re.search(r"account (\d{12}) \(.*has this e-mail address already", message)
    return found[1] if found and creation.resource.type == _ACCOUNT else None


def known(creation: Creation) -> str | None:
    """The id, if it follows from what was asked for; AWS is not asked."""
    if creation.resource.type in _ASKED or (creation.resource.type in _ARNS and not _only_account(creation)):
        return None
    lookup = _LOOKUPS.get(creation.resource.type)
    return lookup(creation) if lookup else None


def finds(creation: Creation) -> bool:
    """Whether resources of this type are looked for here."""
    return creation.resource.type in _LOOKUPS


def import_command(stack: StackId, creation: Creation, identity: str | None) -> str:
    """What takes the resource over into the state of `stack`, as the program has it: with parent and provider.
    https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/"""
    resource, parent, provider = creation.resource, creation.parent, creation.made_by
    region = _text(creation, "region")
    if identity and region:  # https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
        identity = f"{identity}@{region}"
    words = ["pulumi", "import", resource.type, resource.name, identity or _UNKNOWN]
    # The program has it already.
    words += ["-s", stack.name, "--cwd", f"stacks/{stack.layer}", "--generate-code=false"]
    if parent and parent.type != "pulumi:pulumi:Stack":
        words += ["--parent", f"{parent.name}={parent.urn}"]
    if provider:
        words += ["--provider", f"{provider.name}={provider.urn}"]
    # The place for the id is to be seen, not to be run.
    return " ".join(word if word == _UNKNOWN else shlex.quote(word) for word in words)


def finding_command(creation: Creation) -> str | None:
    """What prints the id; None where that is not known, or an input that it takes is a secret."""
    command = _ASKED.get(creation.resource.type)
    values = {"type": "SERVICE_CONTROL_POLICY", **creation.inputs}
    names = re.findall(r"{(\w+)}", command or "")
    if command is None or not all(isinstance(values.get(name), str) for name in names):
        return None
    return command.format(**values)


def _name(creation: Creation) -> str | None:
    return _text(creation, "name")


def _alias(creation: Creation) -> str | None:
    return _text(creation, "accountAlias")


def _policy_arn(creation: Creation) -> str | None:
    name, path = _text(creation, "name"), _text(creation, "path") or "/"
    return f"arn:aws:iam::{_account(creation)}:policy{path}{name}" if name else None


def _oidc_arn(creation: Creation) -> str | None:
    url = _text(creation, "url")
    return f"arn:aws:iam::{_account(creation)}:oidc-provider/{url.removeprefix('https://')}" if url else None


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
    # A closed one is listed for 90 days, and nothing that could be taken over.
    accounts = (account for page in pages for account in page["Accounts"] if account["Status"] == "ACTIVE")
    return next((one["Id"] for one in accounts if email and one["Email"].lower() == email.lower()), None)


def _organization_policy(creation: Creation) -> str | None:
    name: Any = _text(creation, "name")
    kind: Any = _text(creation, "type") or "SERVICE_CONTROL_POLICY"
    pages = _organizations().get_paginator("list_policies").paginate(Filter=kind)
    return next((policy["Id"] for page in pages for policy in page["Policies"] if policy["Name"] == name), None)


def _attachment(creation: Creation) -> str | None:
    target, policy = _text(creation, "targetId"), _text(creation, "policyId")
    return f"{target}:{policy}" if target and policy else None


_ACCOUNT = "aws:organizations/account:Account"
_ARNS = ("aws:iam/policy:Policy", "aws:iam/openIdConnectProvider:OpenIdConnectProvider")
_UNKNOWN = "<its id>"

_ASKED = {
    _ACCOUNT: """aws organizations list-accounts --query "Accounts[?Email=='{email}'].Id" --output text""",
    "aws:organizations/organization:Organization": (
        "aws organizations describe-organization --query Organization.Id --output text"
    ),
    "aws:organizations/organizationalUnit:OrganizationalUnit": (
        "aws organizations list-organizational-units-for-parent --parent-id {parentId} "
        """--query "OrganizationalUnits[?Name=='{name}'].Id" --output text"""
    ),
    "aws:organizations/policy:Policy": (
        """aws organizations list-policies --filter {type} --query "Policies[?Name=='{name}'].Id" --output text"""
    ),
}
"""The types whose ids AWS makes up, and how a person finds one."""

_LOOKUPS: dict[str, Lookup] = {
    "aws:backup/vault:Vault": _name,
    "aws:iam/accountAlias:AccountAlias": _alias,
    "aws:iam/group:Group": _name,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _oidc_arn,
    "aws:iam/policy:Policy": _policy_arn,
    "aws:iam/role:Role": _name,
    "aws:iam/user:User": _name,
    _ACCOUNT: _member_account,
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
    return _only_account(creation) or _client("sts").get_caller_identity()["Account"]


def _only_account(creation: Creation) -> str | None:
    allowed = creation.provider.get("allowedAccountIds")
    if isinstance(allowed, str):  # the engine keeps a provider's lists as JSON text
        allowed = json.loads(allowed)
    return str(allowed[0]) if allowed else None


def _organizations() -> OrganizationsClient:
    client: OrganizationsClient = _client("organizations")
    return client


def _client(service: str) -> Any:
    # Only here, in the sandbox: production is not given boto3.
    import boto3

    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
