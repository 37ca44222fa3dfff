"""The organization's monthly backup policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from shared.component import Component
from stacks.policies.backup_plan import backup_policy
from stacks.policies.limits import BACKUP
from stacks.policies.organization_policy import attached_policy


@dataclass(frozen=True)
class BackupPolicyArgs:
    """`units` are the OUs to back up: path → id."""

    units: Mapping[str, pulumi.Input[str]]
    primary_regions: Sequence[str]
    copy_region: str


class BackupPolicy(Component):
    """Backs up every resource with the tag BackupType=MONTHLY in the accounts of the units.

    `BackupTarget` creates the vault and the role that the policy names in each account.
    """

    def __init__(self, name: str, args: BackupPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:BackupPolicy", name, opts, formerly="acme:policies:BackupPolicy")
        policy = attached_policy(
            "MonthlyBackup",
            BACKUP,
            backup_policy(list(args.primary_regions), args.copy_region),
            "Monthly backup of what is tagged BackupType=MONTHLY",
            args.units,
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"policyId": policy.id})
