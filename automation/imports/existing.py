"""Checks that what is to be imported is in AWS, and is what the configuration says; finds what belongs to it.

A wrong id would bring somebody else's account or OU under management, and the next deployment would change it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

from automation import aws
from automation.backend.pending import MASK, Creation
from automation.imports import identities
from automation.imports.access_role import check_access_role
from automation.imports.engine_file import Key
from automation.imports.identities import ACCOUNT, ORGANIZATION, POLICY, UNIT
from shared.errors import UsageError
from shared.layers import StackId

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

FORMS = {
    ACCOUNT: (r"\d{12}", "the twelve digits of an account"),
    ORGANIZATION: (r"o-[a-z0-9]{10,32}", "the id of an organization, o-…"),
    POLICY: (r"p-[A-Za-z0-9_]{8,128}", "the id of a policy, p-…"),
    UNIT: (r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}", "the id of an OU, ou-…"),
}
"""How AWS's ids look, by type: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""


@dataclass(frozen=True)
class Planned:
    """The resources of `stack`: those that its program would create, and those in its state."""

    stack: StackId
    creations: Mapping[Key, Creation]
    state: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def keys(self) -> list[Key]:
        """All of them."""
        return [*self.creations, *self.state]


def find(planned: Planned, name: str, identity: str) -> Key:
    """The resource that the user calls `name`; for an account's stack, '' is the account itself.

    Raises `UsageError` if there is none, or if `identity` is not an id of its type.
    """
    found = [key for key in planned.keys if (key.name == name if name else key.type == ACCOUNT)]
    # What AWS would make a second time without complaint need not be imported.
    telling = [key for key in found if key.type in identities.TYPES]
    fitting = [key for key in telling if key.type in FORMS and re.fullmatch(FORMS[key.type][0], identity)]
    for key in fitting or telling or found:
        form, allowed = FORMS.get(key.type, (".+", "an id"))
        if not re.fullmatch(form, identity):
            raise UsageError(f"ID is {identity!r}; allowed for {key.type} {key.name}: {allowed}")
        return key
    names = sorted({key.name for key in planned.keys if key.type in identities.TYPES})
    stack = planned.stack
    what = f"is called {name!r}" if name else "has no name"
    raise UsageError(
        f"nothing in {stack.label} {what}; allowed: {', '.join(f'{stack.label}:{each}' for each in names) or 'nothing'}"
    )


def with_companions(planned: Planned, key: Key, identity: str) -> dict[Key, str]:
    """The ids of the resource and of what is imported with it, such as the OUs above an OU.

    Raises `UsageError`, with every difference between AWS and the configuration, and `automation.aws.AwsFailed`.
    """
    check = _CHECKS.get(key.type)
    if check:
        return check(planned, key, identity, aws.client(planned.stack.environment, "organizations"))
    creation = planned.creations.get(key)
    expected = identities.from_inputs(creation) if creation else None
    region = creation.text("region") if creation else None
    if expected and identity not in (expected, f"{expected}@{region}"):
        raise UsageError(f"ID is {identity!r}; allowed for {key.type} {key.name}, as the program names it: {expected}")
    # https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
    return {key: f"{identity}@{region}" if region and "@" not in identity else identity}


def attached(planned: Planned, identity: str) -> dict[Key, str]:
    """The ids of the attachments of a policy that the program would make, and that AWS has.

    Which of the planned attachments are the policy's is known once it is imported itself.
    """
    with aws.errors(planned.stack.environment, f"looking for what policy {identity} is attached to"):
        organizations: OrganizationsClient = aws.client(planned.stack.environment, "organizations")
        pages = organizations.get_paginator("list_targets_for_policy").paginate(PolicyId=identity)
        targets = {target["TargetId"] for page in pages for target in page["Targets"]}
    return {
        key: f"{creation.text('targetId')}:{identity}"
        for key, creation in planned.creations.items()
        if creation.text("policyId") == identity and creation.text("targetId") in targets
    }


def _organization(planned: Planned, key: Key, identity: str, organizations: OrganizationsClient) -> dict[Key, str]:
    with aws.errors(planned.stack.environment, "looking for the organization"):
        found = organizations.describe_organization()["Organization"]["Id"]
        root = organizations.list_roots()["Roots"][0]["Id"]
    if found != identity:
        raise UsageError(f"ID is {identity!r}; allowed: the organization of these credentials, {found}")
    return {key: identity, **_below(planned, root, "", organizations)}


def _unit(planned: Planned, key: Key, identity: str, organizations: OrganizationsClient) -> dict[Key, str]:
    chain = _chain(planned.stack, identity, organizations)
    names = key.name.split("/")
    # A unit's key in the program is made of those above it; what AWS calls each is an input of it.
    keys = [Key(UNIT, "/".join(names[: depth + 1])) for depth in range(len(names))]
    declared = "/".join(text_of(planned, each, "name") or each.name.rpartition("/")[2] for each in keys)
    there = "/".join(name for _, name in chain)
    if declared != there:
        raise UsageError(
            f"{planned.stack.config_label}: org:organizationalUnits has {declared!r}, and {identity} is {there!r} in "
            "AWS; allowed: the same path in both, or the id of another OU"
        )
    found = {each: id_ for each, (id_, _) in zip(keys, chain, strict=True)}
    for organization in planned.creations:
        if organization.type == ORGANIZATION:
            with aws.errors(planned.stack.environment, "looking for the organization"):
                found[organization] = organizations.describe_organization()["Organization"]["Id"]
    return {**found, **_below(planned, identity, key.name, organizations)}


