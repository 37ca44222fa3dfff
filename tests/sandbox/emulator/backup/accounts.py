"""Accounts that back up: what tests of AWS Backup need in each."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import document

SERVICE_POLICY = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
TRUST_BACKUP = document(
    {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
DENIED = "Access Denied trying to call AWS Backup service ("


class Backups:
    """An account with a vault in two regions, a role, and a recovery point of a table."""

    def __init__(self, organization: Organization, name: str = "one", keys: Mapping[str, Any] | None = None):
        self.organization, self.aws = organization, organization.aws
        self.id = organization.account(name) if keys is None else str(keys["AccountId"])
        self.keys = organization.inside(self.id) if keys is None else keys
        self.iam = self.aws.client("iam", self.keys)
        self.here, self.there = (self.aws.client("backup", self.keys, region) for region in ("us-west-2", "us-east-1"))
        for each in (self.here, self.there):
            each.create_backup_vault(BackupVaultName="Default")
        self.role = self.make_role("Backup", TRUST_BACKUP)
        self.iam.attach_role_policy(RoleName="Backup", PolicyArn=SERVICE_POLICY)
        self.table = f"arn:aws:dynamodb:us-west-2:{self.id}:table/t"

    def make_role(self, name: str, trust: str) -> str:
        arn: str = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        return arn

    def vault(self, region: str = "us-east-1", name: str = "Default") -> str:
        return f"arn:aws:backup:{region}:{self.id}:backup-vault:{name}"

    def back_up(self, resource: str | None = None) -> str:
        job = self.here.start_backup_job(
            BackupVaultName="Default", ResourceArn=resource or self.table, IamRoleArn=self.role
        )
        found = self.here.describe_backup_job(BackupJobId=job["BackupJobId"])
        assert found["State"] == "COMPLETED", found
        arn: str = found["RecoveryPointArn"]
        return arn

    def copy(self, destination: str | None = None, backup: Any = None, **more: Any) -> Any:
        """The copy job as it ends. The recovery point is a new one, unless it is given."""
        given = {
            "RecoveryPointArn": more.pop("RecoveryPointArn", None) or self.back_up(),
            "SourceBackupVaultName": "Default",
            "DestinationBackupVaultArn": destination or self.vault(),
            "IamRoleArn": self.role,
            **more,
        }
        started = (backup or self.here).start_copy_job(**given)
        return self.here.describe_copy_job(CopyJobId=started["CopyJobId"])["CopyJob"]

    def refused(self, **more: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as error:
            self.copy(**more)
        return refused(error)

    def points(self, backup: Any = None, name: str = "Default") -> list[Any]:
        listed = (backup or self.there).list_recovery_points_by_backup_vault(BackupVaultName=name)
        found: list[Any] = listed["RecoveryPoints"]
        return found
