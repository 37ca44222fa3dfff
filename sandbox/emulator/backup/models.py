"""Vaults, in which nothing is ever backed up."""

from moto.backup.models import BackupBackend as MotoBackupBackend


class BackupBackend(MotoBackupBackend):
    """Backup of one account in one region."""

    def delete_backup_vault(self, backup_vault_name: str) -> None:
        # AWS refuses a vault that does not exist; moto does not.
        self.describe_backup_vault(backup_vault_name)
        super().delete_backup_vault(backup_vault_name)