def _chain(stack: StackId, identity: str, organizations: OrganizationsClient) -> list[tuple[str, str]]:
    """The id and the name of the OUs above the OU `identity`, the uppermost first, and its own."""
    chain: list[tuple[str, str]] = []
    with _missing(stack, f"the organization has no OU {identity}", "looking for the OU"):
        child = identity
        while child.startswith("ou-"):
            name = organizations.describe_organizational_unit(OrganizationalUnitId=child)["OrganizationalUnit"]["Name"]
            chain.insert(0, (child, name))
            child = organizations.list_parents(ChildId=child)["Parents"][0]["Id"]
    return chain


def _below(planned: Planned, parent: str, path: str, organizations: OrganizationsClient) -> dict[Key, str]:
    """The ids of the OUs below `parent` that AWS has and the program would create."""
    wanted = {
        text_of(planned, key, "name") or key.name.rpartition("/")[2]: key
        for key in planned.creations
        if key.type == UNIT and key.name.rpartition("/")[0] == path
    }
    if not wanted:
        return {}
    with aws.errors(planned.stack.environment, "looking for OUs"):
        pages = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
        there = {unit["Name"]: unit["Id"] for page in pages for unit in page["OrganizationalUnits"]}
    found: dict[Key, str] = {}
    for name, key in wanted.items():
        if name in there:
            found |= {key: there[name], **_below(planned, there[name], key.name, organizations)}
    return found


def _account(planned: Planned, key: Key, identity: str, organizations: OrganizationsClient) -> dict[Key, str]:
    stack = planned.stack
    if key in planned.state:
        return {key: identity}
    with _missing(stack, f"the organization has no account {identity}", "looking for the account"):
        account = organizations.describe_account(AccountId=identity)["Account"]
        parent = organizations.list_parents(ChildId=identity)["Parents"][0]["Id"]
    if aws.state_of(account) != "ACTIVE":
        raise UsageError(f"account {identity} is {aws.state_of(account)} in AWS; allowed: an account that is ACTIVE")
    unit = text_of(planned, key, "parentId")
    if unit is None:
        raise UsageError(
            f"which OU {stack.label} belongs in is known once the organization layer is deployed: "
            f"invoke up org --env {stack.environment}"
        )
    pairs = [("accounts:name", text_of(planned, key, "name"), account["Name"], False)]
    pairs += [("accounts:email", text_of(planned, key, "email"), account["Email"], True)]
    if unit != parent:
        here, there = (_path(stack, each, organizations) for each in (unit, parent))
        pairs += [("accounts:organizationalUnit", here, there, False)]
    _refuse(stack, f"account {identity}", pairs)
    check_access_role(stack, identity, text_of(planned, key, "roleName"))
    return {key: identity}


def _path(stack: StackId, parent: str, organizations: OrganizationsClient) -> str:
    return "/".join(name for _, name in _chain(stack, parent, organizations)) or "the root"


def _policy(planned: Planned, key: Key, identity: str, organizations: OrganizationsClient) -> dict[Key, str]:
    if key in planned.state:
        return {key: identity}
    stack = planned.stack
    with _missing(stack, f"the organization has no policy {identity}", "looking for the policy"):
        found = organizations.describe_policy(PolicyId=identity)["Policy"]["PolicySummary"]
    kind = text_of(planned, key, "type") or "SERVICE_CONTROL_POLICY"
    differing = [
        f"{what} {declared} in the program, and {there} in AWS"
        for what, declared, there in (
            ("it is called", text_of(planned, key, "name") or key.name, found["Name"]),
            ("its type is", kind, found["Type"]),
        )
        if declared != there
    ]
    if differing:
        raise UsageError(
            f"{identity} is not {key.type} {key.name} of {stack.label}: {'; '.join(differing)}; "
            "allowed: the id of the policy with that name and type"
        )
    return {key: identity}


_CHECKS: dict[str, Callable[[Planned, Key, str, Any], dict[Key, str]]] = {
    ACCOUNT: _account,
    ORGANIZATION: _organization,
    POLICY: _policy,
    UNIT: _unit,
}


def text_of(planned: Planned, key: Key, name: str) -> str | None:
    """A property of a resource; None if it is secret, or not known before a deployment."""
    creation = planned.creations.get(key)
    value = creation.text(name) if creation else (planned.state.get(key, {}).get("outputs") or {}).get(name)
    return value if isinstance(value, str) and MASK not in value and UNKNOWN not in value else None


def _refuse(stack: StackId, what: str, pairs: Iterable[tuple[str, str | None, str, bool]]) -> None:
    """Raise `UsageError` with the keys whose declared value is not the one in AWS; the last of a pair says whether
    the case of letters is of no matter."""
    problems = [
        f"{stack.config_label}: {key} is {declared!r}, and {what} has {there!r} in AWS; allowed: {there!r}, or the "
        "id of another account"
        for key, declared, there, any_case in pairs
        if declared is not None and (declared.casefold() != there.casefold() if any_case else declared != there)
    ]
    if problems:
        raise UsageError("\n".join(problems))


_UNKNOWN_IN_AWS = {
    "AccountNotFoundException",
    "ChildNotFoundException",
    "OrganizationalUnitNotFoundException",
    "PolicyNotFoundException",
}


@contextmanager
def _missing(stack: StackId, message: str, doing: str) -> Iterator[None]:
    """Raise `UsageError` with `message` if AWS does not know the id, and `automation.aws.AwsFailed` otherwise."""
    try:
        with aws.errors(stack.environment, doing):
            yield
    except aws.AwsFailed as error:
        if error.code not in _UNKNOWN_IN_AWS:
            raise
        raise UsageError(f"{message}; whose organization this is: invoke doctor --env {stack.environment}") from None
