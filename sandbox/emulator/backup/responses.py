"""Requests: moto's, and what is in a vault.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations.html
"""

import json
from typing import cast
from urllib.parse import unquote

from moto.backup.responses import BackupResponse as MotoBackupResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.emulator.backup.models import BackupBackend


class BackupResponse(MotoBackupResponse):
    @property
    def backend(self) -> BackupBackend:
        """Backup of the caller's account in the region of the request."""
        return cast(BackupBackend, self.backup_backend)

    def describe_backup_vault(self) -> ActionResult:
        # moto leaves out how many recovery points there are.
        return ActionResult(self.backend.describe_backup_vault(self._after("backup-vaults")).to_list_dict())

    def list_tags(self) -> str:
        # The path may end in a slash, as boto3's does, or not, as that of AWS's SDK for Go.
        return json.dumps({"Tags": self.backend.list_tags(self._after("tags"))})

    def put_backup_vault_access_policy(self) -> EmptyResult:
        self.backend.put_access_policy(self._after("backup-vaults"), self._get_param("Policy"))
        return EmptyResult()

    def get_backup_vault_access_policy(self) -> ActionResult:
        name = self._after("backup-vaults")
        policy, vault = self.backend.access_policy(name), self.backend.describe_backup_vault(name)
        return ActionResult({"BackupVaultName": name, "BackupVaultArn": vault.backup_vault_arn, "Policy": policy})

    def delete_backup_vault_access_policy(self) -> EmptyResult:
        self.backend.delete_access_policy(self._after("backup-vaults"))
        return EmptyResult()

    def list_recovery_points_by_backup_vault(self) -> ActionResult:
        points = self.backend.points_in(self._after("backup-vaults"))
        return ActionResult({"RecoveryPoints": [point.describe() for point in points]})

    def delete_recovery_point(self) -> EmptyResult:
        self.backend.delete_recovery_point(self._after("backup-vaults"), self._after("recovery-points"))
        return EmptyResult()

    def start_backup_job(self) -> ActionResult:
        point = self.backend.start_backup_job(
            self._get_param("BackupVaultName"), self._get_param("ResourceArn"), self._get_param("IamRoleArn")
        )
        return ActionResult(
            {"BackupJobId": point.job, "RecoveryPointArn": point.arn, "CreationDate": point.created, "IsParent": False}
        )

    def describe_backup_job(self) -> ActionResult:
        return ActionResult(self.backend.job(self._after("backup-jobs")).describe_job())

    def _after(self, name: str) -> str:
        """What follows `name` in the path of the request."""
        parts = self.path.strip("/").split("/")
        return unquote(parts[parts.index(name) + 1])
