"""Configuration of the permission sets of IAM Identity Center: what people may do in an account.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
    UNBOUNDED,
    WORKLOAD,
    boundary_name,
    bounded_by_others,
)
from shared.settings.actions import Actions
from shared.settings.base import Settings
from shared.settings.checks import listed
from shared.settings.fields import ACCESS_ROLES, IamName, Tags, unique

MAX_INLINE_POLICY = 10_240
"""Characters of a role's inline policies without white space, which a permission set's becomes.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

MANAGED_POLICIES = 10
"""How many managed policies a role has at most, which IAM Identity Center makes of a permission set."""

MAX_SET_NAME = 32
_SET_NAME = re.compile(rf"[A-Za-z0-9_+=,.@-]{{1,{MAX_SET_NAME}}}\Z")
_DESCRIPTION = re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]{1,700}\Z")
_MANAGED = re.compile(r"arn:aws:iam::aws:policy/(?:[A-Za-z0-9.,+@=_-]+/)*(?P<name>[A-Za-z0-9.,+@=_-]{1,128})\Z")
_CUSTOMER = re.compile(r"(?P<path>/(?:[\x21-\x2b\x2d-\x7e]+/)*)(?P<name>[A-Za-z0-9_+=.@-]{1,128})\Z")
"""Without commas, which are between the parts of a resource's id."""

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?\Z")
_POLICY_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}\Z")

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


def _managed_policy(value: str) -> str:
    if not _MANAGED.match(value):
        raise ValueError("allowed: the ARN of a policy of AWS, such as arn:aws:iam::aws:policy/ReadOnlyAccess")
    return value


def _customer_policy(value: str) -> str:
    if not _CUSTOMER.match(value):
        raise ValueError(
            "allowed: the path and the name of a policy in each account, such as /ReadLogs or /teams/ReadLogs"
        )
    return value


def _inline_policy(value: str) -> str:
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError("allowed: a policy document as JSON")
    try:
        render_within("inlinePolicy", "inline policy", found, MAX_INLINE_POLICY)
    except DocumentError as error:
        raise ValueError(f"{error}; allowed: a shorter one") from None
    return value


def _duration(value: str) -> str:
    # https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html
    found = _DURATION.match(value)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if not 3600 <= 3600 * hours + 60 * minutes + seconds <= 12 * 3600:
        raise ValueError("allowed: from PT1H to PT12H, such as PT1H30M")
    return value


def _role(value: str) -> str:
    if value.lower() in {role.lower() for role in _NOT_FOR_PEOPLE}:
        raise ValueError(
            f"not a role for people; allowed: {DEVELOPER_ROLE}, or another role for people that layer accounts makes"
        )
    return value


def _boundary(value: str) -> str:
    if value == UNBOUNDED or _MANAGED.match(value) or _CUSTOMER.match(value):
        return value
    machines = [boundary_name(role, "") for role in (AUTOMATION_ROLE, WORKLOAD)]
    if not _POLICY_NAME.match(value) or any(value.lower().endswith(name.lower()) for name in machines):
        raise ValueError(
            f"allowed: the name of a policy in each account, such as {boundary_name(DEVELOPER_ROLE, '')}, and not "
            f"{' or '.join(machines)}"
        )
    return value


SetName = Annotated[str, AfterValidator(permission_set_name)]
Description = Annotated[str, AfterValidator(_description)]


