"""Configuration of IAM Identity Center: its people and groups, what they may do, and where.

https://docs.aws.amazon.com/singlesignon/latest/userguide/what-is.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.errors import DocumentError
from shared.policy_documents.documents import Document, render_within
from shared.policy_documents.iam import allow, document
from shared.policy_documents.roles import (
    AUTOMATION_ROLE,
    BACKUP_ROLE,
    DEVELOPER_ROLE,
    PREVIEW_ROLE,
    WORKLOAD,
    boundary_name,
)
from shared.settings.actions import Actions
from shared.settings.base import Settings
from shared.settings.checks import listed
from shared.settings.fields import ACCESS_ROLES, Email, IamName, RegionName, unique, unique_ignoring_case, unit_or_root
from shared.units import ROOT_UNIT

MAX_INLINE_POLICY = 10_240
"""Characters of a role's inline policies without white space, which a permission set's becomes.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

MANAGED_POLICIES = 10
"""How many managed policies a role has at most, which IAM Identity Center makes of a permission set."""

ACCOUNT = "accounts/"
"""What a target that is one account begins with, before the name of its stack."""

MAX_SET_NAME = 32
_SET_NAME = re.compile(rf"[A-Za-z0-9_+=,.@-]{{1,{MAX_SET_NAME}}}\Z")
_DESCRIPTION = re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]{1,700}\Z")
_USER_NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}\Z")
_MANAGED = re.compile(r"arn:aws:iam::aws:policy/(?:[A-Za-z0-9.,+@=_-]+/)*(?P<name>[A-Za-z0-9.,+@=_-]{1,128})\Z")
_POLICY_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}\Z")
_STACK = re.compile(r"[A-Za-z0-9_-]+\Z")

_ADMINISTRATORS = frozenset(
    {"AWSAccountManagementFullAccess", "AWSOrganizationsFullAccess", "AWSSSODirectoryAdministrator",
     "AWSSSOMasterAccountAdministrator", "AWSSSOMemberAccountAdministrator", "AdministratorAccess",
     "AdministratorAccess-AWSElasticBeanstalk", "AdministratorAccess-Amplify", "Billing", "IAMFullAccess",
     "NetworkAdministrator", "PowerUserAccess", "SystemAdministrator"}
)  # fmt: skip
"""AWS's managed policies that administer an account, its IAM or the organization."""

_NOT_FOR_PEOPLE = [AUTOMATION_ROLE, BACKUP_ROLE, PREVIEW_ROLE, WORKLOAD, *ACCESS_ROLES]
"""Roles that are not for people: AutomationRole is for machines alone, which is the operating model."""


