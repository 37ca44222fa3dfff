"""Vaults, and what is in them: nothing is ever backed up, but a test can have recovery points made."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from moto.backup.exceptions import (
    AlreadyExistsException,
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend as MotoBackupBackend
from moto.backup.models import Vault, backup_backends

from sandbox.emulator.backup.copy_job import CopyJob
from sandbox.emulator.backup.resource_types import BY_BACKUP, resource_type
from sandbox.emulator.backup.vaults import AirGappedVault, lock, refuse_deletion, unlock, vault_type
from sandbox.emulator.settings import now

VAULT_ARN = re.compile(r"arn:aws:backup:([a-z0-9-]+):(\d{12}):backup-vault:([A-Za-z0-9_-]{2,50})")

GLOBAL_REGION = "us-east-1"
"""Whose backend of the management account keeps what an organization has set for all regions."""


@dataclass(frozen=True)
class RecoveryPoint:
    """What a backup job or a copy job leaves in a vault. The job is done at once."""

    arn: str
    vault: Vault
    resource: str
    role: str
    job: str
    """The backup job; empty for a copy."""
    created: float
    # What follows has a default of its class, for recovery points that an older version saved.
    type: str = ""
    failure: str = ""
    """Why the job failed, which then left no recovery point."""
    source_vault: str = ""
    """The ARN of the vault that a copy is from."""
    lifecycle: Mapping[str, Any] | None = None
    gone: bool = False
    """Whether it has expired, and only its job is left."""

    @property
    def there(self) -> bool:
        return not self.failure and not self.gone

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html"""
        found = {
            **self._origin(),
            "RecoveryPointArn": self.arn,
            "SourceBackupVaultArn": self.source_vault,
            "Lifecycle": self.lifecycle,
            "Status": "COMPLETED",
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "BackupSizeInBytes": 0,
            "IsParent": False,
            "VaultType": vault_type(self.vault),
        }
        return {name: value for name, value in found.items() if value not in ("", None)}

    def describe_job(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupJob.html"""
        ended = {"State": "FAILED", "StatusMessage": self.failure} if self.failure else {"State": "COMPLETED"}
        made = {} if self.failure else {"RecoveryPointArn": self.arn, "PercentDone": "100.0"}
        return {
            **self._origin(),
            **ended,
            **made,
            "BackupJobId": self.job,
            "AccountId": self.vault.backup_vault_arn.split(":")[4],
            "CreationDate": self.created,
            "CompletionDate": self.created,
        }

    def _origin(self) -> dict[str, Any]:
        return {
            "BackupVaultName": self.vault.backup_vault_name,
            "BackupVaultArn": self.vault.backup_vault_arn,
            "ResourceArn": self.resource,
            "ResourceType": self.type,
            "IamRoleArn": self.role,
        }


class BackupBackend(MotoBackupBackend):
    """Backup of one account in one region."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.__setstate__({})

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        # What was saved by an older version has none of these.
        new: dict[str, Any] = {"recovery_points": [], "access_policies": {}, "copy_jobs": [], "global_settings": {}}
        vars(self).update({**new, **state})

    recovery_points: list[RecoveryPoint]
    """Also those of which only the backup job is left."""
    access_policies: dict[str, str]
    """By the name of the vault."""
    copy_jobs: list[CopyJob]
    global_settings: dict[str, str]
    """In the management account, what is set for the whole organization."""

    def create_air_gapped_vault(self, name: str, least: int, most: int, key: str, tags: dict[str, str]) -> Vault:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateLogicallyAirGappedBackupVault.html"""
        made = AirGappedVault(name, least, most, key, self)
        if name in self.vaults:
            raise AlreadyExistsException("Backup vault with the same name already exists")
        if tags:
            self.tag_resource(made.backup_vault_arn, tags)
        self.vaults[name] = made
        return made

    def put_backup_vault_lock_configuration(
        self,
        backup_vault_name: str,
        min_retention_days: int | None,
        max_retention_days: int | None,
        changeable_for_days: int | None,
    ) -> None:
        vault = self.describe_backup_vault(backup_vault_name)
        lock(vault, min_retention_days, max_retention_days, changeable_for_days)

    def delete_backup_vault_lock_configuration(self, backup_vault_name: str) -> None:
        unlock(self.describe_backup_vault(backup_vault_name))

    def delete_backup_vault(self, backup_vault_name: str) -> None:
        # AWS refuses a vault that does not exist; moto does not.
        vault = self.describe_backup_vault(backup_vault_name)
        if self.points_in(backup_vault_name):
            raise InvalidRequestException("Backup vault cannot be deleted because it contains recovery points.")
        self.tagger.delete_all_tags_for_resource(vault.backup_vault_arn)
        self.access_policies.pop(backup_vault_name, None)
        super().delete_backup_vault(backup_vault_name)

    def put_access_policy(self, vault_name: str, text: str | None) -> None:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultAccessPolicy.html

        Raises `InvalidParameterValueException` for what is no policy document.
        """
        self.describe_backup_vault(vault_name)
        if text is None:
            self.access_policies.pop(vault_name, None)
            return
        try:
            wrong = not isinstance(json.loads(text), dict)
        except ValueError:
            wrong = True
        if wrong:
            raise InvalidParameterValueException("The specified policy cannot be parsed.")
        self.access_policies[vault_name] = text

    def access_policy(self, vault_name: str) -> str:
        """The access policy of a vault. Raises `ResourceNotFoundException` if it has none, or there is no vault."""
        self.describe_backup_vault(vault_name)
        if vault_name not in self.access_policies:
            raise ResourceNotFoundException(f"Backup vault {vault_name} has no access policy.")
        return self.access_policies[vault_name]

    def delete_access_policy(self, vault_name: str) -> None:
        self.describe_backup_vault(vault_name)
        self.access_policies.pop(vault_name, None)

    def points_in(self, vault_name: str) -> list[RecoveryPoint]:
        """The recovery points of a vault. Raises `ResourceNotFoundException` if there is no such vault."""
        self.describe_backup_vault(vault_name)
        made = [point for point in self.recovery_points if point.there]
        return [point for point in made if point.vault.backup_vault_name == vault_name]

    def point(self, vault_name: str, arn: str) -> RecoveryPoint:
        """A recovery point. Raises `ResourceNotFoundException` if it is not in the vault, or there is no vault."""
        for point in self.points_in(vault_name):
            if point.arn == arn:
                return point
        raise ResourceNotFoundException(f"Cannot find recovery point {arn}")

    def add_point(self, vault_name: str, resource: str, role: str, job: str = "", **more: Any) -> RecoveryPoint:
        """A new recovery point of the resource, or what is left of a job that failed (`failure`)."""
        vault, type_ = self.describe_backup_vault(vault_name), resource_type(resource)
        # In a logically air-gapped vault all recovery points are AWS Backup's own.
        made = BY_BACKUP if isinstance(vault, AirGappedVault) else type_.point
        arn = type_.new_point(self.account_id, self.region_name, made)
        point = RecoveryPoint(arn, vault, resource, role, job, now(), type_.name, **more)
        self.recovery_points.append(point)
        self._count(vault)
        return point

    def job(self, job_id: str) -> RecoveryPoint:
        """What the job made. A job is forgotten with its recovery point."""
        for point in self.recovery_points:
            if point.job == job_id:
                return point
        raise ResourceNotFoundException(f"Could not find backup job {job_id}")

    def copy_job(self, job_id: str) -> CopyJob:
        for job in self.copy_jobs:
            if job.id == job_id:
                return job
        raise ResourceNotFoundException(f"Could not find copy job {job_id}")

    def delete_recovery_point(self, vault_name: str, arn: str) -> None:
        point = self.point(vault_name, arn)
        refuse_deletion(point.vault)
        self.recovery_points.remove(point)
        self._count(point.vault)

    def expire(self, point: RecoveryPoint) -> None:
        """Delete a recovery point as AWS Backup does it itself, which no lock stops. Its job is still known."""
        self.recovery_points[self.recovery_points.index(point)] = replace(point, gone=True)
        self._count(point.vault)

    def _count(self, vault: Vault) -> None:
        vault.num_of_recovery_points = len(self.points_in(vault.backup_vault_name))


def new_job_id() -> str:
    return str(uuid.uuid4()).upper()


def backup_backend(account_id: str, region: str) -> BackupBackend:
    """Backup of an account in a region, to change it."""
    return cast(BackupBackend, backup_backends[account_id][region])


def _existing(account_id: str, region: str) -> BackupBackend | None:
    """The same to read it, or None if nothing was ever there; this makes no backend."""
    regions = backup_backends.get(account_id)
    return cast("BackupBackend | None", regions.get(region)) if regions else None


def find_vault(account_id: str, region: str, vault_name: str) -> Vault | None:
    """A vault in any account, or None."""
    backend = _existing(account_id, region)
    return backend.vaults.get(vault_name) if backend else None


def access_policy(account_id: str, region: str, vault_name: str) -> str | None:
    """The access policy of a vault in any account, or None."""
    backend = _existing(account_id, region)
    return backend.access_policies.get(vault_name) if backend else None


def vault_of(account_id: str, arn: str) -> tuple[str, str, str] | None:
    """Region, account and name of the vault that an account has a recovery point in, or None."""
    for region in backup_backends.get(account_id) or ():
        backend = _existing(account_id, region)
        for point in backend.recovery_points if backend else ():
            if point.arn == arn and point.there:
                return region, account_id, point.vault.backup_vault_name
    return None


def backup_tags(account_id: str, region: str, arn: str) -> dict[str, str]:
    """The tags of a vault or a recovery point, none if it is not there."""
    backend = _existing(account_id, region)
    return dict(backend.list_tags(arn)) if backend else {}


def settings_of_organization(management_account_id: str) -> dict[str, str]:
    """What an organization has set about backups between its accounts: it begins without.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeGlobalSettings.html
    """
    backend = _existing(management_account_id, GLOBAL_REGION)
    names = ("isCrossAccountBackupEnabled", "isDelegatedAdministratorEnabled", "isMpaEnabled")
    return {**dict.fromkeys(names, "false"), **(backend.global_settings if backend else {})}
