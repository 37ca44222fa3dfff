"""Configuration of who may assume the roles that accounts add to DeveloperRole and AutomationRole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.errors import DocumentError
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import (
    AUTOMATION_IDENTITY,
    AUTOMATION_ROLE,
    DEVELOPER_ROLE,
    DEVELOPERS_GROUP,
    ENROLMENT_GROUP,
    sign_in_role,
)
from shared.settings.base import Settings
from shared.settings.checks import listed
from shared.settings.fields import IamName, Switch, unique, unique_ignoring_case
from stacks.identity import tokens
from stacks.identity.iam_policies import web_identity_trust_policy
from stacks.identity.identity_center_config import GroupName
from stacks.identity.permission_set_config import MAX_SET_NAME, SetName, permission_set_name

_ASSUME = "Assume"


class RoleWho(Settings):
    """Who may assume one role: people, or the tokens of CI jobs, and never both."""

    group: IamName | None = Field(
        default=None, description="the group of the people; the role's name unless given. developers is theirs"
    )
    existing_group: IamName | None = Field(
        default=None, description="an IAM group of the management account that others make and fill, instead of group"
    )
    users: Annotated[list[IamName], AfterValidator(unique_ignoring_case)] = Field(
        default=[], description="its users: those of identity:users, or others, which are then made here"
    )
    permission_set: SetName | None = Field(
        default=None, description="the permission set of IAM Identity Center whose people may assume the role"
    )
    identity_center_group: GroupName | None = Field(
        default=None, description="the group of identity:identityCenter.groups whose people may assume the role"
    )
    require_mfa: Switch | None = Field(default=None, description="people need MFA; true unless given")
    oidc_subjects: Annotated[list[str], AfterValidator(unique)] = Field(
        default=[],
        description="the `sub` of tokens of identity:oidc that may assume the role, with a role of their own",
    )

    @property
    def people(self) -> list[str]:
        """The keys that name people."""
        return [key for key, value in self._given.items() if value]

    def value(self, key: str) -> str:
        """What one of these keys says, for a message."""
        value = self._given[key]
        return value if isinstance(value, str) else listed(value or ())

    @property
    def _given(self) -> Mapping[str, str | Sequence[str] | None]:
        return {
            "group": self.group,
            "existingGroup": self.existing_group,
            "users": self.users,
            "permissionSet": self.permission_set,
            "identityCenterGroup": self.identity_center_group,
        }

    @property
    def has_group(self) -> bool:
        """Whether people come as users, who are in a group."""
        return bool(self.group or self.existing_group or self.users)


@dataclass(frozen=True)
class Others:
    """What `identity:roles` must fit: the other settings of the layer. `issuer` and `audience` are None without OIDC,
    and `most` is how many users fit into a trust policy, None if it trusts the account. `center_groups` and
    `center_sets` are the groups and permission sets of `identity:identityCenter`, None without it."""

    users: Sequence[str]
    external: bool
    issuer: str | None
    audience: str | None
    most: int | None
    most_beside_set: int | None
    center_groups: Sequence[str] | None
    center_sets: Sequence[str]


def all_users(users: Sequence[str], roles: Mapping[str, RoleWho]) -> list[str]:
    """The developers, and the users that roles add."""
    return list(dict.fromkeys([*users, *(user for who in roles.values() for user in who.users)]))


def problems(roles: Mapping[str, RoleWho], others: Others) -> Iterator[str]:
    """What is wrong with who may assume the roles."""
    for role, who in roles.items():
        if role in (DEVELOPER_ROLE, AUTOMATION_ROLE):
            yield _operating_model(role, who, others)
        else:
            yield from _one(f"identity:roles.{role}", role, who, others)
    yield from _names(roles)
    yield from _groups(roles)
    yield from _spellings(roles, others)


def _names(roles: Iterable[str]) -> Iterator[str]:
    """IAM takes names that differ only in their case for one."""
    first: dict[str, str] = {}
    for role in roles:
        other = first.setdefault(role.lower(), role)
        if other != role:
            yield (
                f"identity:roles.{role} and identity:roles.{other} are one role; allowed: names that differ, whatever "
                "their case"
            )


def _operating_model(role: str, who: RoleWho, others: Others) -> str:
    """Developers and AutomationRole never meet, and neither do automation and a role of people."""
    key = f"identity:roles.{role}"
    if role == AUTOMATION_ROLE and who.people:
        return (
            f"{key}.{who.people[0]} ({who.value(who.people[0])}) lets people assume {AUTOMATION_ROLE}, which "
            f"identity:automation ({'oidc' if others.issuer else 'user'}) gives to automation alone; allowed: another "
            "role for them"
        )
    if role == DEVELOPER_ROLE and who.oidc_subjects:
        people = "identity:userSource (external)" if others.external else f"identity:users ({listed(others.users)})"
        return (
            f"{key}.oidcSubjects ({listed(who.oidc_subjects)}) lets automation assume {DEVELOPER_ROLE}, which {people} "
            "gives to people alone; allowed: another role for it"
        )
    its = "identity:automation and identity:oidc" if role == AUTOMATION_ROLE else "identity:users and its neighbours"
    return f"{key}: who may assume {role} is said by {its}; allowed here: other roles"


def _one(key: str, role: str, who: RoleWho, others: Others) -> Iterator[str]:
    people = who.people
    if people and who.oidc_subjects:
        yield (
            f"{key}.{people[0]} ({who.value(people[0])}) names people, and {key}.oidcSubjects "
            f"({listed(who.oidc_subjects)}) automation: no role is for both; allowed: a role for each"
        )
    if not people and not who.oidc_subjects:
        yield (
            f"{key} names nobody; allowed: group, existingGroup, users, permissionSet, identityCenterGroup or "
            "oidcSubjects"
        )
    if who.require_mfa is not None and not people:
        whose = f", for {key}.oidcSubjects ({listed(who.oidc_subjects)})" if who.oidc_subjects else ""
        yield (
            f"{key}.requireMfa is {str(who.require_mfa).lower()}{whose}, and tokens carry no MFA; allowed: only for "
            "people"
        )
    if any(user.lower() == AUTOMATION_IDENTITY for user in who.users):
        yield (
            f"{key}.users lists {AUTOMATION_IDENTITY}, which is automation (identity:automation is "
            f"{'oidc' if others.issuer else 'user'}) and never gets a role of people; allowed: other users"
        )
    if who.users and others.external:
        yield (
            f"{key}.users lists {', '.join(who.users)} while identity:userSource is 'external'; allowed: group or "
            "existingGroup"
        )
    if who.users and who.group == DEVELOPERS_GROUP:
        yield (
            f"{key}.group is {DEVELOPERS_GROUP}, whose users are identity:users ({listed(others.users)}), and "
            f"{key}.users is {listed(who.users)}; allowed: no users"
        )
    if who.existing_group and (beside := [each for each in ("group", "users") if getattr(who, each)]):
        yield (
            f"{key}.existingGroup is {who.existing_group}, whose members are others', and {key}.{beside[0]} is there "
            "too; allowed: one of them"
        )
    most = others.most_beside_set if who.permission_set or who.identity_center_group else others.most
    if most is not None and len(who.users) > most:
        yield (
            f"{key}.users lists {len(who.users)} users; at most {most} fit into the trust policy{_beside(key, who)} "
            "while identity:developerTrust is 'users'; for more set identity:developerTrust: account"
        )
    if who.identity_center_group:
        yield from _center(f"{key}.identityCenterGroup", role, who.identity_center_group, others)
    yield from _subjects(key, role, who, others)


def _beside(key: str, who: RoleWho) -> str:
    sets = [each for each in ("permissionSet", "identityCenterGroup") if each in who.people]
    return f" beside {key}.{sets[0]} ({who.value(sets[0])})" if sets else ""


def permission_set_of(role: str) -> str:
    """The name of the permission set with which a group of IAM Identity Center assumes the role."""
    return f"{_ASSUME}{role}"


def _center(key: str, role: str, group: str, others: Others) -> Iterator[str]:
    if others.center_groups is None:
        yield f"{key} is {group!r} and identity:identityCenter is missing; allowed: with {group} in its groups"
    elif group not in others.center_groups:
        there = ", ".join(sorted(others.center_groups))
        yield f"{key} is {group!r}; allowed: one of identity:identityCenter.groups ({there})"
    name = permission_set_of(role)
    try:
        permission_set_name(name)
    except ValueError:
        yield (
            f"{key} would make the permission set {name} of {len(name)} characters, and AWS allows {MAX_SET_NAME}; "
            f"allowed: for roles with names of {MAX_SET_NAME - len(_ASSUME)} characters at most"
        )
    for other in others.center_sets:
        if other.lower() == name.lower():
            yield (
                f"{key} makes the permission set {name}, and identity:identityCenter.permissionSets.{other} too; "
                "allowed: another name there"
            )


def _subjects(key: str, role: str, who: RoleWho, others: Others) -> Iterator[str]:
    if not who.oidc_subjects:
        return
    if others.issuer is None or others.audience is None:
        yield (
            f"{key}.oidcSubjects is {listed(who.oidc_subjects)} and identity:automation is 'user'; allowed: only with "
            "identity:automation: oidc and identity:oidc"
        )
        return
    for subject in who.oidc_subjects:
        try:
            tokens.subject(subject, others.issuer)
        except ValueError as error:
            yield f"{key}.oidcSubjects has {subject!r}: {error}"
    provider = f"arn:aws:iam::{'1' * 12}:oidc-provider/{others.issuer.removeprefix('https://')}"
    policy = web_identity_trust_policy(provider, others.issuer, others.audience, who.oidc_subjects)
    try:
        render_trust_policy(sign_in_role(role), policy)
    except DocumentError as error:
        yield f"{key}.oidcSubjects has {len(who.oidc_subjects)} subjects: {error}; allowed: fewer or shorter subjects"


def group_of(role: str, who: RoleWho) -> str:
    """The name of the group that this layer makes for a role's people."""
    return who.group or role


