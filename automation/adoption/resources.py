"""Which resource of a program stands for what in AWS: the ids with which a stack's resources are imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from automation.adoption import people
from automation.adoption.naming import unit_names
from automation.adoption.snapshot import Snapshot
from automation.imports.engine_file import Key
from automation.imports.existing import Planned, text_of
from automation.imports.identities import ACCOUNT, ORGANIZATION, POLICY, UNIT
from automation.inventory.declared import ATTACHMENT, GROUP, GROUP_POLICY, ROLE, USER, USER_POLICY
from automation.inventory.organization import Member
from shared.layers import StackId

FEATURES = "aws:iam/organizationsFeatures:OrganizationsFeatures"
PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"

_PASSWORD_POLICY_ID = "iam-account-password-policy"  # noqa: S105 - an id
"""https://www.pulumi.com/registry/packages/aws/api-docs/iam/accountpasswordpolicy/#import"""


def resources(planned: Planned, found: Snapshot, members: Mapping[StackId, Member]) -> dict[Key, str]:
    """The ids of all that the program of a stack would create and AWS has, but for attachments of policies."""
    layer = planned.stack.layer
    if layer == "org":
        return dict(_of_organization(planned, found))
    if layer == "identity":
        ids = {**dict(_of_identity(planned, found)), **dict(people.permission_sets(planned, found.identity_center))}
        return ids | dict(people.assignments(planned, found.identity_center, found.management))
    if layer == "policies":
        known = {(each.type, each.name): each.id for each in found.policies}
        pairs = [
            (key, known.get((text_of(planned, key, "type") or "", text_of(planned, key, "name") or "")))
            for key in planned.creations
            if key.type == POLICY
        ]
        return {key: identity for key, identity in pairs if identity}
    account = members[planned.stack].id
    ids = {key: account for key in planned.creations if key.type == ACCOUNT}
    return ids | dict(people.assignments(planned, found.identity_center, account))


def attachments(planned: Planned, found: Snapshot) -> dict[Key, str]:
    """The ids of the attachments that AWS has. Whose they are is known once the policies are imported."""
    there = {(policy.id, target) for policy in found.policies for target in policy.targets}
    pairs = {
        key: (text_of(planned, key, "policyId") or "", text_of(planned, key, "targetId") or "")
        for key in planned.creations
        if key.type == ATTACHMENT
    }
    return {key: f"{target}:{policy}" for key, (policy, target) in pairs.items() if (policy, target) in there}


def _of_organization(planned: Planned, found: Snapshot) -> Iterator[tuple[Key, str]]:
    organization = found.organization
    ids = {(parent, name): identity for identity, (parent, name) in unit_names(organization).items()}
    known = {"": organization.root.id}
    # Parents first: a key is longer than that of the OU that it is in. Some may be in the state already.
    units = [key for key in (*planned.creations, *planned.state) if key.type == UNIT]
    for key in sorted(units, key=lambda each: each.name.count("/")):
        name = text_of(planned, key, "name") or key.name.rpartition("/")[2]
        identity = ids.get((known.get(key.name.rpartition("/")[0], ""), name))
        if identity:
            known[key.name] = identity
            yield key, identity
    for key in planned.creations:
        if key.type == ORGANIZATION or (key.type == FEATURES and found.root_access):
            yield key, organization.id


def _of_identity(planned: Planned, found: Snapshot) -> Iterator[tuple[Key, str]]:
    users = {each.name: each for each in found.identities.users}
    groups = {each.name: each for each in found.identities.groups}
    by_type = {USER: users, GROUP: groups, ROLE: {each.name: each for each in found.identities.roles}}
    for key in planned.creations:
        name = text_of(planned, key, "name") or ""
        if name in by_type.get(key.type, ()):
            yield key, name
        elif key.type == MEMBERSHIP and (user := users.get(text_of(planned, key, "user") or key.name)):
            wanted = planned.creations[key].inputs.get("groups") or []
            if wanted and set(wanted) <= set(user.groups):
                yield key, "/".join([user.name, *wanted])
        elif key.type == PASSWORDS and found.password_policy is not None:
            yield key, _PASSWORD_POLICY_ID
        elif key.type in (GROUP_POLICY, USER_POLICY):
            kind, known = ("group", groups) if key.type == GROUP_POLICY else ("user", users)
            holder = known.get(text_of(planned, key, kind) or "")
            if holder and name in holder.inline:
                yield key, f"{holder.name}:{name}"
