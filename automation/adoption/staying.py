"""What an adoption finds and leaves in no stack: nothing of this project changes or deletes it."""

from __future__ import annotations

from collections.abc import Iterator

from automation.adoption.files import managed_users
from automation.adoption.snapshot import Snapshot
from shared.policy_documents.roles import DEVELOPERS_GROUP, ENROLMENT_GROUP
from shared.settings.checks import listed

_MADE = (DEVELOPERS_GROUP, ENROLMENT_GROUP)
"""The groups that the identity layer has."""

_MOST = 20


def staying(found: Snapshot) -> Iterator[str]:
    """A line for each kind of thing, with what the layers have for it where a person may want that."""
    names = found.organization.names
    for account, service in found.organization.delegates:
        yield f"delegated administrator of {service}: {names.get(account, account)} ({account})"
    for each in found.unknown_types:
        yield f"policies of type {each}, which this project does not know"
    managed = managed_users(found)
    if users := [each.name for each in found.identities.users if each.name not in managed]:
        yield f"users of the management account: {listed(users, _MOST)}"
    if groups := [each.name for each in found.identities.groups if each.name not in _MADE]:
        yield (
            f"groups of the management account: {listed(groups, _MOST)}; to let one assume a role that accounts add: "
            "identity:roles and existingGroup, docs/roles-and-profiles.md"
        )
    if roles := [each.name for each in found.identities.roles]:
        yield f"roles of the management account that have names of this project: {listed(roles, _MOST)}"
