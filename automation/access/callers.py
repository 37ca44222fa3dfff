"""The principals of a snapshot, each with all policies on its side and the condition keys that AWS gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from automation.access.documents import ADMINISTRATOR, MANAGEMENT
from automation.access.people import PERMISSION_SET, RESERVED
from automation.access.snapshot import (
    IDENTITY,
    RESOURCE_CONTROL,
    SERVICE_CONTROL,
    Account,
    Policy,
    Role,
    Snapshot,
    User,
)
from shared.errors import UsageError
from shared.policy_evaluation.condition_operators import Context
from shared.policy_evaluation.evaluation import Principal

OUTSIDE, OUTSIDE_ORGANIZATION = "999999999999", "o-otherorganization"
"""An account of another organization, and that organization."""

FULL_ACCESS = Policy.of("FullAWSAccess", SERVICE_CONTROL, ADMINISTRATOR, "AWS")
FULL_RESOURCE_ACCESS = Policy.of("RCPFullAWSAccess", RESOURCE_CONTROL, ADMINISTRATOR, "AWS")
"""What AWS attaches to the root, each OU and each account: without it nothing would be allowed. Only the first can be
detached: see `full_access`."""
ADMINISTRATOR_ACCESS = Policy.of("AdministratorAccess", IDENTITY, ADMINISTRATOR, "AWS")

ROOT_USER, AUTOMATION = "root", "automation"
ANY_ADMINISTRATOR = "any administrator"
"""Whoever has every permission in an account and no boundary: what only an organization's policies hold back."""
OUTSIDER = "an outsider"
"""The administrator of an account of another organization, let in by what is acted on."""
SERVICE = "an AWS service for an outsider"

Levels = tuple[tuple[Policy, ...], ...]


@dataclass(frozen=True)
class Caller:
    """A principal. `identity` are its policies, `service_control` those on the way to its account.

    `account` is its account's name. `session` says that its credentials are temporary.
    """

    name: str
    account: str
    principal: Principal
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    service_control: Levels = ()
    context: Context = field(default_factory=dict)
    session: bool = True


def service_control(snapshot: Snapshot, account: Account) -> Levels:
    """The service control policies on the way to an account; none bind the management account."""
    if account.management:
        return ()
    levels = zip(snapshot.path(account), snapshot.levels(account, SERVICE_CONTROL), strict=True)
    without = snapshot.without_full_access
    return tuple(level if target in without else (FULL_ACCESS, *level) for target, level in levels)


def resource_control(snapshot: Snapshot, account: Account) -> Levels:
    """The resource control policies on the way to an account; none bind the management account."""
    if account.management:
        return ()
    return tuple((FULL_RESOURCE_ACCESS, *level) for level in snapshot.levels(account, RESOURCE_CONTROL))


def callers(snapshot: Snapshot, account: Account) -> Iterator[Caller]:
    """Every principal that an account has from its documents, and those that every account has."""
    for role in account.roles:
        yield of_role(snapshot, account, role)
    for user in account.users:
        yield of_user(snapshot, account, user)
    if not account.management:
        if account.access_role:
            yield access_role(snapshot, account)
        yield root_user(snapshot, account)
        yield administrator(snapshot, account)


def of_role(snapshot: Snapshot, account: Account, role: Role) -> Caller:
    """A session of a role."""
    arn = f"arn:aws:sts::{account.id}:assumed-role/{role.arn.rpartition('/')[2]}/session"
    principal = Principal(arn, account.id, role.arn, bounded=role.boundary is not None)
    return _caller(snapshot, account, role.name, principal, role.policies, role.boundary, "AssumedRole")


def of_user(snapshot: Snapshot, account: Account, user: User) -> Caller:
    """An IAM user with an access key, or who is signed in to the console."""
    principal = Principal(user.arn, account.id, bounded=user.boundary is not None)
    return _caller(snapshot, account, user.name, principal, user.policies, user.boundary, "User")


def access_role(snapshot: Snapshot, account: Account) -> Caller:
    """A session of the role that AWS made with the account."""
    name = account.access_role or ""
    principal = Principal(
        f"arn:aws:sts::{account.id}:assumed-role/{name}/session", account.id, f"arn:aws:iam::{account.id}:role/{name}"
    )
    return _caller(snapshot, account, name, principal, (ADMINISTRATOR_ACCESS,), None, "AssumedRole")


def administrator(snapshot: Snapshot, account: Account) -> Caller:
    """See `ANY_ADMINISTRATOR`."""
    principal = Principal(
        f"arn:aws:sts::{account.id}:assumed-role/administrator/session",
        account.id,
        f"arn:aws:iam::{account.id}:role/administrator",
    )
    return _caller(snapshot, account, ANY_ADMINISTRATOR, principal, (ADMINISTRATOR_ACCESS,), None, "AssumedRole")


def root_user(snapshot: Snapshot, account: Account) -> Caller:
    """The root user of an account."""
    principal = Principal(f"arn:aws:iam::{account.id}:root", account.id)
    return _caller(snapshot, account, ROOT_USER, principal, (ADMINISTRATOR_ACCESS,), None, "Account")


