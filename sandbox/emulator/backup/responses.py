"""Requests: moto's, and the recovery points of a vault."""

from moto.backup.models import backup_backends
from moto.backup.responses import BackupResponse as MotoBackupResponse
from moto.core.responses import ActionResult


class BackupResponse(MotoBackupResponse):
    def list_recovery_points_by_backup_vault(self) -> ActionResult:
        """None: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html"""
        name = self.path.split("/backup-vaults/")[1].split("/")[0]
        backup_backends[self.current_account][self.region].describe_backup_vault(name)
        return ActionResult({"RecoveryPoints": []})
