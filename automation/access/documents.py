"""The snapshot of an organization, from the resources that its stacks have, deployed or planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from automation.access import people
from automation.access.resources import STACK, Resource
from automation.access.snapshot import BOUNDARY, IDENTITY, ROOT, TRUST, Account, Policy, Role, Snapshot, User
from shared.layers import StackId

Find = Callable[[str], Mapping[str, Any] | None]
"""Reads one of AWS's own managed policies by its ARN; None if it cannot be read."""

_IAM = "aws:iam/"
_OF_AWS = ":iam::aws:policy/"
UNKNOWN_ACCOUNT = "000000000000"
MANAGEMENT = "management"
"""What the management account is called; no account may have this name beside it."""

TYPES = (
    STACK,
    *people.TYPES,
    *(
        f"aws:{each}"
        for each in (
            *("organizations/organization:Organization", "organizations/organizationalUnit:OrganizationalUnit"),
            *("organizations/account:Account", "organizations/policy:Policy"),
            *("organizations/policyAttachment:PolicyAttachment", "iam/role:Role", "iam/rolePolicy:RolePolicy"),
            *("iam/policy:Policy", "iam/rolePolicyAttachment:RolePolicyAttachment", "iam/user:User"),
            *("iam/userPolicy:UserPolicy", "iam/userPolicyAttachment:UserPolicyAttachment", "iam/group:Group"),
            *("iam/groupPolicy:GroupPolicy", "iam/groupPolicyAttachment:GroupPolicyAttachment"),
            "iam/userGroupMembership:UserGroupMembership",
        )
    ),
)
"""The types of resources that have a say in who may do what."""

ADMINISTRATOR: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""AWS's AdministratorAccess, which every access role has."""


def resources_of_state(state: Mapping[str, Any]) -> list[Resource]:
    """The resources of a state (see `Stacks.export`) that have a say, without those that are about to be deleted."""
    found = (state.get("deployment") or {}).get("resources") or []
    return [Resource.of_state(each) for each in found if each.get("type") in TYPES and not each.get("delete")]


def snapshot_of(stacks: Mapping[StackId, Iterable[Resource]], find: Find = lambda _arn: None) -> Snapshot:
    """The snapshot of what the stacks have, the organization's stack first."""
    return _Reading({stack: list(found) for stack, found in stacks.items()}, find).snapshot()


@dataclass
class _Reading:
    stacks: Mapping[StackId, Sequence[Resource]]
    find: Find
    unread: dict[str, None] = field(default_factory=dict)

    def snapshot(self) -> Snapshot:
        outputs = self._outputs()
        root = outputs.get("rootId")
        made = outputs.properties.get("organizationalUnits")
        units = {str(path): str(id_) for path, id_ in made.items()} if isinstance(made, Mapping) else {}
        accounts = [self._management(outputs), *filter(None, map(self._member, self.stacks))]
        places = {root: ROOT, **{id_: path for path, id_ in units.items()}}
        named = [self._placed(each, places) for each in accounts]
        targets = {**places, **{each.id: each.name for each in named}}
        return Snapshot(
            outputs.get("organizationId"),
            root,
            units,
            tuple(named),
            self._attached(targets),
            tuple(self.unread),
        )

    @cached_property
    def permission_sets(self) -> Mapping[str, people.PermissionSet]:
        """Those of the identity layer, by ARN."""
        return people.permission_sets({stack.label: found for stack, found in self.stacks.items()})

    @cached_property
    def assignments(self) -> Sequence[Resource]:
        """Who gets which permission set in which account."""
        return [each for found in self.stacks.values() for each in found if each.type == people.ASSIGNMENT]

    def _all(self, kind: str) -> list[Resource]:
        return [each for found in self.stacks.values() for each in _of(found, kind)]

    def _outputs(self) -> Resource:
        """What the org layer exports, which holds too where the organization is only looked up."""
        found = (each for stack, found in self.stacks.items() if stack.layer == "org" for each in found)
        return next((each for each in found if each.type == STACK), Resource(STACK, "", "", {}))

    def _management(self, outputs: Resource) -> Account:
        stacks = [stack for stack in self.stacks if stack.account is None]
        own = [each for stack in stacks for each in self.stacks[stack]]
        id_ = outputs.get("managementAccountId") or UNKNOWN_ACCOUNT
        return self._account(MANAGEMENT, id_, own, "identity", management=True)

    def _member(self, stack: StackId) -> Account | None:
        if stack.account is None:
            return None
        found = self.stacks[stack]
        made = next(iter(_of(found, "organizations/account:Account")), None)
        if made is None:
            return None
        return self._account(
            stack.account,
            made.id,
            found,
            stack.label,
            title=made.get("name"),
            unit=made.get("parentId"),
            access_role=made.get("roleName") or None,
        )

    def _placed(self, account: Account, places: Mapping[str, str]) -> Account:
        if account.management:
            return account
        if account.unit not in places:
            self.unread[f"the OU {account.unit or '?'} of {account.name}, which no stack has"] = None
        return replace(account, unit=places.get(account.unit, ROOT))

    def _account(self, name: str, id_: str, found: Sequence[Resource], source: str, **more: Any) -> Account:
        within = _Principals(self, id_, found, source)
        # The order in a state is that in which resources were made.
        roles = tuple(sorted((*within.roles(), *within.people()), key=lambda each: each.name))
        users = tuple(sorted(within.users(), key=lambda each: each.name))
        return Account(name, id_, roles=roles, users=users, **more)

    def _attached(self, targets: Mapping[str, str]) -> Mapping[str, tuple[Policy, ...]]:
        policies: dict[str, Policy] = {}
        for stack, found in self.stacks.items():
            for each in _of(found, "organizations/policy:Policy"):
                made = self.policy(each.get("name") or each.name, each.get("type"), each.get("content"), stack.label)
                if made:
                    policies[each.id] = made
        result: dict[str, list[Policy]] = {}
        for each in self._all("organizations/policyAttachment:PolicyAttachment"):
            policy, target = policies.get(each.get("policyId")), targets.get(each.get("targetId"))
            if policy is None or target is None:
                self.unread[f"the policy attachment {each.name}"] = None
            else:
                result.setdefault(target, []).append(policy)
        return {target: tuple(sorted(found, key=lambda each: each.name)) for target, found in sorted(result.items())}

    def policy(self, name: str, kind: str, text: str, source: str) -> Policy | None:
        """A policy; None, and `unread` says so, if its document is encrypted or not known."""
        try:
            return Policy.of(name, kind, text, source)
        except ValueError:
            self.unread[f"the {kind} {name} of {source}"] = None
            return None


