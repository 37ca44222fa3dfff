"""Who can assume what: principal, role and account, with MFA or not, decided from the documents of both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automation.access import callers as principals
from automation.access.callers import Caller, with_mfa
from automation.access.decisions import Target, verdict
from automation.access.documents import ADMINISTRATOR
from automation.access.people import PERMISSION_SET
from automation.access.snapshot import TRUST, Account, Policy, Role, Snapshot
from shared.policy_evaluation.condition_operators import Context
from shared.policy_evaluation.evaluation import Principal, Request
from shared.policy_evaluation.statements import as_list, statements

MANAGEMENT_ADMINISTRATOR = "an administrator of the management account"
GROUP = "group "
"""How the name of people of IAM Identity Center begins, who sign in with a permission set."""
_RESERVED = "aws-reserved/sso.amazonaws.com/"
WITH_MFA, WITHOUT_MFA = "with MFA", "without MFA"


@dataclass(frozen=True)
class Entry:
    """Who can assume a role of an account. `how` is empty, or `with MFA` if it takes that."""

    principal: str
    role: str
    account: str
    how: str = ""


def who(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Everybody who can assume a role, by account and role. Accounts with the same documents are decided once."""
    known: dict[Any, tuple[tuple[str, str, str], ...]] = {}
    found = []
    for account in snapshot.accounts:
        key = _alike(snapshot, account)
        if key not in known:
            known[key] = tuple(_of_account(snapshot, account))
        found += [Entry(principal, role, account.name, how) for principal, role, how in known[key]]
    return tuple(found)


def _of_account(snapshot: Snapshot, account: Account) -> Iterator[tuple[str, str, str]]:
    control = principals.resource_control(snapshot, account)
    candidates = list(_candidates(snapshot, account))
    for role in (*account.roles, *_access_role(snapshot, account)):
        if role.groups:
            # Identity Center alone signs people in to it, with a session of its own provider.
            yield from ((f"{GROUP}{group}", role.name, "") for group in role.groups)
            continue
        target = Target(account.id, role.trust, trust=True, control=control)
        for caller, action in (*candidates, *_named_by(snapshot, account, role)):
            if caller.principal.role_arn == role.arn:
                continue
            outcomes = {
                how: verdict(_request(snapshot, account, role, action, context), caller, target).allowed
                for how, context in _contexts(caller)
            }
            if outcomes.get(WITHOUT_MFA):
                yield caller.name, role.name, ""
            elif outcomes.get(WITH_MFA):
                yield caller.name, role.name, WITH_MFA


def _contexts(caller: Caller) -> tuple[tuple[str, Context], ...]:
    if caller.principal.service or caller.principal.provider:
        return ((WITHOUT_MFA, caller.context),)
    return ((WITHOUT_MFA, with_mfa(caller, False)), (WITH_MFA, with_mfa(caller, True)))


def _request(snapshot: Snapshot, account: Account, role: Role, action: str, context: Context) -> Request:
    own: dict[str, Any] = {
        "aws:ResourceAccount": account.id,
        "aws:ResourceOrgID": snapshot.organization,
        "aws:ResourceOrgPaths": (snapshot.org_path(account),),
        "aws:RequestedRegion": "us-east-1",
        "aws:SecureTransport": "true",
        "sts:RoleSessionName": "session",
    }
    return Request(action, role.arn, {**own, **context})


def _candidates(snapshot: Snapshot, account: Account) -> Iterator[tuple[Caller, str]]:
    """Everybody of the organization, and an outsider."""
    home = snapshot.management
    if home:
        for each in principals.callers(snapshot, home):
            yield each, "sts:AssumeRole"
        yield replace(principals.administrator(snapshot, home), name=MANAGEMENT_ADMINISTRATOR), "sts:AssumeRole"
    if not account.management:
        for each in principals.callers(snapshot, account):
            yield each, "sts:AssumeRole"
    for each in _elsewhere(snapshot, account):
        yield each, "sts:AssumeRole"
    yield principals.outsiders()[0], "sts:AssumeRole"


def _elsewhere(snapshot: Snapshot, account: Account) -> Iterator[Caller]:
    """Each role of the other member accounts, in the first that has it."""
    seen: set[str] = set()
    for other in snapshot.members:
        if other.name == account.name:
            continue
        for each in principals.callers(snapshot, other):
            if each.name not in seen:
                seen.add(each.name)
                yield replace(each, name=f"{each.name} of another account")


