"""Whether a policy would stop this project's own deployment or backups of the accounts under it.

Each statement of a service or resource control policy is asked about every call of `needed_actions.yaml`. An explicit
deny is what counts: AWS's FullAWSAccess, which stays attached, allows the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.policy_documents.roles import AUTOMATION_ROLE, BACKUP_ROLE, DEVELOPER_ROLE, boundary_name, role_arn
from shared.policy_evaluation.statements import Decision, Request, as_list, evaluate, names_action
from shared.policy_files import PolicyFile
from shared.settings.base import Settings, parse
from stacks.policies.files import CONTROL
from stacks.policies.filling import fill
from stacks.policies.planned import PlannedPolicy
from stacks.policies.policy_types import RCP

ACCOUNT = "210987654321"
MANAGEMENT = "123456789012"
ORGANIZATION = "o-a1b2c3d4e5"
"""Stand in for any member account, the management account and the organization, in requests and documents alike."""

_FILE = Path(__file__).with_name("needed_actions.yaml")
_GLOBAL_REGION = "us-east-1"
_NAMED = 4
"""How many of the denied calls a message names."""


class Need(Settings):
    """Calls that somebody has to be able to make."""

    what: str
    who: Literal["access-role", "backup-role", "management"]
    where: Literal["global", "home", "backups"]
    only_with: Literal["locks", "air-gapped", "buckets"] | None = None
    resources: Annotated[list[str], Field(min_length=1)]
    actions: Annotated[list[str], Field(min_length=1)]


class Needs(Settings):
    """The file."""

    needs: list[Need]


@cache
def needs() -> list[Need]:
    """All that this project needs in member accounts."""
    label = f"stacks/policies/{_FILE.name}"
    return parse(Needs, "needs", PolicyFile(_FILE, label).read(), label).needs


@dataclass(frozen=True)
class Places:
    """The regions that the calls are made in, and the access roles that make them.

    With `each`, every one of the roles is used by an account; without, it is not known which of them are, and only a
    policy that stops all of them is one that breaks something. `features` are what `Need.only_with` names.
    """

    home: str
    backups: Collection[str]
    access_roles: Sequence[str]
    each: bool = False
    features: Collection[str] = ()


def self_harm(policies: Sequence[PlannedPolicy], places: Places) -> list[str]:
    """One problem for each statement that denies what this project needs."""
    found = []
    for policy in policies:
        if policy.type not in CONTROL or policy.may_break_deployment:
            continue
        document: Any = fill_organization(policy.document)
        for number, statement in enumerate(as_list(document["Statement"])):
            denied = _denied(policy.type, statement, places)
            if denied:
                name = statement.get("Sid") or f"number {number + 1}"
                found.append(_problem(policy, name, denied))
    return found


def fill_organization(document: Any) -> Any:
    """The document with the stand-in for the organization's id."""
    if isinstance(document, dict):
        return {fill_organization(key): fill_organization(value) for key, value in document.items()}
    if isinstance(document, list):
        return [fill_organization(each) for each in document]
    return document.replace("${organizationId}", ORGANIZATION) if isinstance(document, str) else document


def _problem(policy: PlannedPolicy, statement: str, denied: Sequence[str]) -> str:
    more = f" and {len(denied) - _NAMED} more" if len(denied) > _NAMED else ""
    return (
        f"{policy.source}: statement {statement} of {policy.name!r} denies what this project does in member accounts: "
        f"{', '.join(denied[:_NAMED])}{more}; allowed: a statement that leaves it free, such as by a condition on "
        "aws:PrincipalArn with ${accessRoles}, or mayBreakDeployment: true in a policy file for OUs whose accounts "
        "nobody deploys"
    )


def _denied(policy_type: str, statement: Mapping[str, Any], places: Places) -> list[str]:
    """The calls that a statement denies, as text."""
    document = {"Version": "2012-10-17", "Statement": [statement]}
    denied: dict[str, None] = {}
    for need in needs():
        if need.who == "management" and policy_type != RCP:
            # Service control policies do not hold for the management account.
            continue
        if need.only_with is not None and need.only_with not in places.features:
            continue
        for action in need.actions:
            if not names_action(statement, action):  # most: what follows is the dear part
                continue
            for region in _regions(need, places):
                stopped = [
                    any(evaluate([document], each) is Decision.EXPLICIT_DENY for each in requests)
                    for requests in _requests(need, action, region, places)
                ]
                if any(stopped) if places.each else all(stopped):
                    where = f" in {region}" if need.where != "global" else ""
                    denied[f"{action} by {_WHO[need.who]}{where} ({need.what})"] = None
    return list(denied)


_WHO = {"access-role": "the access role", "backup-role": BACKUP_ROLE, "management": "the management account"}


def _regions(need: Need, places: Places) -> list[str]:
    if need.where == "backups":
        return sorted({places.home, *places.backups}) if need.who == "access-role" else sorted(places.backups)
    return [_GLOBAL_REGION if need.where == "global" else places.home]


def _requests(need: Need, action: str, region: str, places: Places) -> Iterator[list[Request]]:
    """For each access role that may be the one: the requests for all resources."""
    for role in places.access_roles:
        yield [
            Request(
                action, fill(resource, {"account": ACCOUNT, "accessRole": role}), _context(need, role, region, resource)
            )
            for resource in need.resources
        ]


def _context(need: Need, access_role: str, region: str, resource: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    account = MANAGEMENT if need.who == "management" else ACCOUNT
    role = {"access-role": access_role, "backup-role": BACKUP_ROLE, "management": "Administrator"}[need.who]
    context = {
        "aws:PrincipalArn": role_arn(account, role),
        "aws:PrincipalAccount": account,
        "aws:PrincipalOrgID": ORGANIZATION,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": ACCOUNT,
        "aws:ResourceOrgID": ORGANIZATION,
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
    }
    for bounded in (DEVELOPER_ROLE, AUTOMATION_ROLE):
        if resource.endswith(f":role/{bounded}"):
            context["iam:PermissionsBoundary"] = f"arn:aws:iam::{ACCOUNT}:policy/{boundary_name(bounded, '')}"
    return context