def permission_set_name(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless a permission set may be called so."""
    # https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
    if not _SET_NAME.match(value):
        raise ValueError("allowed: the name of a permission set, 1 to 32 of A-Z a-z 0-9 + = , . @ _ -")
    return value


def _description(value: str) -> str:
    if not _DESCRIPTION.match(value):
        raise ValueError("allowed: 1 to 700 characters of Latin-1")
    return value


def _user_name(value: str) -> str:
    # https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html
    if not _USER_NAME.match(value) or value.lower() in ("administrator", "awsadministrators"):
        raise ValueError("allowed: 1 to 128 characters without spaces, not Administrator or AWSAdministrators")
    return value


def _managed_policy(value: str) -> str:
    found = _MANAGED.match(value)
    if not found:
        raise ValueError("allowed: the ARN of a policy of AWS, such as arn:aws:iam::aws:policy/ReadOnlyAccess")
    if found["name"] in _ADMINISTRATORS:
        raise ValueError(
            f"an administrator's policy, and no permission set makes administrators; allowed: any policy of AWS but "
            f"{', '.join(sorted(_ADMINISTRATORS))}"
        )
    return value


def _role(value: str) -> str:
    if value.lower() in {role.lower() for role in _NOT_FOR_PEOPLE}:
        raise ValueError(
            f"not a role for people; allowed: {DEVELOPER_ROLE}, or another role for people that layer accounts makes"
        )
    return value


def _boundary(value: str) -> str:
    machines = [boundary_name(role, "") for role in (AUTOMATION_ROLE, WORKLOAD)]
    if not _POLICY_NAME.match(value) or any(value.lower().endswith(name.lower()) for name in machines):
        raise ValueError(
            f"allowed: the name of a policy in each account, such as {boundary_name(DEVELOPER_ROLE, '')}, and not "
            f"{' or '.join(machines)}"
        )
    return value


def _target(value: str) -> str:
    if value.startswith(ACCOUNT):
        if not _STACK.match(value.removeprefix(ACCOUNT)):
            raise ValueError("allowed: accounts/ and the name of an account's stack, such as accounts/web-shop")
        return value
    try:
        return unit_or_root(value)
    except ValueError as error:
        raise ValueError(f"{error}; or / for all accounts, or accounts/NAME for one") from None


SetName = Annotated[str, AfterValidator(permission_set_name)]
UserName = Annotated[str, AfterValidator(_user_name)]
Description = Annotated[str, AfterValidator(_description)]
GroupName = Annotated[str, Field(min_length=1, max_length=128)]


class Person(Settings):
    """A user that this stack makes in the identity store. An administrator has AWS send them a first password."""

    name: str = Field(pattern=r"^\S+( \S+)+$", description="given name and family name, such as Ada Lovelace")
    email: Email = Field(description="the address that AWS writes to")

    @property
    def given_name(self) -> str:
        return self.name.rpartition(" ")[0]

    @property
    def family_name(self) -> str:
        return self.name.rpartition(" ")[2]


class Group(Settings):
    """A group. With `users` this stack makes it; without them it is there, from an identity provider."""

    description: Description | None = Field(default=None, description="what the group is for, of one that is made here")
    users: Annotated[list[UserName], AfterValidator(unique_ignoring_case)] | None = Field(
        default=None, description="its members, of identityCenter.users; without this key the group exists already"
    )

    @model_validator(mode="after")
    def _made_here(self) -> Group:
        if self.description is not None and self.users is None:
            raise ValueError("a description is for a group that is made here; allowed: with users, also []")
        return self


class PermissionSet(Settings):
    """What people may do in an account: the same as a role of the project, or actions, or managed policies.

    A permissions boundary is always there: a policy that the accounts layer makes in each account.
    """

    description: Description | None = Field(default=None, description="what it is for")
    role: Annotated[IamName, AfterValidator(_role)] | None = Field(
        default=None, description="the role of layer accounts whose permissions and boundary it has in each account"
    )
    actions: Actions = Field(default=[], description="what it allows, such as s3:*")
    managed_policies: Annotated[list[Annotated[str, AfterValidator(_managed_policy)]], AfterValidator(unique)] = Field(
        default=[], max_length=MANAGED_POLICIES, description="ARNs of AWS's managed policies"
    )
    session_hours: int = Field(default=1, ge=1, le=12, description="how long a session is good")
    boundary: Annotated[str, AfterValidator(_boundary)] | None = Field(
        default=None, description="the policy in each account that bounds it, that of the role unless given"
    )

    @model_validator(mode="after")
    def _gives_something(self) -> PermissionSet:
        if self.role and (self.actions or self.managed_policies):
            more = "actions" if self.actions else "managedPolicies"
            raise ValueError(
                f"role is {self.role!r} and {more} is {listed(self.actions or self.managed_policies)}; allowed: role, "
                "or actions and managedPolicies"
            )
        if not (self.role or self.actions or self.managed_policies):
            raise ValueError("it gives nothing; allowed: role, actions or managedPolicies")
        if self.role and self.boundary not in (None, boundary_name(self.role, "")):
            raise ValueError(
                f"boundary is {self.boundary!r} and role is {self.role!r}, which has a boundary of its own; allowed: "
                "no boundary beside role"
            )
        if self.actions:
            try:
                render_within("actions", "inline policy", self.inline_policy, MAX_INLINE_POLICY)
            except DocumentError as error:
                raise ValueError(f"{error}; allowed: fewer actions, such as s3:* for all of S3") from None
        return self

    @property
    def bounded_by(self) -> str:
        """The name of the policy in each account that is the boundary; with `role` it is the permissions too."""
        return self.boundary or boundary_name(self.role or DEVELOPER_ROLE, "")

    @property
    def inline_policy(self) -> Document:
        """What `actions` allow."""
        return document(allow(self.actions, "*"))


class Assignment(Settings):
    """Who gets which permission set in which accounts."""

    group: GroupName = Field(description="a group of identityCenter.groups")
    permission_set: SetName = Field(description="a permission set of identityCenter.permissionSets")
    targets: Annotated[list[Annotated[str, AfterValidator(_target)]], AfterValidator(unique)] = Field(
        min_length=1, description="OUs (with those below them), accounts/NAME, or / for all accounts"
    )


class IdentityCenter(Settings):
    """IAM Identity Center as the way for people. The instance is there already: the console enables it."""

    region: RegionName | None = Field(
        default=None, description="the region that it is enabled in; aws:region unless given"
    )
    users: dict[UserName, Person] = Field(default={}, description="users that this stack makes, by user name")
    groups: dict[GroupName, Group] = Field(min_length=1, description="groups by name, made here or looked up")
    permission_sets: dict[SetName, PermissionSet] = Field(default={}, description="permission sets by name")
    assignments: list[Assignment] = Field(default=[], description="who gets which permission set, where")

    @model_validator(mode="after")
    def _names_what_is_there(self) -> IdentityCenter:
        if found := next(self._problems(), None):
            raise ValueError(found)
        return self

    def _problems(self) -> Iterator[str]:
        for key, names in (
            ("users", self.users), ("groups", self.groups), ("permissionSets", self.permission_sets)
        ):  # fmt: skip
            try:
                unique_ignoring_case(list(names))
            except ValueError as error:
                yield f"{key}: {error}"
        for name, group in self.groups.items():
            for user in group.users or ():
                if user not in self.users:
                    yield f"groups.{name}.users names {user!r}; {_allowed('users', self.users)}"
        seen: dict[tuple[str, str], set[str]] = {}
        for number, each in enumerate(self.assignments):
            if each.group not in self.groups:
                yield f"assignments.{number}.group is {each.group!r}; {_allowed('groups', self.groups)}"
            if each.permission_set not in self.permission_sets:
                yield (
                    f"assignments.{number}.permissionSet is {each.permission_set!r}; "
                    f"{_allowed('permissionSets', self.permission_sets)}"
                )
            before = seen.setdefault((each.group, each.permission_set), set())
            if before:
                yield (
                    f"assignments.{number} gives {each.permission_set!r} to {each.group!r} once more; allowed: one "
                    "entry with all targets"
                )
            before.update(each.targets)

    @property
    def unit_targets(self) -> dict[str, str]:
        """The OU paths among the targets, and the key that names each."""
        return {
            target: f"identity:identityCenter.assignments.{number}.targets"
            for number, each in enumerate(self.assignments)
            for target in each.targets
            if target != ROOT_UNIT and not target.startswith(ACCOUNT)
        }

    @property
    def account_targets(self) -> dict[str, str]:
        """The names of account stacks among the targets, and the key that names each."""
        return {
            target.removeprefix(ACCOUNT): f"identity:identityCenter.assignments.{number}.targets"
            for number, each in enumerate(self.assignments)
            for target in each.targets
            if target.startswith(ACCOUNT)
        }


def _allowed(key: str, names: Iterable[str]) -> str:
    return f"allowed: one of identityCenter.{key} ({', '.join(sorted(names)) or 'there are none'})"
