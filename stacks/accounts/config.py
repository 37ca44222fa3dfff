"""Configuration of one member account (`stacks/accounts`, one stack per account)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.errors import DocumentError
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import AUTOMATION_ROLE, WORKLOAD, boundary_name
from shared.settings.base import Settings
from shared.settings.fields import ACCESS_ROLE, AccessRoleName, Email, OuPath, Tags, unique
from stacks.accounts.boundaries import ACTIONS, ManagedRole, boundary

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


_ACTION = re.compile(r"(?P<service>[a-z0-9-]+):(?:\*|[A-Za-z*?]*[A-Za-z][A-Za-z0-9*?]*)\Z")
_NOT_THEIRS = frozenset(
    {"account", "aws-portal", "billing", "iam", "identitystore", "organizations", "ram", "rolesanywhere", "sso",
     "sso-directory", "sts"}
)  # fmt: skip
"""Services by which a role could make itself or others more than it is, or reach other accounts."""


def _action(value: str) -> str:
    found = _ACTION.match(value)
    if not found or found["service"] in _NOT_THEIRS:
        raise ValueError(
            f"allowed: actions such as s3:* or s3:Get*, of any service but {', '.join(sorted(_NOT_THEIRS))}"
        )
    return value


Actions = Annotated[list[Annotated[str, AfterValidator(_action)]], AfterValidator(unique)]

ContactKind = Literal["billing", "operations", "security"]


class Contact(Settings):
    """An alternate contact of the account.
    https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html"""

    name: str = Field(min_length=1, max_length=64)
    title: str = Field(min_length=1, max_length=50)
    email: Email
    phone: str = Field(pattern=r"^[\s0-9()+-]{1,25}$", description="digits, spaces and ( ) + -")


class AccountsConfig(Settings):
    """One member account and the resources in it."""

    name: Annotated[str, AfterValidator(_name)] = Field(min_length=1, max_length=50, description="the account's name")
    email: Email = Field(description="the root user's address, unique in all of AWS")
    organizational_unit: OuPath = Field(description="the path of the OU that the account is in")
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
    role_actions: dict[
        ManagedRole, Annotated[list[Annotated[str, AfterValidator(_action)]], AfterValidator(unique)]
    ] = Field(default={}, description="what a role may do, instead of its usual actions")
    protect: bool = Field(default=True, description="refuse to delete the account")
    close_on_deletion: bool = Field(
        default=False,
        description="close the account when its resource is deleted; otherwise it leaves the organization",
    )
    alias: Annotated[str, AfterValidator(_alias)] | None = Field(
        default=None, description="account alias, unique in all of AWS"
    )
    alternate_contacts: dict[ContactKind, Contact] = Field(default={})
    block_public_s3: bool = Field(default=True, description="S3 public access block for the whole account")
    encrypt_ebs: bool = Field(default=True, description="EBS encryption by default in every region used")

    @model_validator(mode="after")
    def _boundaries_fit(self) -> AccountsConfig:
        for role, actions in self.role_actions.items():
            if not actions:
                raise ValueError(f"accounts:roleActions.{role} is []; allowed: one or more actions such as s3:*")
        for name, most in {**self.actions, WORKLOAD: self.actions[AUTOMATION_ROLE]}.items():
            document = boundary(name, "123456789012", self.resource_names_prefix, most)
            try:
                render_iam_policy(boundary_name(name, self.resource_names_prefix), document)
            except DocumentError as error:
                raise ValueError(f"accounts:roleActions: {error}; allowed: fewer, such as s3:* for all of S3") from None
        return self

    @property
    def actions(self) -> dict[str, Sequence[str]]:
        """Role name → what the role may do, before its boundary's denials."""
        return {role: self.role_actions.get(role, usual) for role, usual in ACTIONS.items()}
