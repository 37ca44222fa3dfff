"""All of an organization that this project can describe, as AWS has it. AWS is only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation import aws
from automation.adoption.identity_center import FoundCenter, read_identity_center
from automation.inventory.identities import Identities, read_identities
from automation.inventory.organization import Member, Organization, pages, read_organization
from shared.errors import UsageError
from shared.organization_policies.types import POLICY_TYPES
from stacks.org.config import ROOT_ACCESS_FEATURES

Tags = Mapping[str, str]


@dataclass(frozen=True)
class FoundPolicy:
    """An organization policy that AWS does not manage. `targets` are the ids of what it is attached to."""

    id: str
    name: str
    type: str
    description: str
    content: str
    targets: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """The organization of the management account `management`.

    `tags` are those of OUs and accounts, by id. `types` are the policy types that are on, and `unknown_types` those of
    which this project knows nothing. `root_access` says whether root access is centralized whole. `password_policy` is
    that of the management account, as IAM gives it. `users` are those of the group of developers, as IAM gives them.
    `identity_center` is None if there is no instance.
    """

    organization: Organization
    management: str
    region: str
    types: tuple[str, ...] = ()
    unknown_types: tuple[str, ...] = ()
    policies: tuple[FoundPolicy, ...] = ()
    tags: Mapping[str, Tags] = field(default_factory=dict)
    root_access: bool = False
    identities: Identities = field(default_factory=Identities)
    users: tuple[Mapping[str, Any], ...] = ()
    password_policy: Mapping[str, Any] | None = None
    identity_center: FoundCenter | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        """The accounts in which something can be done, by name."""
        open_ones = [each for each in self.organization.members if each.state == "ACTIVE"]
        return tuple(sorted(open_ones, key=lambda each: (each.name, each.id)))

    @property
    def closed(self) -> tuple[Member, ...]:
        """The accounts that are closed, or not open yet."""
        return tuple(each for each in self.organization.members if each.state != "ACTIVE")


def read_snapshot(environment: str, root: Path, group: str) -> Snapshot:
    """The organization of the credentials, with the users of the IAM group `group`.

    Raises `UsageError` if there is none, or if the credentials are of another account than its management account, and
    `automation.aws.AwsFailed`.
    """
    sts = aws.client(environment, "sts", root)
    with aws.errors(environment, "asking whose the AWS credentials are"):
        account = str(sts.get_caller_identity()["Account"])
    client = aws.client(environment, "organizations", root)
    management = _management(environment, client, account)
    organization = read_organization(environment, root)
    assert organization  # noqa: S101 - `_management` has refused it
    with aws.errors(environment, "reading the policies and tags of the organization"):
        top = next(pages(client, "list_roots", "Roots"))
        on = [each["Type"] for each in top.get("PolicyTypes", []) if each["Status"] == "ENABLED"]
        policies = tuple(_policy(client, each.id, each.targets) for each in organization.policies)
        tagged = [unit.id for unit in organization.units]
        tagged += [each.id for each in organization.members if not each.closed]
        tags = {each: found for each in tagged if (found := _tags(client, each))}
    identities = read_identities(environment, root)
    return Snapshot(
        organization,
        management,
        str(sts.meta.region_name),
        tuple(sorted(each for each in on if each in POLICY_TYPES)),
        tuple(sorted(each for each in on if each not in POLICY_TYPES)),
        policies,
        tags,
        _root_access(environment, root),
        identities,
        _users(environment, root, [each.name for each in identities.users if group in each.groups]),
        _password_policy(environment, root),
        read_identity_center(environment, root),
    )


def _management(environment: str, client: Any, account: str) -> str:
    with aws.errors(environment, "looking for the organization"):
        try:
            found = client.describe_organization()["Organization"]
        except client.exceptions.AWSOrganizationsNotInUseException:
            raise UsageError(
                f"account {account} is in no organization, so there is nothing to adopt; allowed: the credentials of "
                "an organization's management account, or org:mode create in files of your own, which makes one"
            ) from None
    if found["MasterAccountId"] != account:
        raise UsageError(
            f"the credentials are of account {account}, a member of the organization {found['Id']}; allowed: "
            f"credentials of its management account, {found['MasterAccountId']}"
        )
    if found.get("FeatureSet", "ALL") != "ALL":
        raise UsageError(
            f"the organization {found['Id']} has the features {found['FeatureSet']}; allowed: all features "
            "(aws organizations enable-all-features)"
        )
    return account


def _policy(client: Any, identity: str, targets: tuple[str, ...]) -> FoundPolicy:
    found = client.describe_policy(PolicyId=identity)["Policy"]
    summary = found["PolicySummary"]
    return FoundPolicy(
        identity,
        summary["Name"],
        summary["Type"],
        summary.get("Description") or "",
        found["Content"],
        targets,
        _tags(client, identity),
    )


def _tags(client: Any, identity: str) -> dict[str, str]:
    found = pages(client, "list_tags_for_resource", "Tags", ResourceId=identity)
    return {each["Key"]: each["Value"] for each in sorted(found, key=lambda each: str(each["Key"]))}


def _root_access(environment: str, root: Path) -> bool:
    """Whether all of centralized root access is on. IAM refuses the question where its trusted access is off."""
    client = aws.client(environment, "iam", root)
    try:
        with aws.errors(environment, "reading the features of the organization in IAM"):
            on = client.list_organizations_features().get("EnabledFeatures", [])
    except aws.AwsFailed as error:
        if error.code not in ("ServiceAccessNotEnabledException", "OrganizationNotInAllFeaturesModeException"):
            raise
        return False
    return set(on) == set(ROOT_ACCESS_FEATURES)


def _users(environment: str, root: Path, names: list[str]) -> tuple[Mapping[str, Any], ...]:
    client = aws.client(environment, "iam", root)
    with aws.errors(environment, "reading the users of the management account"):
        return tuple(client.get_user(UserName=name)["User"] for name in names)


def _password_policy(environment: str, root: Path) -> Mapping[str, Any] | None:
    client = aws.client(environment, "iam", root)
    with aws.errors(environment, "reading the password policy of the management account"):
        try:
            found: Mapping[str, Any] = client.get_account_password_policy()["PasswordPolicy"]
        except client.exceptions.NoSuchEntityException:
            return None
        return found
