"""What the states of an environment's stacks have, of all that drift looks for in the organization."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.backend import resources
from automation.events import Resource
from shared.layers import LAYERS, StackId

ORGANIZATION = "aws:organizations/organization:Organization"
UNIT = "aws:organizations/organizationalUnit:OrganizationalUnit"
ACCOUNT = "aws:organizations/account:Account"
POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
DELEGATE = "aws:organizations/delegatedAdministrator:DelegatedAdministrator"
USER, GROUP, ROLE = "aws:iam/user:User", "aws:iam/group:Group", "aws:iam/role:Role"
USER_POLICY, GROUP_POLICY = "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy"
_MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"


@dataclass(frozen=True)
class Declared:
    """`ids` are those in the states, by type; those of IAM only of stacks that work in the management account.

    `services` are the ones with trusted access, None if the organization is only looked up. `members` are pairs of a
    group and a user. `units` has the keys of OUs by id.
    """

    ids: Mapping[str, frozenset[str]]
    services: frozenset[str] | None = None
    members: frozenset[tuple[str, str]] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)

    def has(self, kind: str, identity: str) -> bool:
        """Whether a stack has the resource."""
        return identity in self.ids.get(kind, frozenset())


def declared(states: Mapping[StackId, Mapping[str, Any]]) -> Declared:
    """What the `states` have together."""
    ids: dict[str, set[str]] = defaultdict(set)
    services: frozenset[str] | None = None
    members: set[tuple[str, str]] = set()
    units: dict[str, str] = {}
    for stack, state in states.items():
        for each in resources.parts(state)[0]:
            kind, inputs = str(each.get("type")), each.get("inputs") or {}
            # An account's stack makes its roles in that account, not in the management account.
            if not each.get("id") or (LAYERS[stack.layer].per_account and kind != ACCOUNT):
                continue
            ids[kind].add(str(each["id"]))
            if kind == ORGANIZATION:
                services = frozenset(_texts(inputs.get("awsServiceAccessPrincipals")))
            elif kind == UNIT:
                units[str(each["id"])] = Resource(each["urn"]).name
            elif kind == _MEMBERSHIP:
                members |= {(group, str(inputs.get("user"))) for group in _texts(inputs.get("groups"))}
    return Declared({kind: frozenset(found) for kind, found in ids.items()}, services, frozenset(members), units)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a list of a state, which may be JSON text."""
    if isinstance(value, str):
        value = json.loads(value)
    yield from (each for each in value if isinstance(each, str)) if isinstance(value, Iterable) else ()
