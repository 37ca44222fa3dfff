"""Vaults, and what is in them: nothing is ever backed up, but a test can have recovery points made."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.backup.exceptions import (
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend as MotoBackupBackend
from moto.backup.models import Vault, backup_backends

from sandbox.emulator.settings import now


@dataclass(frozen=True)
class RecoveryPoint:
    """What a backup job leaves in a vault. The job is done at once."""

    arn: str
    vault: Vault
    resource: str
    role: str
    job: str
    created: float

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html"""
        return {
            **self._origin(),
            "Status": "COMPLETED",
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "BackupSizeInBytes": 0,
        }

    def describe_job(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupJob.html"""
        return {
            **self._origin(),
            "BackupJobId": self.job,
            "AccountId": self.arn.split(":")[4],
            "State": "COMPLETED",
            "PercentDone": "100.0",
            "CreationDate": self.created,
            "CompletionDate": self.created,
        }

    def _origin(self) -> dict[str, Any]:
        return {
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault.backup_vault_name,
            "BackupVaultArn": self.vault.backup_vault_arn,
            "ResourceArn": self.resource,
            "IamRoleArn": self.role,
        }


class BackupBackend(MotoBackupBackend):
    """Backup of one account in one region."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.__setstate__({})

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        # What was saved by an older version has no recovery points and no access policies.
        vars(self).update({"recovery_points": [], "access_policies": {}, **state})

    recovery_points: list[RecoveryPoint]
    access_policies: dict[str, str]
    """By the name of the vault."""

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
        return [point for point in self.recovery_points if point.vault.backup_vault_name == vault_name]

    def start_backup_job(self, vault_name: str, resource: str, role: str) -> RecoveryPoint:
        vault = self.describe_backup_vault(vault_name)
        arn = f"arn:aws:backup:{self.region_name}:{self.account_id}:recovery-point:{uuid.uuid4()}"
        point = RecoveryPoint(arn, vault, resource, role, str(uuid.uuid4()).upper(), now())
        self.recovery_points.append(point)
        self._count(vault)
        return point

    def job(self, job_id: str) -> RecoveryPoint:
        """What the job made. A job is forgotten with its recovery point."""
        for point in self.recovery_points:
            if point.job == job_id:
                return point
        raise ResourceNotFoundException(f"Could not find backup job {job_id}")

    def delete_recovery_point(self, vault_name: str, arn: str) -> None:
        for point in self.points_in(vault_name):
            if point.arn == arn:
                self.recovery_points.remove(point)
                self._count(point.vault)
                return
        raise ResourceNotFoundException(f"Cannot find recovery point {arn}")

    def _count(self, vault: Vault) -> None:
        vault.num_of_recovery_points = len(self.points_in(vault.backup_vault_name))


def access_policy(account_id: str, region: str, vault_name: str) -> str | None:
    """The access policy of a vault in any account, or None; this makes no backend."""
    regions = backup_backends.get(account_id)
    backend = regions.get(region) if regions else None
    return cast(BackupBackend, backend).access_policies.get(vault_name) if backend else None


def vault_tags(account_id: str, region: str, vault_name: str) -> dict[str, str]:
    """The tags of a vault, none if it is not there; this makes no backend."""
    regions = backup_backends.get(account_id)
    backend = cast(BackupBackend, regions.get(region)) if regions else None
    vault = backend.vaults.get(vault_name) if backend else None
    return dict(backend.list_tags(vault.backup_vault_arn)) if backend and vault else {}
