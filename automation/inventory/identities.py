"""The IAM users and groups of the management account, and the roles there that have names made here."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation import aws
from shared.layers import LAYERS
from shared.policy_documents.roles import AUTOMATION_IDENTITY, MANAGED_ROLES, ROLES_PATH, deploy_role, preview_role

_DEPLOYING = [name for layer in LAYERS for name in (deploy_role(layer), preview_role(layer))]

ROLES = (AUTOMATION_IDENTITY, *MANAGED_ROLES, *_DEPLOYING)
"""The names of the roles that this project makes, here or in the member accounts."""


@dataclass(frozen=True)
class Principal:
    """A user, group or role. `groups` are those that a user is in; policies are `inline` by name, `attached` by ARN."""

    name: str
    groups: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identities:
    """The IAM principals of the management account."""

    users: tuple[Principal, ...] = ()
    groups: tuple[Principal, ...] = ()
    roles: tuple[Principal, ...] = ()


def read_identities(environment: str, root: Path) -> Identities:
    """All users and groups, in few calls, the roles of `ROLES` that exist, and those under the path of added roles.

    Raises `automation.aws.AwsFailed`.

    The user whose credentials these are is left out: who removes it cannot go on.
    """
    client, sts = aws.client(environment, "iam", root), aws.client(environment, "sts", root)
    with aws.errors(environment, "reading the users and groups of the management account"):
        caller = sts.get_caller_identity()["Arn"]
        users: list[Principal] = []
        groups: list[Principal] = []
        added: list[Principal] = []
        pages = client.get_paginator("get_account_authorization_details").paginate(Filter=["User", "Group", "Role"])
        for page in pages:
            users += [_principal(each, "User") for each in page.get("UserDetailList", []) if each["Arn"] != caller]
            groups += [_principal(each, "Group") for each in page.get("GroupDetailList", [])]
            # Roles for tokens of CI jobs: whose they are is in the name, which the configuration chooses.
            added += [_principal(each, "Role") for each in page.get("RoleDetailList", []) if each["Path"] == ROLES_PATH]
        return Identities(tuple(users), tuple(groups), (*_roles(client), *added))


def _principal(detail: dict[str, Any], kind: str) -> Principal:
    return Principal(
        detail[f"{kind}Name"],
        tuple(sorted(detail.get("GroupList") or ())),
        tuple(sorted(each["PolicyName"] for each in detail.get(f"{kind}PolicyList") or ())),
        tuple(sorted(each["PolicyArn"] for each in detail.get("AttachedManagedPolicies") or ())),
    )


def _roles(client: Any) -> Iterator[Principal]:
    for name in ROLES:
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            continue
        inline = client.list_role_policies(RoleName=name)["PolicyNames"]
        attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        yield Principal(name, (), tuple(inline), tuple(each["PolicyArn"] for each in attached))


def removal_of_user(environment: str, root: Path, user: Principal) -> str:
    """The commands that delete a user, with what AWS wants to be deleted before. Raises `automation.aws.AwsFailed`.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    client = aws.client(environment, "iam", root)
    named = f"--user-name {shlex.quote(user.name)}"
    steps = [f"remove-user-from-group --group-name {shlex.quote(group)} {named}" for group in user.groups]
    with aws.errors(environment, f"reading what the user {user.name} has"):
        for key in client.list_access_keys(UserName=user.name)["AccessKeyMetadata"]:
            steps.append(f"delete-access-key --access-key-id {key['AccessKeyId']} {named}")
        for device in client.list_mfa_devices(UserName=user.name)["MFADevices"]:
            steps.append(f"deactivate-mfa-device --serial-number {device['SerialNumber']} {named}")
        try:
            client.get_login_profile(UserName=user.name)
            steps.append(f"delete-login-profile {named}")
        except client.exceptions.NoSuchEntityException:
            pass
    return chain([*steps, *_policies("user", user), f"delete-user {named}"])


def removal_of_group(group: Principal, members: Iterable[str]) -> str:
    """The commands that delete a group, with what AWS wants to be deleted before."""
    named = f"--group-name {shlex.quote(group.name)}"
    steps = [f"remove-user-from-group {named} --user-name {shlex.quote(user)}" for user in members]
    return chain([*steps, *_policies("group", group), f"delete-group {named}"])


def removal_of_role(role: Principal) -> str:
    """The commands that delete a role, with what AWS wants to be deleted before."""
    return chain([*_policies("role", role), f"delete-role --role-name {shlex.quote(role.name)}"])


def removal_of_policy(kind: str, principal: Principal, policy: str) -> str:
    """The command that takes one policy, a name or an ARN, from a user or group."""
    return chain([_without(kind, principal, policy)])


def chain(steps: Iterable[str]) -> str:
    """One line for a shell that ends at the first step that fails."""
    return " && ".join(f"aws iam {step}" for step in steps)


def _policies(kind: str, principal: Principal) -> list[str]:
    return [_without(kind, principal, policy) for policy in (*principal.inline, *principal.attached)]


def _without(kind: str, principal: Principal, policy: str) -> str:
    named = f"--{kind}-name {shlex.quote(principal.name)}"
    if policy in principal.attached:
        return f"detach-{kind}-policy {named} --policy-arn {policy}"
    return f"delete-{kind}-policy {named} --policy-name {shlex.quote(policy)}"
