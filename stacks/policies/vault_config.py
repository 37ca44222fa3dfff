"""The locks of backup vaults, as the configuration has them.

https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.settings.base import Settings
from shared.settings.fields import Switch
from shared.stack_outputs import VaultRules

MOST_DAYS = 36_500
"""The longest retention, and the longest time until a lock is final:
https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html"""

AIR_GAPPED_DAYS = 7
"""The shortest minimum of a logically air-gapped vault:
https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateLogicallyAirGappedBackupVault.html"""

Days = Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)]
VaultName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{2,50}$")]


class Compliance(Settings):
    """The lock's mode in which, after a time, nobody can change or delete it: no administrator, and not AWS."""

    changeable_for_days: Annotated[int, Field(strict=True, ge=3, le=MOST_DAYS)] = Field(
        description="days in which the lock can still be changed and deleted, 3 at least"
    )
    cannot_be_undone: Literal[True] = Field(description="true, which says that you know it")


class Vault(Settings):
    """The lock of a vault, in every account and region that has a vault of the name. Governance mode by default."""

    min_retention_days: Days = Field(description="no backup in the vault is deleted before")
    max_retention_days: Days | None = Field(default=None, description="no backup in the vault is kept longer")
    compliance: Compliance | None = Field(default=None, description="changeableForDays and cannotBeUndone")
    logically_air_gapped: Switch = Field(default=False, description="true: AWS Backup's logically air-gapped vault")

    @model_validator(mode="after")
    def _possible(self) -> Vault:
        if self.max_retention_days is not None and self.max_retention_days < self.min_retention_days:
            raise ValueError(
                f"maxRetentionDays is {self.max_retention_days}; allowed: minRetentionDays ({self.min_retention_days}) "
                "or more"
            )
        if not self.logically_air_gapped:
            return self
        if self.min_retention_days < AIR_GAPPED_DAYS:
            raise ValueError(
                f"minRetentionDays is {self.min_retention_days}; allowed for a logically air-gapped vault: "
                f"{AIR_GAPPED_DAYS} or more"
            )
        if self.max_retention_days is None:
            raise ValueError("maxRetentionDays is missing, which a logically air-gapped vault must have")
        if self.compliance is not None:
            raise ValueError("compliance is not for a logically air-gapped vault: AWS locks it from its first second")
        return self

    @property
    def rules(self) -> VaultRules:
        """The same as the accounts layer takes it."""
        return VaultRules(
            min_retention_days=self.min_retention_days,
            max_retention_days=self.max_retention_days,
            changeable_for_days=self.compliance.changeable_for_days if self.compliance else None,
            air_gapped=self.logically_air_gapped,
        )
