"""What is in the organization and in no stack, each with the command that adopts it and the one that removes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from automation.inventory import declared as state
from automation.inventory.declared import Declared
from automation.inventory.identities import (
    Identities,
    Principal,
    removal_of_group,
    removal_of_policy,
    removal_of_role,
)
from automation.inventory.organization import Member, Organization, Policy, Unit
from automation.results import Foreign
from shared.policy_documents.roles import DEVELOPERS_GROUP
from shared.settings.checks import counted
from shared.units import ROOT_UNIT

_MADE_HERE = re.compile(r"MonthlyBackup|RootTags|Tags-.+|Guardrails-.+|Perimeter")
"""The names of the policies that the policies layer makes."""


@dataclass(frozen=True)
class Naming:
    """What the commands to adopt name: the environment, the accounts whose file has an address (in lower case), and
    the names of accounts that are taken."""

    environment: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    taken: Collection[str] = ()

    def importing(self, name: str, identity: str) -> str:
        """The command that imports something."""
        return f"invoke import {shlex.quote(name)} {shlex.quote(identity)} --env {self.environment}"


def foreign_in_organization(found: Organization, known: Declared, naming: Naming, *, create: bool) -> list[Foreign]:
    """In the order in which they can be removed: an OU after what is in it or attached to it. With `create`, the
    organization itself, too."""
    things: list[Foreign] = []
    if create and not known.has(state.ORGANIZATION, found.id):
        adopt = naming.importing("org:organization", found.id)
        things.append(Foreign("organization", found.id, found.id, adopt, None, (found.id,)))
    things += _services(found, known, naming)
    for policy in found.policies:
        if known.has(state.POLICY, policy.id):
            things += _attachments(policy, found, known)
        else:
            things.append(_policy(policy, found, naming))
    for member in found.members:
        # AWS lists a closed account for 90 days. There is nothing to adopt or to remove.
        if not member.closed and not known.has(state.ACCOUNT, member.id):
            things.append(_account(member, known, naming))
    for unit in reversed(found.units):
        if not known.has(state.UNIT, unit.id):
            things.append(_unit(unit, found, known, naming))
    return things


def foreign_identities(
    found: Identities, known: Declared, naming: Naming, removal: Callable[[Principal], str], *, external: bool
) -> list[Foreign]:
    """The users, groups and roles. With `external`, other tools make the users, and put them into groups."""
    things: list[Foreign] = []
    strangers = [] if external else [user for user in found.users if not known.has(state.USER, user.name)]
    for user in strangers:
        groups = f" in group {', '.join(user.groups)}" if user.groups else ""
        adopt = f"put it into identity:users, then {naming.importing(f'identity:{user.name}', user.name)}"
        things.append(Foreign("user", user.name + groups, user.name, adopt, removal(user), (f"user/{user.name}",)))
    names = {user.name for user in strangers}
    # A group of others that has a policy made here is in use: it is neither to be adopted nor to be removed.
    used = {policy.partition(":")[0] for policy in known.ids.get(state.GROUP_POLICY, ())}
    for group in found.groups:
        if group.name in used and not known.has(state.GROUP, group.name):
            continue
        members = [user.name for user in found.users if group.name in user.groups]
        if not known.has(state.GROUP, group.name):
            ours = group.name == DEVELOPERS_GROUP
            adopt_group = naming.importing(f"identity:{group.name}", group.name) if ours else None
            removed = removal_of_group(group, members)
            things.append(Foreign("group", group.name, group.name, adopt_group, removed, (f"group/{group.name}",)))
            continue
        things += _policies("group", group, known)
        for user_name in [] if external else members:
            if user_name not in names and (group.name, user_name) not in known.members:
                things.append(_member(group.name, user_name))
    for user in found.users:
        if known.has(state.USER, user.name):
            things += _policies("user", user, known)
    for role in found.roles:
        if not known.has(state.ROLE, role.name):
            keys = (f"role/{role.name}",)
            things.append(Foreign("role", role.name, role.name, None, removal_of_role(role), keys))
    return things


def without_ignored(things: Sequence[Foreign], entries: Sequence[str]) -> tuple[list[Foreign], list[str]]:
    """The things that no entry of `org:ignore` fits, and the entries that fit nothing."""
    used = {entry for entry in entries for thing in things if _fits(thing, entry)}
    left = [thing for thing in things if not any(_fits(thing, entry) for entry in used)]
    return left, [entry for entry in entries if entry not in used]


def _fits(thing: Foreign, entry: str) -> bool:
    return any(fnmatchcase(key, entry) for key in thing.keys)


def _unit(unit: Unit, found: Organization, known: Declared, naming: Naming) -> Foreign:
    key = unit.key(known.units)
    adopt = f"put it into org:organizationalUnits, then {naming.importing(f'org:{key}', unit.id)}"
    accounts = sum(member.unit == unit for member in found.members)
    below = sum(other.within[:-2] == unit.within for other in found.units)
    delete = f"aws organizations delete-organizational-unit --organizational-unit-id {unit.id}"
    if accounts or below:
        delete = f"once it is empty (in it: {counted(accounts, 'account')}, {counted(below, 'OU')}), {delete}"
    return Foreign("OU", unit.path, unit.id, adopt, delete, (key, *unit.within))


def _account(member: Member, known: Declared, naming: Naming) -> Foreign:
    file = naming.addresses.get(member.email.lower())
    if file:
        adopt = naming.importing(f"accounts/{file}", member.id)
    else:
        name = account_name(member, naming.taken)
        path = member.unit.key(known.units) or ROOT_UNIT
        written = (
            f"invoke add-account {name} --email {shlex.quote(member.email)} --ou {shlex.quote(path)} "
            f"--display-name {shlex.quote(member.name)} --env {naming.environment}"
        )
        adopt = f"{written} (with the tags of the OU), then {naming.importing(f'accounts/{name}', member.id)}"
    where = f" in {member.unit.path or 'the root'}"
    remove = f"aws organizations close-account --account-id {member.id}"
    return Foreign(
        "account", member.name + where, member.id, adopt, remove, (member.id, member.name, *member.unit.within)
    )


def account_name(member: Member, taken: Collection[str]) -> str:
    """What the account could be called here: WebShopAccount becomes web-shop."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", member.name.removesuffix("Account"))
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    return name if name and name not in taken else f"account-{member.id}"


