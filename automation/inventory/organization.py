"""What is in the organization now, as AWS says. Two calls for each OU, one for each policy, and one for each further
page of 20: a large organization takes some hundred calls, not one for each account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automation import aws

CLOSED = frozenset({"SUSPENDED", "PENDING_CLOSURE", "CLOSED"})
"""The states of an account in which nothing can be deployed into it.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html"""


@dataclass(frozen=True)
class Unit:
    """The root or an OU. The path of the root is empty; `above` are the paths and ids of the OUs that it is in."""

    id: str
    path: str
    above: tuple[str, ...] = ()

    @property
    def within(self) -> tuple[str, ...]:
        """The paths and ids of this OU and of all those above it, but for the root's."""
        return (*self.above, self.path, self.id) if self.path else ()

    def key(self, declared: Mapping[str, str]) -> str:
        """What the configuration calls it: the path, with the keys of the `declared` OUs by id. An OU whose name was
        changed keeps its key."""
        for path, identity in zip(self.within[-2::-2], self.within[::-2], strict=True):
            if identity in declared:
                return declared[identity] + self.path[len(path) :]
        return self.path


@dataclass(frozen=True)
class Member:
    """An account of the organization. `state` is AWS's, such as ACTIVE."""

    id: str
    name: str
    email: str
    unit: Unit
    state: str = "ACTIVE"

    @property
    def closed(self) -> bool:
        """Whether nothing can be deployed into it any more."""
        return self.state in CLOSED


@dataclass(frozen=True)
class Policy:
    """An organization policy, but for those that AWS manages. `targets` are the ids of what it is attached to."""

    id: str
    name: str
    type: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organization:
    """The organization. `delegates` are pairs of an account's id and a service. The management account is no member."""

    id: str
    root: Unit
    units: tuple[Unit, ...] = ()
    members: tuple[Member, ...] = ()
    policies: tuple[Policy, ...] = ()
    services: tuple[str, ...] = ()
    delegates: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Id of the root, an OU or an account → what users call it."""
        units = {unit.id: unit.path for unit in self.units}
        return {self.root.id: "the root"} | units | {member.id: member.name for member in self.members}


def read_organization(environment: str, root: Path) -> Organization | None:
    """The organization of the credentials; None if they are in none. Raises `automation.aws.AwsFailed`."""
    tree = read_tree(environment, root)
    if tree is None:
        return None
    client = aws.client(environment, "organizations", root)
    with aws.errors(environment, "reading the policies and services of the organization"):
        top = next(pages(client, "list_roots", "Roots"))
        enabled = [each["Type"] for each in top.get("PolicyTypes", []) if each["Status"] == "ENABLED"]
        services = pages(client, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
        return replace(
            tree,
            policies=tuple(_policies(client, enabled)),
            services=tuple(sorted(each["ServicePrincipal"] for each in services)),
            delegates=tuple(_delegates(client)),
        )


def read_tree(environment: str, root: Path) -> Organization | None:
    """The OUs and accounts alone; None if the credentials are in no organization. Raises `automation.aws.AwsFailed`."""
    client = aws.client(environment, "organizations", root)
    with aws.errors(environment, "reading the OUs and accounts of the organization"):
        try:
            described = client.describe_organization()["Organization"]
        except client.exceptions.AWSOrganizationsNotInUseException:
            return None
        top = next(pages(client, "list_roots", "Roots"))
        units, members = _tree(client, Unit(top["Id"], ""), described["MasterAccountId"])
        return Organization(described["Id"], units[0], tuple(units[1:]), tuple(members))


def _tree(client: Any, root: Unit, management: str) -> tuple[list[Unit], list[Member]]:
    units, members = [root], []
    for unit in units:  # it grows while it is read, parents first
        for each in pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit.id):
            path = f"{unit.path}/{each['Name']}" if unit.path else each["Name"]
            units.append(Unit(each["Id"], path, unit.within))
        for each in pages(client, "list_accounts_for_parent", "Accounts", ParentId=unit.id):
            if each["Id"] != management:
                members.append(
                    Member(each["Id"], each.get("Name", ""), each.get("Email", ""), unit, aws.state_of(each))
                )
    return units, members


def _policies(client: Any, types: list[str]) -> Iterator[Policy]:
    for kind in sorted(types):
        for each in pages(client, "list_policies", "Policies", Filter=kind):
            if not each.get("AwsManaged"):
                targets = pages(client, "list_targets_for_policy", "Targets", PolicyId=each["Id"])
                yield Policy(each["Id"], each["Name"], kind, tuple(sorted(target["TargetId"] for target in targets)))


def _delegates(client: Any) -> Iterator[tuple[str, str]]:
    for account in pages(client, "list_delegated_administrators", "DelegatedAdministrators"):
        services = pages(client, "list_delegated_services_for_account", "DelegatedServices", AccountId=account["Id"])
        yield from ((account["Id"], each["ServicePrincipal"]) for each in services)


def pages(client: Any, operation: str, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """What is under `key` in every page of an operation of a boto3 client."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