@dataclass
class _Principals:
    """The roles and users in the resources of one account."""

    reading: _Reading
    account: str
    found: Sequence[Resource]
    source: str

    def roles(self) -> Iterable[Role]:
        for each in self._of("role:Role"):
            name = each.get("name") or each.name
            trust = self.reading.policy(name, TRUST, each.get("assumeRolePolicy"), self.source)
            if trust is None:
                continue
            length = each.properties.get("maxSessionDuration")
            yield Role(
                name,
                each.get("arn") or f"arn:aws:iam::{self.account}:role{each.get('path') or '/'}{name}",
                trust,
                self._policies("role", name, "rolePolicy:RolePolicy", "rolePolicyAttachment:RolePolicyAttachment"),
                self._managed(each.get("permissionsBoundary"), BOUNDARY),
                int(length) if isinstance(length, int | float) else None,
            )

    def people(self) -> Iterable[Role]:
        """The roles of the permission sets that the account has."""
        sets = self.reading.permission_sets
        for arn, groups in people.assigned(self.reading.assignments, self.account, sets).items():
            wanted = sets[arn]
            inline = wanted.inline and self.reading.policy(people.INLINE_POLICY, IDENTITY, wanted.inline, wanted.source)
            policies = [
                *([inline] if inline else []),
                *(self._own(name, IDENTITY) for name in wanted.customer),
                *(self._managed(each, IDENTITY) for each in wanted.managed),
            ]
            bound = self._own(wanted.boundary, BOUNDARY) if wanted.boundary else None
            yield Role(
                wanted.role,
                wanted.arn(self.account),
                Policy.of(wanted.role, TRUST, people.trust(self.account), "AWS"),
                tuple(sorted(filter(None, policies), key=lambda each: each.name)),
                bound or self._managed(wanted.boundary_arn, BOUNDARY),
                wanted.session,
                groups,
            )

    def _own(self, name: str, kind: str) -> Policy | None:
        """A policy of the account by its name, which is all that a permission set knows of it."""
        for each in self._of("policy:Policy"):
            if (each.get("name") or each.name) == name:
                return self.reading.policy(name, kind, each.get("policy"), self.source)
        self.reading.unread[f"the policy {name} of {self.source}"] = None
        return None

    def users(self) -> Iterable[User]:
        groups = {
            (each.get("name") or each.name): self._policies(
                "group",
                each.get("name") or each.name,
                "groupPolicy:GroupPolicy",
                "groupPolicyAttachment:GroupPolicyAttachment",
            )
            for each in self._of("group:Group")
        }
        for each in self._of("user:User"):
            name = each.get("name") or each.name
            own = self._policies("user", name, "userPolicy:UserPolicy", "userPolicyAttachment:UserPolicyAttachment")
            member = sorted(
                {
                    str(group)
                    for other in self._of("userGroupMembership:UserGroupMembership")
                    if other.get("user") == name
                    for group in other.properties.get("groups") or []
                }
            )
            yield User(
                name,
                each.get("arn") or f"arn:aws:iam::{self.account}:user{each.get('path') or '/'}{name}",
                tuple(member),
                (*own, *(policy for group in member for policy in groups.get(group, ()))),
                self._managed(each.get("permissionsBoundary"), BOUNDARY),
            )

    def _of(self, kind: str) -> list[Resource]:
        return _of(self.found, kind, _IAM)

    def _policies(self, owner: str, name: str, inline: str, attachment: str) -> tuple[Policy, ...]:
        own = [
            self.reading.policy(each.get("name") or each.name, IDENTITY, each.get("policy"), self.source)
            for each in self._of(inline)
            if each.get(owner) == name
        ]
        managed = [
            self._managed(each.get("policyArn"), IDENTITY) for each in self._of(attachment) if each.get(owner) == name
        ]
        return tuple(sorted(filter(None, [*own, *managed]), key=lambda each: each.name))

    def _managed(self, arn: str, kind: str) -> Policy | None:
        if not arn:
            return None
        name = arn.rpartition("/")[2]
        if _OF_AWS in arn:
            document = ADMINISTRATOR if name == "AdministratorAccess" else self.reading.find(arn)
            if document is None:
                self.reading.unread[f"AWS's own policy {name}"] = None
                return None
            return Policy.of(name, kind, document, "AWS")
        for each in self._of("policy:Policy"):
            if arn in (each.id, each.get("arn")):
                return self.reading.policy(each.get("name") or each.name, kind, each.get("policy"), self.source)
        self.reading.unread[f"the policy {arn}"] = None
        return None


def _of(found: Iterable[Resource], kind: str, prefix: str = "aws:") -> list[Resource]:
    return [each for each in found if each.type == f"{prefix}{kind}"]