def _access_role(snapshot: Snapshot, account: Account) -> tuple[Role, ...]:
    """The role that AWS makes with an account: the management account's administrators may assume it.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
    home = snapshot.management
    if not account.access_role or home is None or account.role(account.access_role):
        return ()
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{home.id}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    name = account.access_role
    arn = f"arn:aws:iam::{account.id}:role/{name}"
    return (Role(name, arn, Policy.of(name, TRUST, trust, "AWS"), (Policy.of(name, TRUST, ADMINISTRATOR, "AWS"),)),)


def _named_by(snapshot: Snapshot, account: Account, role: Role) -> Iterator[tuple[Caller, str]]:
    """Whom a trust policy names and no stack has: AWS services, identity providers' tokens, Identity Center's roles."""
    for statement in statements(role.trust.document):
        principal = statement.get("Principal")
        named: Mapping[str, Any] = principal if isinstance(principal, Mapping) else {}
        for service in as_list(named.get("Service", [])):
            context: Context = {
                "aws:PrincipalIsAWSService": "true",
                "aws:SourceAccount": account.id,
                "aws:SourceOrgID": snapshot.organization,
            }
            yield Caller(service, "", Principal("", account.id, service=service), context=context), "sts:AssumeRole"
        for provider in as_list(named.get("Federated", [])):
            yield from _tokens(account, str(provider), statement)
        yield from _permission_sets(snapshot, statement)


def _tokens(account: Account, provider: str, statement: Mapping[str, Any]) -> Iterator[tuple[Caller, str]]:
    """A token for each subject that the statement names, else for any."""
    host = provider.partition("oidc-provider/")[2] or provider
    values: dict[str, list[str]] = {}
    for keys in (statement.get("Condition") or {}).values():
        for key, expected in keys.items():
            values.setdefault(key, []).extend(map(str, as_list(expected)))
    subject = f"{host}:sub"
    fixed = {key: each[0] for key, each in values.items() if key != subject and each}
    for each in values.get(subject, []) or ["anybody"]:
        context: Context = {
            **fixed,
            subject: each.replace("*", "x").replace("?", "x"),
            "aws:PrincipalIsAWSService": "false",
        }
        caller = Caller(
            f"tokens of {host} for {each}", "", Principal("", account.id, provider=provider), context=context
        )
        yield caller, "sts:AssumeRoleWithWebIdentity"


def _permission_sets(snapshot: Snapshot, statement: Mapping[str, Any]) -> Iterator[tuple[Caller, str]]:
    """A session of IAM Identity Center in the management account for each permission set that the statement names."""
    home = snapshot.management
    for keys in (statement.get("Condition") or {}).values():
        for key, expected in keys.items():
            for each in as_list(expected):
                named = re.sub(r"^AWSReservedSSO_|_[^_]*$", "", str(each).rpartition("/")[2])
                if home and home.role(f"{PERMISSION_SET}{named}"):
                    continue  # with what it may do, it is one of the account's roles
                if home and key.lower() == "aws:principalarn" and _RESERVED in str(each):
                    arn = str(each).replace("*", "x")
                    caller = principals.administrator(snapshot, home)
                    session = f"arn:aws:sts::{home.id}:assumed-role/{arn.rpartition('/')[2]}/person"
                    yield (
                        replace(
                            caller,
                            name=f"{PERMISSION_SET}{named}",
                            principal=Principal(session, home.id, arn),
                            context={**caller.context, "aws:PrincipalArn": arn},
                        ),
                        "sts:AssumeRole",
                    )


def _alike(snapshot: Snapshot, account: Account) -> Any:
    """Equal for accounts in which the same may assume the same, but for the account's id."""
    others = tuple(sorted({each.name for other in snapshot.members if other != account for each in other.roles}))

    def without(policies: Sequence[Policy]) -> tuple[str, ...]:
        return tuple(each.text.replace(account.id, "…") for each in policies)

    roles = tuple(
        (
            each.name,
            without([each.trust, *each.policies, *([each.boundary] if each.boundary else [])]),
            bool(each.boundary),
            each.groups,
        )
        for each in account.roles
    )
    levels = (principals.service_control(snapshot, account), principals.resource_control(snapshot, account))
    control = tuple(tuple(without(level) for level in kind) for kind in levels)
    users = tuple((each.name, without(each.policies)) for each in account.users)
    return account.management, account.access_role, roles, users, control, snapshot.org_path(account), others