def named_outside(snapshot: Snapshot) -> set[str]:
    """The accounts of others that resource control policies name."""
    own = {each.id for each in snapshot.accounts}
    found: set[str] = set()
    for policies in snapshot.attached.values():
        for policy in policies:
            if policy.kind == RESOURCE_CONTROL:
                found |= set(re.findall(r'"(\d{12})"', policy.text))
    return found - own


def outsiders(named: Sequence[str] = ()) -> list[Caller]:
    """Who has no part in the organization: resource control policies are about them. `named` are accounts that such
    policies name."""
    found = [*_outsiders(OUTSIDE, OUTSIDER, SERVICE)]
    for account in named:
        found += _outsiders(account, f"account {account}", f"an AWS service for account {account}")
    return found


def _outsiders(account: str, name: str, service_name: str) -> Iterator[Caller]:
    arn = f"arn:aws:iam::{account}:role/administrator"
    own: Context = {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": OUTSIDE_ORGANIZATION,
        "aws:PrincipalOrgPaths": [f"{OUTSIDE_ORGANIZATION}/r-else/"],
        "aws:PrincipalType": "AssumedRole",
    }
    service: Context = {
        "aws:PrincipalIsAWSService": "true",
        "aws:SourceAccount": account,
        "aws:SourceOrgID": OUTSIDE_ORGANIZATION,
        "aws:SourceOrgPaths": [f"{OUTSIDE_ORGANIZATION}/r-else/"],
    }
    session = f"arn:aws:sts::{account}:assumed-role/administrator/session"
    named = Principal(f"arn:aws:sts::{account}:assumed-role/service/session", account, service="config.amazonaws.com")
    yield Caller(name, "", Principal(session, account, arn), (ADMINISTRATOR_ACCESS,), context=own)
    yield Caller(service_name, "", named, context=service)


def find(snapshot: Snapshot, name: str, account: str | None) -> Caller:
    """The principal of that name or ARN, in `account` (by name or id) or else in the management account.

    A role that no account but member accounts have is looked for in the first that has it. Raises `UsageError`.
    """
    places = [_account(snapshot, account)] if account else list(snapshot.accounts)
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        home = snapshot.account(parts[4]) if len(parts) == 6 else None
        if home is None:
            raise UsageError(f"the principal {name} is in no account of the organization")
        places, name = [home], _name_in(parts[5])
    if name == AUTOMATION:
        return _automation(snapshot)
    for place in places:
        for each in callers(snapshot, place):
            if each.name.lower() == name.lower():
                return each
    known = sorted({each.name for place in places for each in callers(snapshot, place)})
    raise UsageError(f"no principal is called {name!r}; allowed: {', '.join([*known, AUTOMATION])}, or an ARN")


def _account(snapshot: Snapshot, name: str) -> Account:
    found = snapshot.account(name)
    if found is None:
        known = ", ".join(each.name for each in snapshot.accounts)
        raise UsageError(f"--account is {name!r}; allowed: {known}, or an account's id")
    return found


def _name_in(resource: str) -> str:
    kind, _, rest = resource.partition("/")
    name = ROOT_USER if kind == "root" else rest.split("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    return f"{PERMISSION_SET}{name[len(RESERVED) :].rpartition('_')[0]}" if name.startswith(RESERVED) else name


def _automation(snapshot: Snapshot) -> Caller:
    """The identity of CI/CD: what of the management account may assume AutomationRole."""
    from shared.policy_documents.roles import AUTOMATION_IDENTITY

    home = snapshot.management
    user = home.user(AUTOMATION_IDENTITY) if home else None
    role = home.role(AUTOMATION_IDENTITY) if home else None
    if home and user:
        return of_user(snapshot, home, user)
    if home and role:
        return of_role(snapshot, home, role)
    raise UsageError(f"the management account has no {AUTOMATION_IDENTITY}: deploy identity first")


def _caller(
    snapshot: Snapshot,
    account: Account,
    name: str,
    principal: Principal,
    policies: Sequence[Policy],
    boundary: Policy | None,
    kind: str,
) -> Caller:
    context: dict[str, str | Sequence[str]] = {
        "aws:PrincipalAccount": account.id,
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": snapshot.organization,
        "aws:PrincipalOrgPaths": [snapshot.org_path(account)],
        "aws:PrincipalType": kind,
    }
    if kind == "User":
        context["aws:username"] = name
    return Caller(
        name,
        MANAGEMENT if account.management else account.name,
        principal,
        tuple(policies),
        boundary,
        service_control(snapshot, account),
        context,
        kind == "AssumedRole",
    )


def with_mfa(caller: Caller, mfa: bool) -> Context:
    """The caller's context, with MFA or without: AWS gives long-lived credentials no such key."""
    if mfa:
        return {**caller.context, "aws:MultiFactorAuthPresent": "true"}
    return {**caller.context, "aws:MultiFactorAuthPresent": "false"} if caller.session else caller.context