def _policy(policy: Policy, found: Organization, naming: Naming) -> Foreign:
    adopt = naming.importing(f"policies:{policy.name}", policy.id) if _MADE_HERE.fullmatch(policy.name) else None
    steps = [*(_detaching(policy, target) for target in policy.targets)]
    steps.append(f"aws organizations delete-policy --policy-id {policy.id}")
    where = ", ".join(found.names.get(target, target) for target in policy.targets)
    name = f"{policy.name}, {policy.type}, " + (f"attached to {where}" if where else "attached to nothing")
    return Foreign("policy", name, policy.id, adopt, " && ".join(steps), (policy.id, policy.name))


def _attachments(policy: Policy, found: Organization, known: Declared) -> Iterator[Foreign]:
    within = {found.root.id: found.root.within} | {unit.id: unit.within for unit in found.units}
    within |= {member.id: (member.id, member.name, *member.unit.within) for member in found.members}
    for target in policy.targets:
        identity = f"{target}:{policy.id}"
        if not known.has(state.ATTACHMENT, identity):
            name = f"of policy {policy.name} to {found.names.get(target, target)}"
            keys = (identity, policy.id, policy.name, target, *within.get(target, ()))
            yield Foreign("attachment", name, identity, None, _detaching(policy, target), keys)


def _detaching(policy: Policy, target: str) -> str:
    return f"aws organizations detach-policy --policy-id {policy.id} --target-id {target}"


def _services(found: Organization, known: Declared, naming: Naming) -> Iterator[Foreign]:
    for account, service in found.delegates:
        identity = f"{account}/{service}"
        if known.has(state.DELEGATE, identity):
            continue
        name = f"of {service}: {found.names.get(account, account)}"
        remove = (
            f"aws organizations deregister-delegated-administrator --account-id {account} --service-principal {service}"
        )
        yield Foreign("delegated administrator", name, identity, None, remove, (account, service))
    if known.services is None:
        return
    for service in sorted(set(found.services) - known.services):
        adopt = f"put it into org:additionalTrustedServices, then invoke up org --env {naming.environment}"
        remove = f"aws organizations disable-aws-service-access --service-principal {service}"
        yield Foreign("trusted service", service, service, adopt, remove, (service,))


def _policies(kind: str, principal: Principal, known: Declared) -> Iterator[Foreign]:
    """The IAM policies of a declared user or group that were put there by hand."""
    ours = state.USER_POLICY if kind == "user" else state.GROUP_POLICY
    for policy in (*principal.inline, *principal.attached):
        if not known.has(ours, f"{principal.name}:{policy}"):
            remove = removal_of_policy(kind, principal, policy)
            key = f"{kind}/{principal.name}/{policy}"
            yield Foreign(f"policy of {kind} {principal.name}", policy, policy, None, remove, (key,))


def _member(group: str, user: str) -> Foreign:
    remove = f"aws iam remove-user-from-group --group-name {shlex.quote(group)} --user-name {shlex.quote(user)}"
    return Foreign(f"member of group {group}", user, user, None, remove, (f"group/{group}/{user}",))
