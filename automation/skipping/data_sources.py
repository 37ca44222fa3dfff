"""The data sources of AWS whose results can be asked for again, without an engine, before a stack is skipped.

Their results are inputs: with `org:mode: lookup` the program checks what the organization has. For each there are two
ways to the same facts: from the result that the program got, and from AWS. A program that uses any other data source
is run each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from automation import aws
from automation.backend.states import digest
from automation.programs import Invoke
from engine.environment import Environment
from shared.layers import StackId

Client = Callable[[str], Any]
"""Makes a boto3 client for a service."""

Arguments = Mapping[str, str]


@dataclass(frozen=True, order=True)
class Asked:
    """A data source that a program has asked with these arguments, and the digest of the facts that it got."""

    token: str
    facts: str
    arguments: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Asked:
        """From what is kept. Raises `KeyError`, `TypeError` or `ValueError` if that is something else."""
        arguments = tuple((str(name), str(value)) for name, value in kept["arguments"])
        return cls(kept["token"], kept["facts"], arguments)

    @property
    def name(self) -> str:
        """As an input of the stack."""
        given = ", ".join(value for _, value in self.arguments)
        return f"data source {self.token}" + (f" of {given}" if given else "")


def is_determined(invoke: Invoke, environment: Environment) -> bool:
    """Whether the result follows from the call, the configuration and the environment, so that it need not be asked
    for again."""
    # The sandbox's credentials are its own, and no stack can have others.
    return invoke.token in _DETERMINED or (invoke.token == _CALLER and environment.disposable and not invoke.provider)


def asked(invoke: Invoke) -> Asked | None:
    """What to compare of the call of a data source; None if it cannot be asked for again."""
    source = _SOURCES.get(invoke.token)
    arguments = {name: value for name, value in invoke.arguments.items() if value}
    if source is None or invoke.result is None or invoke.provider or not arguments.keys() <= source.arguments:
        return None
    if not all(isinstance(value, str) for value in arguments.values()):
        return None
    try:
        facts = source.then(invoke.result)
    except (KeyError, TypeError, AttributeError):  # not the result that is known
        return None
    return None if facts is None else Asked(invoke.token, digest(facts), tuple(sorted(arguments.items())))


def ask(asked: Asked, environment: Environment, stack: StackId, root: Path) -> str:
    """The digest of the facts that AWS gives now, with the credentials of the stack's provider.

    Raises `shared.errors.UserError` if AWS cannot be asked.
    """
    arguments = dict(asked.arguments)

    def client(service: str) -> Any:
        return aws.client(environment.name, service, root, arguments.get("region"), stack=stack)

    with aws.errors(environment.name, f"asking for {asked.token}"):
        return digest(_SOURCES[asked.token].now(client, arguments))


_MADE_UP = re.compile(r"(aws-go-sdk|botocore-session)-\d+$")
"""The names of sessions of a role that an SDK makes up, which differ each time. The role is what counts then.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


def _caller(result: Mapping[str, Any]) -> Any:
    return [_MADE_UP.sub("", result[key]) for key in ("accountId", "arn", "userId")]


def _caller_now(client: Client, _arguments: Arguments) -> Any:
    found = client("sts").get_caller_identity()
    return [_MADE_UP.sub("", found[key]) for key in ("Account", "Arn", "UserId")]


_ACCOUNT = ("id", "arn", "name", "email", "status", "state", "joinedMethod")

_ORGANIZATION = {
    *("accounts", "arn", "awsServiceAccessPrincipals", "enabledPolicyTypes", "featureSet", "id", "masterAccountArn"),
    *("masterAccountEmail", "masterAccountId", "masterAccountName", "nonMasterAccounts", "roots"),
    "returnOrganizationOnly",
}
"""What is known of the result. Of a provider that tells more, not all of it would be compared."""