def _groups(roles: Mapping[str, RoleWho]) -> Iterator[str]:
    first: dict[str, str] = {}
    for role, who in roles.items():
        if not who.has_group or who.group == DEVELOPERS_GROUP or who.existing_group:
            continue
        name = group_of(role, who)
        key = f"identity:roles.{role}.{'group' if who.group else 'users'}"
        if name.lower() in (DEVELOPERS_GROUP, ENROLMENT_GROUP):
            whose = "identity:users" if name.lower() == DEVELOPERS_GROUP else "identity:mfaEnrolment"
            yield f"{key} would make the group {name}, which this layer has for {whose}; allowed: another name"
        other = first.setdefault(name.lower(), key)
        if other != key:
            yield f"{key} and {other} have the group {name}; allowed: a group for each role"
    for role, who in roles.items():
        name, key = who.existing_group or "", f"identity:roles.{role}.existingGroup"
        if name.lower() == DEVELOPERS_GROUP:
            yield f"{key} is {name}, which this layer makes; allowed: {key.replace('existingGroup', 'group')}"
        elif name.lower() == ENROLMENT_GROUP:
            yield f"{key} is {name}, which this layer makes for identity:mfaEnrolment; allowed: another group"
        elif name.lower() in first:
            yield f"{key} is {name}, which {first[name.lower()]} makes; allowed: a group that others make"


def _spellings(roles: Mapping[str, RoleWho], others: Others) -> Iterator[str]:
    spelled = {user.lower(): (user, "identity:users") for user in others.users}
    for role, who in roles.items():
        for user in who.users:
            first, where = spelled.setdefault(user.lower(), (user, f"identity:roles.{role}.users"))
            if first != user:
                yield f"identity:roles.{role}.users lists {user}, and {where} {first}; allowed: one spelling"
