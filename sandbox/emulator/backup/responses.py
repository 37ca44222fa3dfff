"""Requests: moto's, and what is in a vault.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations.html
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

from moto.backup.responses import BackupResponse as MotoBackupResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.emulator.backup.models import BackupBackend
from sandbox.emulator.backup.vaults import describe


class BackupResponse(MotoBackupResponse):
    @property
    def backend(self) -> BackupBackend:
        """Backup of the caller's account in the region of the request."""
        return cast(BackupBackend, self.backup_backend)

    @property
    def given(self) -> Mapping[str, Any]:
        """The parameters by botocore's names. In a path, an ARN may have slashes of its own."""
        given: Mapping[str, Any] = self.normalized_request.environ["sandbox.parameters"]
        return given

    def describe_backup_vault(self) -> ActionResult:
        # moto leaves out how many recovery points there are.
        return ActionResult(describe(self.backend.describe_backup_vault(self._after("backup-vaults"))))

    def list_backup_vaults(self) -> str:
        wanted = self.given.get("ByVaultType")
        found = [describe(vault) for vault in self.backend.list_backup_vaults()]
        return json.dumps({"BackupVaultList": [each for each in found if wanted in (None, each["VaultType"])]})

    def create_logically_air_gapped_backup_vault(self) -> ActionResult:
        given = self.given
        vault = self.backend.create_air_gapped_vault(
            given["BackupVaultName"],
            given["MinRetentionDays"],
            given["MaxRetentionDays"],
            given.get("EncryptionKeyArn") or "",
            given.get("BackupVaultTags") or {},
        )
        # AWS says so until the vault has its key, some minutes; here it has it at once.
        return ActionResult({**vault.to_dict(), "VaultState": "CREATING"})

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

    def describe_recovery_point(self) -> ActionResult:
        given = self.given
        return ActionResult(self.backend.point(given["BackupVaultName"], given["RecoveryPointArn"]).describe())

    def delete_recovery_point(self) -> EmptyResult:
        self.backend.delete_recovery_point(self.given["BackupVaultName"], self.given["RecoveryPointArn"])
        return EmptyResult()

    def describe_backup_job(self) -> ActionResult:
        return ActionResult(self.backend.job(self.given["BackupJobId"]).describe_job())

    def _after(self, name: str) -> str:
        """What follows `name` in the path of the request."""
        parts = self.path.strip("/").split("/")
        return unquote(parts[parts.index(name) + 1])