def _organization(result: Mapping[str, Any]) -> Any:
    if not set(result) <= _ORGANIZATION:
        return None
    return [
        *(result[key] for key in ("id", "arn", "featureSet", "masterAccountId", "masterAccountEmail")),
        sorted(result["awsServiceAccessPrincipals"]),
        sorted([each["id"], each["name"], _types(each["policyTypes"], "type", "status")] for each in result["roots"]),
        sorted([each.get(key) or "" for key in _ACCOUNT] for each in result["accounts"]),
    ]


def _organization_now(client: Client, _arguments: Arguments) -> Any:
    organizations = client("organizations")

    def every(operation: str, key: str) -> list[Any]:
        return [each for page in organizations.get_paginator(operation).paginate() for each in page[key]]

    found = organizations.describe_organization()["Organization"]
    services = every("list_aws_service_access_for_organization", "EnabledServicePrincipals")
    return [
        *(found[key] for key in ("Id", "Arn", "FeatureSet", "MasterAccountId", "MasterAccountEmail")),
        sorted(each["ServicePrincipal"] for each in services),
        sorted(
            [each["Id"], each["Name"], _types(each["PolicyTypes"], "Type", "Status")]
            for each in every("list_roots", "Roots")
        ),
        sorted(
            [str(each.get(key[0].upper() + key[1:]) or "") for key in _ACCOUNT]
            for each in every("list_accounts", "Accounts")
        ),
    ]


def _instances(result: Mapping[str, Any]) -> Any:
    return [sorted(result["arns"]), sorted(result["identityStoreIds"])]


def _instances_now(client: Client, _arguments: Arguments) -> Any:
    pages = client("sso-admin").get_paginator("list_instances").paginate()
    found = [each for page in pages for each in page["Instances"]]
    return [sorted(each[key] for each in found) for key in ("InstanceArn", "IdentityStoreId")]


_GROUPS = {"groups", "id", "identityStoreId", "region"}
_GROUP = {"description", "displayName", "externalIds", "groupId", "identityStoreId"}
"""What is known of the result, and of each group in it."""


def _groups(result: Mapping[str, Any]) -> Any:
    if not set(result) <= _GROUPS or not all(set(group) <= _GROUP for group in result["groups"]):
        return None
    return sorted(
        [
            *(group[key] for key in ("groupId", "displayName", "identityStoreId")),
            group.get("description") or "",
            sorted([each["issuer"], each["id"]] for each in group.get("externalIds") or []),
        ]
        for group in result["groups"]
    )


def _groups_now(client: Client, arguments: Arguments) -> Any:
    store = arguments["identityStoreId"]
    pages = client("identitystore").get_paginator("list_groups").paginate(IdentityStoreId=store)
    return sorted(
        [
            *(group[key] for key in ("GroupId", "DisplayName", "IdentityStoreId")),
            group.get("Description") or "",
            sorted([each["Issuer"], each["Id"]] for each in group.get("ExternalIds") or []),
        ]
        for page in pages
        for group in page["Groups"]
    )


def _types(policy_types: Any, kind: str, status: str) -> list[Any]:
    return sorted([each[kind], each[status]] for each in policy_types)


_DETERMINED = {
    "aws:index/getPartition:getPartition",
    "aws:index/getRegion:getRegion",
    "aws:iam/getPolicyDocument:getPolicyDocument",
}

_CALLER = "aws:index/getCallerIdentity:getCallerIdentity"


class _Source(NamedTuple):
    """The facts, of the result `then` and of AWS `now`, and the arguments that may be given."""

    then: Callable[[Mapping[str, Any]], Any]
    now: Callable[[Client, Arguments], Any]
    arguments: frozenset[str] = frozenset()


_SOURCES = {
    _CALLER: _Source(_caller, _caller_now),
    "aws:organizations/getOrganization:getOrganization": _Source(_organization, _organization_now),
    "aws:ssoadmin/getInstances:getInstances": _Source(_instances, _instances_now, frozenset({"region"})),
    "aws:identitystore/getGroups:getGroups": _Source(_groups, _groups_now, frozenset({"identityStoreId", "region"})),
}
