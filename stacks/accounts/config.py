"""Configuration of one member account (`stacks/accounts`, one stack per account)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.settings.actions import Actions
from shared.settings.base import Settings
from shared.settings.fields import (
    ACCESS_ROLE,
    AccessRoleName,
    Email,
    RegionName,
    RoleKey,
    Switch,
    Tags,
    UnitOrRoot,
    unique,
)
from shared.settings.passwords import PasswordSettings
from stacks.accounts.boundaries import ManagedRole
from stacks.accounts.budget_config import BudgetSettings
from stacks.accounts.role_config import Permissions, Role, is_added, permissions, problems, too_large

_ALIAS = re.compile(r"(?!\d{12}\Z)[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]\Z")
_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,20}\Z")


def _alias(value: str) -> str:
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
    if not _ALIAS.match(value):
        raise ValueError("allowed: 3 to 63 lower-case letters, digits and single dashes, not twelve digits")
    return value


def _prefix(value: str) -> str:
    if not _PREFIX.match(value):
        raise ValueError("allowed: up to 20 letters, digits, '-' and '_'")
    return value


def _name(value: str) -> str:
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    if not (value.isascii() and value.isprintable()):
        raise ValueError("allowed: 1 to 50 printable ASCII characters")
    return value


ContactKind = Literal["billing", "operations", "security"]


class Contact(Settings):
    """An alternate contact of the account.
    https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html"""

    name: str = Field(min_length=1, max_length=64, description="the person's name")
    title: str = Field(min_length=1, max_length=50, description="what the person is, such as CFO")
    email: Email = Field(description="where AWS writes to")
    phone: str = Field(pattern=r"^[\s0-9()+-]{1,25}$", description="digits, spaces and ( ) + -")


class Profile(Settings):
    """What an account may get from the profile of its OU, or of one above it, and may have in its own file."""

    tags: Tags = Field(
        default={},
        description="tags of the account and of everything made in it, checked against the OU's rules",
    )
    resource_names_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="", description="put before the names of the permissions boundaries"
    )
    access_role_name: AccessRoleName = Field(
        default=ACCESS_ROLE,
        description="the role that AWS makes in a new account; for an existing account, the role that it has",
    )
    role_actions: dict[ManagedRole, Actions] = Field(
        default={}, description="what a role may do, instead of its usual actions"
    )
    roles: dict[RoleKey, Role] = Field(
        default={}, description="what each role may do, and for how long; other names than the usual two add roles"
    )
    protect: Switch = Field(default=True, description="refuse to delete the account")
    close_on_deletion: Switch = Field(
        default=False,
        description="close the account when its resource is deleted; otherwise it leaves the organization",
    )
    alternate_contacts: dict[ContactKind, Contact] = Field(
        default={}, description="whom AWS writes to besides the root user, about bills, operations and security"
    )
    block_public_s3: Switch = Field(default=True, description="S3 public access block for the whole account")
    encrypt_ebs: Switch = Field(default=True, description="EBS encryption by default in every region used")
    regions: Annotated[list[RegionName], AfterValidator(unique)] = Field(
        default=[], description="regions used besides aws:region and those of the backups"
    )
    password_policy: PasswordSettings | None = Field(
        default=None, description="for console passwords in the account; AWS's own unless given"
    )
    default_vpcs: Literal["keep", "remove"] = Field(
        default="keep",
        description="the VPCs that AWS makes in every region: remove deletes them, once nothing uses them",
    )
    budget: BudgetSettings | None = Field(default=None, description="what a month may cost, and who is told of it")


class AccountsConfig(Profile):
    """One member account and the resources in it."""

    name: Annotated[str, AfterValidator(_name)] = Field(min_length=1, max_length=50, description="the account's name")
    email: Email = Field(description="the root user's address, unique in all of AWS")
    organizational_unit: UnitOrRoot = Field(description="the path of the OU that the account is in; / for the root")
    alias: Annotated[str, AfterValidator(_alias)] | None = Field(
        default=None, description="account alias, unique in all of AWS"
    )

    @model_validator(mode="after")
    def _roles_fit(self) -> AccountsConfig:
        wrong = list(problems(self.roles, self.role_actions, self.access_role_name))
        if wrong := wrong or list(too_large(self.permissions, self.resource_names_prefix)):
            raise ValueError("; ".join(wrong))
        return self

    @model_validator(mode="after")
    def _budget_is_whole(self) -> AccountsConfig:
        if wrong := [f"accounts:{each}" for each in self.budget.problems()] if self.budget else []:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def actions(self) -> dict[str, Sequence[str]]:
        """What the boundary of each role allows that every account has, by the role's name."""
        return {role: most for role, each in self.permissions.items() if not is_added(role) and (most := each.most)}

    @property
    def permissions(self) -> dict[str, Permissions]:
        """Role name → what the role gets."""
        return permissions(self.roles, self.role_actions)
