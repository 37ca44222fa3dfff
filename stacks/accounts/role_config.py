"""Configuration of the roles in an account: what each may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.errors import DocumentError
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import AUTOMATION_ROLE, WORKLOAD, boundary_name
from shared.settings.actions import Actions
from shared.settings.base import Settings
from shared.settings.checks import listed
from shared.settings.fields import unique
from stacks.accounts.boundaries import ACTIONS, ManagedRole, boundary

_AWS_POLICIES = "arn:aws:iam::aws:policy/"
_MANAGED_POLICY = re.compile(rf"(?:{_AWS_POLICIES})?(?P<name>(?:[a-z-]+/)?[A-Za-z0-9_+=,.@-]{{1,128}})\Z")
_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")
MAX_POLICIES = 10
"""Maximum number of managed policies attached to a role, unless AWS has raised it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _managed_policy(value: str) -> str:
    found = _MANAGED_POLICY.match(value)
    if not found or found["name"] in _ADMINISTRATORS:
        raise ValueError(
            "allowed: the name or ARN of a policy that AWS manages, such as SecurityAudit or "
            f"job-function/ViewOnlyAccess, and not {' or '.join(_ADMINISTRATORS)}"
        )
    return f"{_AWS_POLICIES}{found['name']}"


ManagedPolicies = Annotated[
    list[Annotated[str, AfterValidator(_managed_policy)]],
    AfterValidator(unique),
    Field(min_length=1, max_length=MAX_POLICIES),
]


class Role(Settings):
    """What one role may do, and for how long. Who may assume it is in `identity:roles`."""

    actions: Annotated[Actions, Field(min_length=1)] | None = Field(
        default=None, description="what the role may do; its boundary is the same"
    )
    managed_policies: ManagedPolicies | None = Field(
        default=None, description="policies that AWS manages, by name or ARN, instead of actions"
    )
    boundary: Annotated[Actions, Field(min_length=1)] | None = Field(
        default=None, description="with managedPolicies: the most that the role may do; it cannot be switched off"
    )
    session_hours: Annotated[int, Field(ge=1, le=12, strict=True)] | None = Field(
        default=None, description="how long a session may be, 1 to 12 hours; AWS's own default is 1"
    )


@dataclass(frozen=True)
class Permissions:
    """What a role gets. `most` are the actions of its boundary, None for those of `boundaries.boundary`. Without
    `managed_policies` the boundary's policy is also what it may do."""

    most: Sequence[str] | None
    managed_policies: Sequence[str] = ()
    session_hours: int | None = None


def is_added(role: str) -> bool:
    """Whether the configuration adds this role, which is then neither DeveloperRole nor AutomationRole."""
    return role not in ACTIONS


def permissions(roles: Mapping[str, Role], role_actions: Mapping[ManagedRole, Sequence[str]]) -> dict[str, Permissions]:
    """What every role of an account gets, by name: first the two that every account has."""
    found: dict[str, Permissions] = {}
    for name, usual in ACTIONS.items():
        given = roles.get(name, Role())
        found[name] = Permissions(given.actions or role_actions.get(name, usual), (), given.session_hours)
    for role, given in roles.items():
        if is_added(role):
            most = given.boundary if given.managed_policies else given.actions
            found[role] = Permissions(most, given.managed_policies or (), given.session_hours)
    return found


def problems(
    roles: Mapping[str, Role], role_actions: Mapping[ManagedRole, Sequence[str]], access_role: str
) -> Iterator[str]:
    """What is wrong with the roles of an account."""
    short = {str(name): actions for name, actions in role_actions.items()}
    for name, given in roles.items():
        yield from _one(f"accounts:roles.{name}", name, given, short.get(name))
    yield from _names([name for name in roles if is_added(name)], access_role)
    for name, actions in role_actions.items():
        if not actions:
            yield f"accounts:roleActions.{name} is []; allowed: one or more actions such as s3:*"


def _one(key: str, name: str, given: Role, in_short: Sequence[str] | None) -> Iterator[str]:
    if is_added(name):
        if given.actions is None and given.managed_policies is None:
            yield f"{key} has neither of actions and managedPolicies; allowed: one of them"
        if given.actions and given.managed_policies:
            yield (
                f"{key}.actions is {listed(given.actions)} and {key}.managedPolicies is "
                f"{listed(given.managed_policies)}; allowed: one of them; null takes an inherited one away"
            )
    elif given.managed_policies or given.boundary:
        yield f"{key} has {'managedPolicies' if given.managed_policies else 'boundary'}; allowed: actions, sessionHours"
    if given.boundary and given.actions and not given.managed_policies and is_added(name):
        yield (
            f"{key}.boundary is {listed(given.boundary)} and {key}.actions is {listed(given.actions)}, which are the "
            "boundary of a role without managedPolicies; allowed: no boundary"
        )
    if given.actions and in_short is not None:
        yield (
            f"{key}.actions is {listed(given.actions)} and accounts:roleActions.{name} is {listed(in_short)}; "
            "allowed: one of them"
        )


def _names(names: Sequence[str], access_role: str) -> Iterator[str]:
    seen: dict[str, str] = {access_role.lower(): f"accounts:accessRoleName ({access_role})"}
    for name in names:
        key = f"accounts:roles.{name}"
        first = seen.setdefault(name.lower(), key)
        if first != key:
            yield f"{key} and {first} are one role; allowed: names that differ, whatever their case"


def too_large(found: Mapping[str, Permissions], prefix: str) -> Iterable[str]:
    """The boundaries that are larger than AWS allows."""
    bounded = {name: each.most for name, each in found.items()}
    for name, most in {**bounded, WORKLOAD: bounded[AUTOMATION_ROLE]}.items():
        document = boundary(name, "1" * 12, prefix, most)
        try:
            render_iam_policy(boundary_name(name, prefix), document)
        except DocumentError as error:
            key = "accounts:roles" if is_added(name) and name != WORKLOAD else "accounts:roleActions"
            yield f"{key}: {error}; allowed: fewer, such as s3:* for all of S3"
