"""Configuration of IAM Identity Center: its people and groups, what they may do, and where.

https://docs.aws.amazon.com/singlesignon/latest/userguide/what-is.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.settings.base import Settings
from shared.settings.fields import Email, RegionName, unique, unique_ignoring_case, unit_or_root
from shared.units import ROOT_UNIT
from stacks.identity.permission_set_config import Description, PermissionSet, SetName

ACCOUNT = "accounts/"
"""What a target that is one account begins with, before the name of its stack."""

_USER_NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}\Z")
_STACK = re.compile(r"[A-Za-z0-9_-]+\Z")


def _user_name(value: str) -> str:
    # https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html
    if not _USER_NAME.match(value) or value.lower() in ("administrator", "awsadministrators"):
        raise ValueError("allowed: 1 to 128 characters without spaces, not Administrator or AWSAdministrators")
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


UserName = Annotated[str, AfterValidator(_user_name)]
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
    groups: dict[GroupName, Group] = Field(default={}, description="groups by name, made here or looked up")
    permission_sets: dict[SetName, PermissionSet] = Field(default={}, description="permission sets by name")
    assignments: list[Assignment] = Field(default=[], description="who gets which permission set, where")

    @model_validator(mode="after")
    def _names_what_is_there(self) -> IdentityCenter:
        if found := next(self._problems(), None):
            raise ValueError(found)
        return self

    def _problems(self) -> Iterator[str]:
        if not self.groups and not self.permission_sets:
            yield "there are no groups and no permissionSets; allowed: some, or no identityCenter at all"
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
        called: dict[str, tuple[str, str]] = {}
        for number, each in enumerate(self.assignments):
            if each.group not in self.groups:
                yield f"assignments.{number}.group is {each.group!r}; {_allowed('groups', self.groups)}"
            if each.permission_set not in self.permission_sets:
                yield (
                    f"assignments.{number}.permissionSet is {each.permission_set!r}; "
                    f"{_allowed('permissionSets', self.permission_sets)}"
                )
            pair = each.permission_set, each.group
            if called.setdefault("-".join(pair), pair) != pair:
                yield (
                    f"assignments.{number} gives {each.permission_set!r} to {each.group!r}, and another one "
                    f"{' to '.join(map(repr, called['-'.join(pair)]))}, which would be called the same here; allowed: "
                    "other names for one of them"
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
