"""The files of the four layers that describe an organization as it is, so that nothing of it changes.

What this project would do to things that work today is off in them, with a comment: a person decides to turn it on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.adoption.center_settings import KEY as CENTER_KEY
from automation.adoption.naming import unit_names
from automation.adoption.snapshot import Snapshot
from automation.adoption.texts import Lines, dumped
from automation.imports.access_role import CANDIDATES
from automation.inventory.organization import Member
from automation.schemas.lines import schema_line
from shared.layers import StackId
from shared.organization_policies.types import POLICY_TYPES
from shared.policy_documents.roles import DEVELOPERS_GROUP, ENROLMENT_GROUP
from shared.settings.fields import ACCESS_ROLE
from shared.settings.passwords import PasswordSettings
from shared.units import ROOT_UNIT
from stacks.identity.config import MAX_TRUSTED_USERS

MANAGEMENT_COMMENT = "The management account."


@dataclass(frozen=True)
class Draft:
    """A file to write, at `path` below the root of the repository."""

    path: Path
    text: str

    @property
    def label(self) -> str:
        """The path as messages show it."""
        return self.path.as_posix()


@dataclass(frozen=True)
class Target:
    """Where the files are for, and what they have in common."""

    environment: str
    region: str
    management: str
    written_by: str
    """The command, and what it knew the values from."""
    secrets_provider: str | None = None
    profile: str | None = None
    """That of the AWS configuration of everybody who works with the files."""

    def lines(self) -> Lines:
        """The beginning of every file."""
        found = Lines(f"Written by {self.written_by}: edit it, it is not written again.")
        found.add("aws:region", self.region)
        if self.profile:
            found.add("aws:profile", self.profile)
        found.add("aws:allowedAccountIds", [self.management], MANAGEMENT_COMMENT)
        return found

    def draft(self, stack: StackId, lines: Lines) -> Draft:
        """The file of `stack`."""
        text = schema_line(stack.config_label) + lines.text("config")
        if self.secrets_provider:
            text += dumped({"secretsprovider": self.secrets_provider})
        return Draft(Path(stack.config_label), text)


def org_file(target: Target, found: Snapshot, keys: Mapping[str, str]) -> Draft:
    """Of the organization, with the OUs in `keys`: id → key."""
    lines = target.lines()
    lines.add("org:mode", "create", "This stack manages the organization; it is imported, not made.")
    lines.add(
        "org:projectFeatures",
        False,
        "true turns on the policy types and trusted services of this project's own policies.",
    )
    lines.add("org:policyTypes", [POLICY_TYPES[each].key for each in found.types])
    lines.add("org:additionalTrustedServices", list(found.organization.services))
    lines.add(
        "org:centralizedRootAccess",
        found.root_access,
        *(
            []
            if found.root_access
            else ["true: the management account deletes and replaces members' root credentials."]
        ),
    )
    lines.add("org:organizationalUnits", units_entries(found, keys))
    return target.draft(StackId("org", target.environment), lines)


def units_entries(found: Snapshot, keys: Mapping[str, str]) -> list[Any]:
    """The entries of `org:organizationalUnits`, sorted. An OU with others in it has its own only if that says more."""
    entries: dict[str, Any] = {}
    above = {key.rpartition("/")[0] for key in keys.values()}
    names = unit_names(found.organization)
    for identity, key in keys.items():
        entry: dict[str, Any] = {"key": key}
        if names[identity][1] != key.rpartition("/")[2]:
            entry["name"] = names[identity][1]
        if found.tags.get(identity):
            entry["tags"] = dict(found.tags[identity])
        if len(entry) > 1:
            entries[key] = entry
        elif key not in above:
            entries[key] = key
    return [entries[key] for key in sorted(entries)]


def managed_users(found: Snapshot) -> list[str]:
    """The users of the developers' group, if this project can make all of them as they are; else none."""
    if any(map(_more, found.users)) or len(found.users) > MAX_TRUSTED_USERS:
        return []
    return sorted(each["UserName"] for each in found.users)


CENTER_COMMENTS = (
    "IAM Identity Center as it was found. Each assignment names its accounts; an OU's path, or / for all, holds also",
    "for accounts to come. A person decides about each boundary: none, which means that nothing of this project bounds",
    "what people may do with the permission set: docs/identity-center.md.",
)


def center_key(setting: Mapping[str, Any]) -> str:
    """The key of IAM Identity Center in the file of the identity layer, with its comments."""
    lines = Lines("")
    lines.add(CENTER_KEY, dict(setting), *CENTER_COMMENTS)
    return lines.text().partition("\n")[2]


