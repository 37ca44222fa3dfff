"""What the controls judge, read when it is first needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, get_args

from automation import aws
from automation.audit.reader import Ask
from stacks.accounts.config import ContactKind

CONTACTS = tuple(kind.upper() for kind in get_args(ContactKind))
"""https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html"""


@dataclass(frozen=True)
class Key:
    """An access key that is active. `used` is None if it never was."""

    id: str
    created: datetime
    used: datetime | None


@dataclass(frozen=True)
class User:
    """An IAM user. `used` is the last use of its password or of a key, None if there was none."""

    name: str
    created: datetime
    password: bool
    mfa: bool
    keys: tuple[Key, ...]
    used: datetime | None


@dataclass(frozen=True)
class Target:
    """An account of the organization, and the ids of its OUs and of the root."""

    id: str
    name: str
    state: str
    above: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


@dataclass(frozen=True)
class Policy:
    """An organization policy that the organization itself has made."""

    id: str
    name: str
    targets: frozenset[str]
    denies: bool


class Facts:
    """The facts of one environment, at the time `now`. Everything raises `AwsFailed` if AWS cannot be asked for it."""

    def __init__(self, environment: str, ask: Ask, now: datetime | None = None) -> None:
        self.environment, self.ask = environment, ask
        self.now = now or datetime.now(UTC)

    # The organization

    @cached_property
    def organization(self) -> Mapping[str, Any]:
        """Its id, features and management account, in AWS's words."""
        found: Mapping[str, Any] = self.ask("organizations", "describe_organization")["Organization"]
        return found

    @cached_property
    def root(self) -> Mapping[str, Any]:
        """The root, in AWS's words."""
        found: Mapping[str, Any] = self.ask("organizations", "list_roots")["Roots"][0]
        return found

    @cached_property
    def policy_types(self) -> frozenset[str]:
        """The types of policies that are on."""
        return frozenset(each["Type"] for each in self.root.get("PolicyTypes", []) if each["Status"] == "ENABLED")

    @cached_property
    def members(self) -> tuple[Target, ...]:
        """All accounts but the management account."""
        return tuple(self._below(str(self.root["Id"]), ()))

    @property
    def active(self) -> tuple[Target, ...]:
        """The members that can be worked in."""
        return tuple(each for each in self.members if each.state == "ACTIVE")

    def _below(self, parent: str, above: tuple[str, ...]) -> Iterator[Target]:
        path = (*above, parent)
        for each in self.ask("organizations", "list_accounts_for_parent", ParentId=parent)["Accounts"]:
            if each["Id"] != self.organization["MasterAccountId"]:
                yield Target(each["Id"], each.get("Name", ""), aws.state_of(each), path)
        units = self.ask("organizations", "list_organizational_units_for_parent", ParentId=parent)
        for each in units["OrganizationalUnits"]:
            yield from self._below(each["Id"], path)

    def policies(self, kind: str) -> list[Policy]:
        """The policies of a type, but for AWS's own."""
        found = []
        for each in self.ask("organizations", "list_policies", Filter=kind)["Policies"]:
            if not each.get("AwsManaged"):
                targets = self.ask("organizations", "list_targets_for_policy", PolicyId=each["Id"])["Targets"]
                content = self.ask("organizations", "describe_policy", PolicyId=each["Id"])["Policy"]["Content"]
                found.append(
                    Policy(each["Id"], each["Name"], frozenset(one["TargetId"] for one in targets), denies(content))
                )
        return found

    @cached_property
    def services(self) -> frozenset[str]:
        """The services with trusted access."""
        found = self.ask("organizations", "list_aws_service_access_for_organization")["EnabledServicePrincipals"]
        return frozenset(each["ServicePrincipal"] for each in found)

    @cached_property
    def delegates(self) -> Mapping[str, list[str]]:
        """Service → the accounts that administer it."""
        found: dict[str, list[str]] = {}
        for account in self.ask("organizations", "list_delegated_administrators")["DelegatedAdministrators"]:
            services = self.ask("organizations", "list_delegated_services_for_account", AccountId=account["Id"])
            for each in services["DelegatedServices"]:
                found.setdefault(each["ServicePrincipal"], []).append(account["Id"])
        return found

    # An account: None is the management account

    def summary(self, account: str | None = None) -> Mapping[str, int]:
        """IAM's numbers of an account, which tell what its root user has.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html"""
        found: Mapping[str, int] = self.ask("iam", "get_account_summary", account)["SummaryMap"]
        return found

    @cached_property
    def users(self) -> tuple[User, ...]:
        """The IAM users of the management account."""
        return tuple(self._user(each) for each in self.ask("iam", "list_users")["Users"])

    def _user(self, found: Mapping[str, Any]) -> User:
        name = str(found["UserName"])
        keys = []
        for each in self.ask("iam", "list_access_keys", UserName=name)["AccessKeyMetadata"]:
            if each["Status"] == "Active":
                id_ = each["AccessKeyId"]
                last = self.ask("iam", "get_access_key_last_used", AccessKeyId=id_)["AccessKeyLastUsed"]
                keys.append(Key(id_, each["CreateDate"], last.get("LastUsedDate")))
        used = [date for date in (found.get("PasswordLastUsed"), *(key.used for key in keys)) if date]
        mfa = bool(self.ask("iam", "list_mfa_devices", UserName=name)["MFADevices"])
        return User(name, found["CreateDate"], self._has_password(name), mfa, tuple(keys), max(used) if used else None)

    def _has_password(self, user: str) -> bool:
        try:
            self.ask("iam", "get_login_profile", UserName=user)
        except aws.AwsFailed as error:
            if error.code == "NoSuchEntity":
                return False
            raise
        return True

    def roles(self, account: str | None = None) -> list[Mapping[str, Any]]:
        """The roles of an account but for those that AWS's services keep, which nobody else can change."""
        return [
            each
            for each in self.ask("iam", "list_roles", account)["Roles"]
            if not each["Path"].startswith(("/aws-service-role/", "/aws-reserved/"))
        ]

    def contacts(self, account: str | None = None) -> set[str]:
        """The kinds of alternate contacts that an account has."""
        found = set()
        for kind in CONTACTS:
            try:
                self.ask("account", "get_alternate_contact", account, AlternateContactType=kind)
            except aws.AwsFailed as error:
                if error.code != "ResourceNotFoundException":
                    raise
            else:
                found.add(kind)
        return found


def denies(content: str) -> bool:
    """Whether a policy document denies anything."""
    return any(each.get("Effect") == "Deny" for each in as_list(json.loads(content).get("Statement")))


def as_list(value: Any) -> list[Any]:
    """An element of a policy document, which may be one value, a list or missing, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
