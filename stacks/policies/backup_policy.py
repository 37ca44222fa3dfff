"""The organization's monthly backup policy."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from shared.policy_documents.documents import Document
from stacks.policies.config import Backup
from stacks.policies.documents import library_document
from stacks.policies.files import library
from stacks.policies.planned import PlannedPolicy, Policies, PoliciesArgs
from stacks.policies.policy_types import BACKUP

MONTHLY = "library/backup/monthly"


def backup_policy(primary_regions: Sequence[str], copy_region: str) -> Document:
    """Back up the resources with the tag BackupType=MONTHLY in the primary regions, with a copy in `copy_region`."""
    return library_document(MONTHLY, {"regions": list(primary_regions), "copyRegion": copy_region})


def planned(settings: Backup, source: str) -> list[PlannedPolicy]:
    """The policy that `policies:backup` asks for."""
    policy = library(MONTHLY)
    return [
        PlannedPolicy(
            policy.name,
            BACKUP,
            backup_policy(settings.primary_regions, settings.copy_region),
            policy.description,
            tuple(settings.organizational_units),
            f"{source}: policies:backup",
        )
    ]


class BackupPolicy(Policies):
    """Backs up every resource with the tag BackupType=MONTHLY in the accounts of the units.

    `BackupTarget` creates the vault and the role that the policy names in each account.
    """

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:BackupPolicy", name, args, opts, "acme:policies:BackupPolicy")
        self.register_outputs({"policyId": next(iter(self.ids.values()))})