def identity_file(
    target: Target, found: Snapshot, roles: Sequence[str], center: Mapping[str, Any] | None = None
) -> Draft:
    """Of the people and automation. `roles` are the access roles that the accounts have, and `center` is the setting of
    IAM Identity Center."""
    lines = target.lines()
    managed = managed_users(found)
    if managed:
        lines.add(
            "identity:users",
            managed,
            f"The users of the group {DEVELOPERS_GROUP}: they may assume DeveloperRole.",
        )
        members = {each.name: each.groups for each in found.identities.users}
        enrolling = sorted(each for each in managed if ENROLMENT_GROUP in members.get(each, ()))
        if enrolling:
            lines.add("identity:mfaEnrolment", enrolling)
    else:
        strange = [f"{each['UserName']} ({', '.join(_more(each))})" for each in found.users if _more(each)]
        why = [f"Not as this project makes users: {', '.join(sorted(strange))}."] if strange else []
        lines.add(
            "identity:userSource",
            "external",
            f"Who is in the group {DEVELOPERS_GROUP} may assume DeveloperRole; users are made elsewhere.",
            *why,
            "IAM Identity Center instead: identity:permissionSet, or identity:identityCenter.",
        )
    lines.add("identity:automation", "user", "A CI system with OIDC: oidc, and identity:oidc.")
    settings = password_settings(found.password_policy)
    lines.add(
        "identity:passwordPolicy",
        settings,
        *([] if settings else ["null leaves that of the management account as it is; {} is this project's."]),
    )
    lines.add("identity:accessRoleNames", _all_roles(roles))
    if center:
        lines.add(CENTER_KEY, dict(center), *CENTER_COMMENTS)
    return target.draft(StackId("identity", target.environment), lines)


def policies_file(target: Target, roles: Sequence[str]) -> Draft:
    """Of the policies, but for those of AWS, which have a file each."""
    lines = target.lines()
    lines.add(
        "policies:rootTags",
        False,
        "This project's own policies are off, because they would hold for accounts that work today.",
        "What each does, and how to begin with one OU: docs/policies.md.",
    )
    lines.add("policies:resourceControl", None, "{} lets nobody from outside of the organization in.")
    lines.add(
        "policies:serviceControl", {ROOT_UNIT: {"guardrails": []}}, "Without guardrails: [], the root has all of them."
    )
    lines.add("policies:accessRoleNames", _all_roles(roles), "Take out those that no account has.")
    return target.draft(StackId("policies", target.environment), lines)


def account_file(target: Target, name: str, member: Member, found: Snapshot, unit: str, role: str) -> Draft:
    """Of one account, which is in the OU `unit`, or in the root, and has the access role `role`."""
    lines = target.lines()
    lines.add("accounts:name", member.name, f"Account {member.id}.")
    lines.add("accounts:email", member.email)
    lines.add("accounts:organizationalUnit", unit)
    if role != ACCESS_ROLE:
        lines.add("accounts:accessRoleName", role)
    if found.tags.get(member.id):
        lines.add("accounts:tags", dict(found.tags[member.id]))
    lines.add(
        "accounts:blockPublicS3",
        False,
        "true stops all public access to the account's buckets: see first that nothing needs it.",
    )
    lines.add("accounts:encryptEbs", False, "true encrypts new EBS volumes in every region used.")
    return target.draft(StackId("accounts", target.environment, name), lines)


def _all_roles(roles: Sequence[str]) -> list[str]:
    """The access roles that accounts have, and the usual ones: the next part to be adopted may have another one."""
    return sorted({*CANDIDATES, *roles})


def _more(user: Mapping[str, Any]) -> list[str]:
    """What a user has that this project would take away, or make the user anew for."""
    return [
        *([f"path {user['Path']}"] if user.get("Path", "/") != "/" else []),
        *(["tags"] if user.get("Tags") else []),
        *(["permissions boundary"] if user.get("PermissionsBoundary") else []),
    ]


def password_settings(policy: Mapping[str, Any] | None) -> dict[str, int] | None:
    """The password policy of an account as configuration; None if it is another one than this project can describe."""
    if policy is None:
        return None
    keys = {
        "minimumLength": policy.get("MinimumPasswordLength"),
        "reusePrevention": policy.get("PasswordReusePrevention"),
        "maxAgeDays": policy.get("MaxPasswordAge"),
    }
    same = all(
        policy.get(key) is True
        for key in ("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters",
                    "AllowUsersToChangePassword")
    ) and not policy.get("HardExpiry")  # fmt: skip
    try:
        PasswordSettings.model_validate(keys)
    except ValueError:
        return None
    return {key: int(value) for key, value in keys.items() if value is not None} if same else None
