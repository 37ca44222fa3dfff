"""The locks of vaults, and logically air-gapped vaults.

https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.backup.exceptions import InvalidParameterValueException, InvalidRequestException
from moto.backup.models import BackupBackend, Vault

from sandbox.emulator.settings import now

DAY = 24 * 60 * 60
MOST_DAYS = 36_500
LEAST_CHANGEABLE_DAYS = 3
LEAST_AIR_GAPPED_DAYS = 7

OUT_OF_RANGE = "The retention specified in the job is not within the range specified for the target Backup Vault."
"""https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-dashboards.html"""

_NAME = re.compile(r"[A-Za-z0-9_-]{2,50}")


class AirGappedVault(Vault):
    """A logically air-gapped vault, which is locked in compliance mode from its first second.

    Raises `InvalidParameterValueException` for a name or a retention that AWS does not take.
    """

    def __init__(self, name: str, least: int, most: int, key: str, backend: BackupBackend):
        super().__init__(name, key, "", backend)
        if not _NAME.fullmatch(name):
            raise InvalidParameterValueException(f"Invalid backup vault name: {name}")
        if least < LEAST_AIR_GAPPED_DAYS:
            raise InvalidParameterValueException(f"MinRetentionDays must be at least {LEAST_AIR_GAPPED_DAYS} days")
        _check_range(least, most)
        self.creation_date = now()
        self.locked, self.lock_date = True, self.creation_date
        self.min_retention_days, self.max_retention_days = least, most


def vault_type(vault: Vault) -> str:
    return "LOGICALLY_AIR_GAPPED_BACKUP_VAULT" if isinstance(vault, AirGappedVault) else "BACKUP_VAULT"


def describe(vault: Vault) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html"""
    found: dict[str, Any] = {**vault.to_list_dict(), "VaultType": vault_type(vault), "VaultState": "AVAILABLE"}
    if isinstance(vault, AirGappedVault):
        key = found.pop("EncryptionKeyArn", "")
        found |= {"EncryptionKeyArn": key} if key else {}
        found["EncryptionKeyType"] = "CUSTOMER_MANAGED_KMS_KEY" if key else "AWS_OWNED_KMS_KEY"
    return found


def lock(vault: Vault, least: int | None, most: int | None, changeable_days: int | None) -> None:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html

    Raises what AWS answers to numbers that it does not take, and to a lock that is final.
    """
    _refuse_final(vault)
    if least is not None and least < 1:
        raise InvalidParameterValueException("MinRetentionDays must be at least 1 day")
    if most is not None and most < 1:
        raise InvalidParameterValueException("MaxRetentionDays must be at least 1 day")
    _check_range(least, most)
    if changeable_days is not None and not LEAST_CHANGEABLE_DAYS <= changeable_days <= MOST_DAYS:
        raise InvalidParameterValueException(
            f"ChangeableForDays must be between {LEAST_CHANGEABLE_DAYS} and {MOST_DAYS} days"
        )
    vault.locked = True
    vault.min_retention_days, vault.max_retention_days = least, most
    vault.changeable_for_days = changeable_days
    vault.lock_date = None if changeable_days is None else now() + changeable_days * DAY


def unlock(vault: Vault) -> None:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVaultLockConfiguration.html"""
    _refuse_final(vault)
    vault.locked = False
    vault.min_retention_days = vault.max_retention_days = vault.changeable_for_days = vault.lock_date = None


def refuse_deletion(vault: Vault) -> None:
    """Raise what AWS answers to whoever deletes a recovery point in a locked vault, in whatever mode."""
    if vault.locked:
        raise InvalidRequestException("Recovery point cannot be deleted: its backup vault is locked by Vault Lock.")


def keeps(vault: Vault, lifecycle: Mapping[str, Any] | None) -> bool:
    """Whether the vault's lock allows to keep a backup for so long; without a number it is kept for ever."""
    if not vault.locked:
        return True
    days = (lifecycle or {}).get("DeleteAfterDays", -1)
    longest = vault.max_retention_days
    if days < 0:
        return longest is None
    return bool((vault.min_retention_days or 0) <= days and (longest is None or days <= longest))


def _refuse_final(vault: Vault) -> None:
    if vault.lock_date is not None and now() >= vault.lock_date:
        raise InvalidRequestException("Backup vault lock configuration is immutable and cannot be changed or deleted.")


def _check_range(least: int | None, most: int | None) -> None:
    if any(days is not None and days > MOST_DAYS for days in (least, most)):
        raise InvalidParameterValueException(f"Retention cannot exceed {MOST_DAYS} days")
    if least is not None and most is not None and least > most:
        raise InvalidParameterValueException("MinRetentionDays cannot be greater than MaxRetentionDays")
