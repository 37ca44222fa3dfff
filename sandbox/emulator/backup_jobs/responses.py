"""Requests that start jobs and ask for copies, and the settings of an organization about them.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations.html
"""

from moto.backup.exceptions import InvalidParameterValueException, InvalidRequestException
from moto.core.responses import ActionResult, EmptyResult

from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.backup.copy_job import CopyJob
from sandbox.emulator.backup.models import GLOBAL_REGION, backup_backend, settings_of_organization
from sandbox.emulator.backup.responses import BackupResponse as OwnBackupResponse
from sandbox.emulator.backup_jobs.backup_jobs import Ordered, back_up, clean_up
from sandbox.emulator.backup_jobs.copy_jobs import Wanted, copy
from sandbox.emulator.organizations.models import OrganizationsBackend, organization_of

FILTERS = {
    "ByAccountId": "AccountId",
    "ByDestinationVaultArn": "DestinationBackupVaultArn",
    "ByMessageCategory": "MessageCategory",
    "ByResourceArn": "ResourceArn",
    "ByResourceType": "ResourceType",
    "BySourceRecoveryPointArn": "SourceRecoveryPointArn",
    "ByState": "State",
}
"""Parameters of `ListCopyJobs`, and what a job must have to be listed."""


class BackupResponse(OwnBackupResponse):
    @property
    def decisions(self) -> Decisions:
        """Where what a role may do is written down."""
        decisions: Decisions = self.normalized_request.environ["sandbox.decisions"]
        return decisions

    def start_backup_job(self) -> ActionResult:
        given = self.given
        ordered = Ordered(
            given["BackupVaultName"],
            given["ResourceArn"],
            given["IamRoleArn"],
            given.get("Lifecycle"),
            given.get("LogicallyAirGappedBackupVaultArn") or "",
        )
        done = back_up(self.backend, ordered, self.decisions)
        clean_up(self.backend, done)
        point = done.point
        return ActionResult(
            {"BackupJobId": point.job, "RecoveryPointArn": point.arn, "CreationDate": point.created, "IsParent": False}
        )

    def start_copy_job(self) -> ActionResult:
        given = self.given
        point = self.backend.point(given["SourceBackupVaultName"], given["RecoveryPointArn"])
        wanted = Wanted(
            point,
            given["DestinationBackupVaultArn"],
            given["IamRoleArn"],
            given.get("Lifecycle"),
            token=given.get("IdempotencyToken") or "",
        )
        job = copy(self.backend, wanted, self.decisions)
        return ActionResult({"CopyJobId": job.id, "CreationDate": job.created, "IsParent": False})

    def describe_copy_job(self) -> ActionResult:
        return ActionResult({"CopyJob": self.backend.copy_job(self.given["CopyJobId"]).describe()})

    def list_copy_jobs(self) -> ActionResult:
        return ActionResult({"CopyJobs": [job.describe() for job in self.backend.copy_jobs if self._listed(job)]})

    def _listed(self, job: CopyJob) -> bool:
        given, found = self.given, job.describe()
        return all(given.get(name) in (None, found.get(key)) for name, key in FILTERS.items())

    def describe_global_settings(self) -> ActionResult:
        return ActionResult({"GlobalSettings": settings_of_organization(self._organization().account_id)})

    def update_global_settings(self) -> EmptyResult:
        organization = self._organization()
        if organization.account_id != self.current_account:
            raise InvalidRequestException("Only the management account of an organization can change these settings.")
        given: dict[str, str] = self.given.get("GlobalSettings") or {}
        known = settings_of_organization(organization.account_id)
        if not given.keys() <= known.keys() or not set(given.values()) <= {"true", "false"}:
            raise InvalidParameterValueException(f"The global settings are {', '.join(known)}, each true or false.")
        backup_backend(organization.account_id, GLOBAL_REGION).global_settings.update(given)
        return EmptyResult()

    def _organization(self) -> OrganizationsBackend:
        organization = organization_of(self.current_account)
        if organization is None:
            raise InvalidRequestException("The account is not a member of an organization.")
        return organization
