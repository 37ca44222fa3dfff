"""Copy jobs: what becomes of a recovery point that is to be in another vault too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CopyJob:
    """A copy job, which is done at once. It belongs to the account that has the source.

    `made` is the new recovery point's ARN, empty if the job has failed, for the reason in `failure`.
    """

    id: str
    account_id: str
    source_vault: str
    source: str
    destination_vault: str
    resource: str
    type: str
    role: str
    created: float
    made: str
    failure: str
    category: str
    """Why it failed, by AWS's categories: https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-dashboards.html"""
    backup_job: str = ""
    """The backup job that a plan made the copy after; empty for one that somebody started."""
    lifecycle: Mapping[str, int] | None = None
    token: str = ""
    """The idempotency token: the same call with the same token is answered with this job."""

    @property
    def state(self) -> str:
        return "FAILED" if self.failure else "COMPLETED"

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CopyJob.html"""
        found = {
            "AccountId": self.account_id,
            "CopyJobId": self.id,
            "SourceBackupVaultArn": self.source_vault,
            "SourceRecoveryPointArn": self.source,
            "DestinationBackupVaultArn": self.destination_vault,
            "DestinationRecoveryPointArn": self.made,
            "DestinationRecoveryPointLifecycle": self.lifecycle,
            "ResourceArn": self.resource,
            "ResourceType": self.type,
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "State": self.state,
            "StatusMessage": self.failure,
            "MessageCategory": self.category,
            "IamRoleArn": self.role,
            "CreatedByBackupJobId": self.backup_job,
            "BackupSizeInBytes": 0,
            "IsParent": False,
        }
        return {name: value for name, value in found.items() if value not in ("", None)}
