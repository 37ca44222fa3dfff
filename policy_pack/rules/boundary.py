"""Every role in a member account has a permissions boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.documents import statements
from policy_pack.planned import Context, Finding, Planned, is_unknown
from shared.policy_documents.roles import BACKUP_ROLE, PREVIEW_ROLE

_BACKUP_SERVICE = "backup.amazonaws.com"

EXEMPT = [BACKUP_ROLE, PREVIEW_ROLE]
"""The roles of this project without one. AWS Backup alone assumes the first, with AWS's own policy for it; the second
reads what a preview compares, and nothing else: docs/security-model.md."""


def boundary(resource: Planned, context: Context, options: Mapping[str, Any]) -> Iterator[Finding]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    if resource.type != "aws:iam/role:Role" or not context.in_account:
        return
    if resource.properties.get("name") in options.get("exempt", EXEMPT):
        return
    # A backup policy may name a role of another name.
    if "exempt" not in options and _is_for_backups_alone(resource):
        return
    value = resource.properties.get("permissionsBoundary")
    # AWS's own policies are no limit of this organization's; AdministratorAccess is none at all.
    if not value or (not is_unknown(value) and ":iam::aws:policy/" in value):
        allowed = "the ARN of a boundary policy of the account, such as that of WorkloadBoundary"
        yield Finding("permissionsBoundary", value, allowed)


def _is_for_backups_alone(role: Planned) -> bool:
    """Whether AWS Backup, and nobody else, may assume the role."""
    trust = statements(role.properties.get("assumeRolePolicy"))
    return bool(trust) and all(each.get("Principal") == {"Service": _BACKUP_SERVICE} for each in trust)
