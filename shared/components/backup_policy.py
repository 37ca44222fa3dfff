"""The organization's monthly backup policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from shared.components.org_policy import attached_policy
from shared.documents.backup import backup_policy
from shared.documents.limits import BACKUP


@dataclass(frozen=True)
class BackupPolicyArgs:
    """`units` are the OUs backed up, ids by path."""

    units: Mapping[str, pulumi.Input[str]]
    primary_regions: Sequence[str]
    copy_region: str


class BackupPolicy(pulumi.ComponentResource):
    """Backs up every resource tagged BackupType=MONTHLY in the accounts of the units.

    The vault and the role that the policy names are made in each account by `BackupTarget`.
    """

    def __init__(self, name: str, args: BackupPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:policies:BackupPolicy", name, {}, opts)
        policy = attached_policy(
            "MonthlyBackup",
            BACKUP,
            backup_policy(list(args.primary_regions), args.copy_region),
            "Monthly backup of what is tagged BackupType=MONTHLY",
            args.units,
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"policyId": policy.id})
