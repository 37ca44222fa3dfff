"""AWS Backup: moto's vaults, in which nothing is ever backed up."""

from __future__ import annotations

from moto.backup.models import BackupBackend, backup_backends
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult


class VaultBackend(BackupBackend):
    """Backup of one account in one region."""

    def delete_backup_vault(self, backup_vault_name: str) -> None:
        self.describe_backup_vault(backup_vault_name)
        super().delete_backup_vault(backup_vault_name)


class VaultResponse(BackupResponse):
    """Backup's requests."""

    def list_recovery_points_by_backup_vault(self) -> ActionResult:
        """None: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html"""
        name = self.path.split("/backup-vaults/")[1].split("/")[0]
        backup_backends[self.current_account][self.region].describe_backup_vault(name)
        return ActionResult({"RecoveryPoints": []})