class PermissionSet(Settings):
    """What people may do in an account: the same as a role of the project, or actions, or managed policies.

    A permissions boundary is always there, a policy that the accounts layer makes in each account, unless `boundary`
    says that this one was found otherwise: then it may have all that AWS lets it have.
    """

    description: Description | None = Field(default=None, description="what it is for")
    role: Annotated[IamName, AfterValidator(_role)] | None = Field(
        default=None, description="the role of layer accounts whose permissions and boundary it has in each account"
    )
    actions: Actions = Field(default=[], description="what it allows, such as s3:*")
    managed_policies: Annotated[list[Annotated[str, AfterValidator(_managed_policy)]], AfterValidator(unique)] = Field(
        default=[], max_length=MANAGED_POLICIES, description="ARNs of AWS's managed policies"
    )
    customer_policies: Annotated[list[Annotated[str, AfterValidator(_customer_policy)]], AfterValidator(unique)] = (
        Field(
            default=[],
            max_length=MANAGED_POLICIES,
            description="of one that was found so: policies that others make in each account, as /PATH/NAME",
        )
    )
    inline_policy: Annotated[str, AfterValidator(_inline_policy)] | None = Field(
        default=None, description="of one that was found so: its own policy, as JSON"
    )
    session_hours: int = Field(default=1, ge=1, le=12, description="how long a session is good")
    session_duration: Annotated[str, AfterValidator(_duration)] | None = Field(
        default=None, description="the same where it is no whole hours, such as PT1H30M"
    )
    relay_state: str | None = Field(
        default=None, min_length=1, max_length=240, description="the page of the console that people come to"
    )
    tags: Tags = Field(default={}, description="tags of the permission set itself")
    boundary: Annotated[str, AfterValidator(_boundary)] | None = Field(
        default=None,
        description="the policy in each account that bounds it, that of the role unless given. Of one that was found "
        "so: none, or what others made its boundary, as /PATH/NAME or the ARN of a policy of AWS",
    )

    @model_validator(mode="after")
    def _consistent(self) -> PermissionSet:
        if found := next(self._problems(), None):
            raise ValueError(found)
        return self

    def _problems(self) -> Iterator[str]:
        if "session_hours" in self.model_fields_set and self.session_duration:
            both = f"sessionHours is {self.session_hours} and sessionDuration {self.session_duration}"
            yield f"{both}; allowed: one of them"
        if self.role and (self.actions or self.managed_policies):
            more = "actions" if self.actions else "managedPolicies"
            yield (
                f"role is {self.role!r} and {more} is {listed(self.actions or self.managed_policies)}; allowed: role, "
                "or actions and managedPolicies"
            )
        if self.role and self.boundary not in (None, boundary_name(self.role, "")):
            yield (
                f"boundary is {self.boundary!r} and role is {self.role!r}, which has a boundary of its own; allowed: "
                "no boundary beside role"
            )
        if self.actions and self.inline_policy:
            yield "actions and inlinePolicy are set, and both are its policy of its own; allowed: one of them"
        if self.actions:
            try:
                render_within("actions", "inline policy", document(allow(self.actions, "*")), MAX_INLINE_POLICY)
            except DocumentError as error:
                yield f"{error}; allowed: fewer actions, such as s3:* for all of S3"
        if not self.as_found:
            yield from self._loose()

    def _loose(self) -> Iterator[str]:
        """What only a permission set may have that was found with a boundary of others, or without one."""
        if not (self.role or self.actions or self.managed_policies):
            yield "it gives nothing; allowed: role, actions or managedPolicies"
        administrators = [each for each in self.managed_policies if each.rpartition("/")[2] in _ADMINISTRATORS]
        if administrators:
            yield (
                f"managedPolicies has {administrators[0]}, an administrator's policy, and no permission set makes "
                f"administrators; allowed: any policy of AWS but {', '.join(sorted(_ADMINISTRATORS))}"
            )
        for key, value in (("inlinePolicy", self.inline_policy), ("customerPolicies", self.customer_policies)):
            if value:
                yield (
                    f"{key} is only for a permission set that was found without a boundary of this project; allowed: "
                    f"role, or actions and managedPolicies, or boundary with what it has, such as {UNBOUNDED}"
                )

    @property
    def as_found(self) -> bool:
        """Whether it says itself that no policy of this project bounds it."""
        return bounded_by_others(self.boundary)

    @property
    def bounded_by(self) -> str:
        """The name of the policy that the accounts layer makes and that is the boundary; with `role` it is the
        permissions too. Empty if `as_found`."""
        return "" if self.as_found else self.boundary or boundary_name(self.role or DEVELOPER_ROLE, "")

    @property
    def own_policy(self) -> Document | None:
        """Its inline policy."""
        if self.inline_policy:
            found: Document = json.loads(self.inline_policy)
            return found
        return document(allow(self.actions, "*")) if self.actions else None

    @property
    def duration(self) -> str:
        """How long a session is good, as AWS writes it."""
        return self.session_duration or f"PT{self.session_hours}H"


def customer_policy(value: str) -> tuple[str, str]:
    """The name and the path of a policy that is written as /PATH/NAME."""
    path, slash, name = value.rpartition("/")
    return name, f"{path}{slash}"
