"""The documents of the library's policies, filled with values."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from shared.policy_documents.documents import Document
from shared.policy_documents.roles import (
    AUTOMATION_ROLE,
    BACKUP_ROLE,
    DEVELOPER_ROLE,
    MANAGED_ROLES,
    WORKLOAD,
    WORKLOAD_PATH,
    boundary_name,
)
from shared.settings.fields import ACCESS_ROLES
from stacks.policies import parameters
from stacks.policies.files import LibraryPolicy, library
from stacks.policies.filling import LATER, fill

ORGANIZATION_ID = "organizationId"
"""The place of the organization's id, which is known only once there is one."""

_ID_PLACE = f"${{{ORGANIZATION_ID}}}"


def built_in(access_roles: Sequence[str] = ACCESS_ROLES) -> dict[str, Any]:
    """What every policy file may name without declaring it: what this project knows by itself."""
    return {
        "accessRoles": list(access_roles),
        "managedRoles": list(MANAGED_ROLES),
        "boundaries": [boundary_name(role, "*") for role in (DEVELOPER_ROLE, AUTOMATION_ROLE, WORKLOAD)],
        "workloadBoundary": boundary_name(WORKLOAD, "*"),
        "workloadPath": WORKLOAD_PATH,
        "backupRole": BACKUP_ROLE,
    }


BUILT_IN = frozenset({*built_in(), *LATER})
"""The names that no parameter may have."""


def library_document(path: str, given: Mapping[str, Any], access_roles: Sequence[str] = ACCESS_ROLES) -> Document:
    """The document of a policy of the library. The organization's id is still a place in it."""
    policy = library(path)
    filled: Document = fill(policy.content, _values(policy, given, access_roles))
    return filled


def with_organization(content: str, organization_id: str) -> str:
    """The text of a document with the organization's id in its place."""
    return content.replace(_ID_PLACE, organization_id)


def needs_organization(content: str) -> bool:
    """Whether the text of a document has a place for the organization's id."""
    return _ID_PLACE in content


def library_statements(
    path: str, given: Mapping[str, Any], access_roles: Sequence[str] = ACCESS_ROLES
) -> list[Document]:
    """The statements of a policy of the library that has some."""
    policy = library(path)
    filled: list[Document] = fill(policy.statements, _values(policy, given, access_roles))
    # Each on its own: they are put into documents that grow.
    return copy.deepcopy(filled)


def _values(policy: LibraryPolicy, given: Mapping[str, Any], access_roles: Sequence[str]) -> dict[str, Any]:
    return {**built_in(access_roles), **parameters.values(policy.parameters, given)}
