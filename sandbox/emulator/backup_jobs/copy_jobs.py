"""Copies of recovery points in other vaults, of another region or another account.

https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html
https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
The messages of jobs that fail: https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-dashboards.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from moto.backup.exceptions import InvalidParameterValueException

from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.tags import on_resource
from sandbox.emulator.backup.copy_job import CopyJob
from sandbox.emulator.backup.models import (
    VAULT_ARN,
    BackupBackend,
    RecoveryPoint,
    backup_backend,
    backup_tags,
    find_vault,
    new_job_id,
    settings_of_organization,
)
from sandbox.emulator.backup.resource_types import resource_type
from sandbox.emulator.backup.vaults import OUT_OF_RANGE, AirGappedVault, keeps
from sandbox.emulator.backup_jobs.service import assume, refusal
from sandbox.emulator.organizations.models import account_is_closed, organization_of
from sandbox.emulator.settings import now

COLD_DAYS = 90
"""How long a backup must stay in cold storage."""

SUCCESS, ACCESS_DENIED, OTHER = "SUCCESS", "AccessDenied", "MISCELLANEOUS"


@dataclass(frozen=True)
class Wanted:
    """A copy that is asked for. `backup_job` is the job of a plan that asks for it."""

    point: RecoveryPoint
    destination: str
    role: str
    lifecycle: Mapping[str, int] | None = None
    backup_job: str = ""
    token: str = ""


def copy(backend: BackupBackend, wanted: Wanted, decisions: Decisions) -> CopyJob:
    """Copy the recovery point.

    Raises what AWS answers to parameters that cannot be used. Everything else makes the job fail.
    """
    for job in backend.copy_jobs:
        if wanted.token and (job.token, job.source) == (wanted.token, wanted.point.arn):
            return job
    named = VAULT_ARN.fullmatch(wanted.destination)
    if named is None:
        raise InvalidParameterValueException(f"{wanted.destination} is not the ARN of a backup vault.")
    _check_lifecycle(wanted.lifecycle)
    region, owner, vault_name = named.groups()
    failure, category = _failure(backend, wanted, region, owner, vault_name, decisions)
    made = "" if failure else _make(wanted, region, owner, vault_name)
    job = CopyJob(
        new_job_id(),
        backend.account_id,
        wanted.point.vault.backup_vault_arn,
        wanted.point.arn,
        wanted.destination,
        wanted.point.resource,
        wanted.point.type,
        wanted.role,
        now(),
        made,
        failure,
        category,
        wanted.backup_job,
        wanted.lifecycle,
        wanted.token,
    )
    backend.copy_jobs.append(job)
    return job


def _make(wanted: Wanted, region: str, account_id: str, vault_name: str) -> str:
    point = wanted.point
    return (
        backup_backend(account_id, region)
        .add_point(
            vault_name,
            point.resource,
            wanted.role,
            source_vault=point.vault.backup_vault_arn,
            lifecycle=wanted.lifecycle or point.lifecycle,
        )
        .arn
    )


def _failure(
    backend: BackupBackend, wanted: Wanted, region: str, owner: str, vault_name: str, decisions: Decisions
) -> tuple[str, str]:
    """Why the copy fails, and AWS's category of that; an empty message if it does not."""
    caller = assume(wanted.role, backend.account_id, backend.region_name)
    elsewhere = owner != backend.account_id
    if elsewhere and not _same_organization(backend.account_id, owner):
        return (
            "Copy job failed. Both source and destination account must be a member of the same organization.",
            ACCESS_DENIED,
        )
    if elsewhere and not _copies_between_accounts(owner):
        return "Copy job failed. Cross-account copy feature is not enabled for the current organization.", OTHER
    for need, where in _needs(backend, wanted, region, owner, vault_name):
        refused = refusal(need, caller, where, decisions)
        if refused:
            return f"Access Denied trying to call AWS Backup service ({refused})", ACCESS_DENIED
    vault = find_vault(owner, region, vault_name)
    if vault is None:
        return f"Copy job failed. The backup vault {wanted.destination} does not exist.", OTHER
    type_ = resource_type(wanted.point.resource)
    if isinstance(vault, AirGappedVault) and not type_.air_gapped:
        return f"Copy job failed. A logically air-gapped vault does not support {type_.name}.", OTHER
    own_key = vault.encryption_key_arn or isinstance(vault, AirGappedVault)
    if elsewhere and not own_key and not type_.fully_managed:
        return (
            "Copy job failed because the destination Backup vault is encrypted with the default Backup service managed "
            "key. The contents of this vault cannot be copied. Only the contents of a Backup vault encrypted by an AWS "
            "KMS key may be copied.",
            ACCESS_DENIED,
        )
    if not keeps(vault, wanted.lifecycle or wanted.point.lifecycle):
        return f"Copy job failed. {OUT_OF_RANGE}", OTHER
    return "", SUCCESS


def _needs(backend: BackupBackend, wanted: Wanted, region: str, owner: str, vault_name: str) -> list[tuple[Need, str]]:
    """What the role must be allowed, and in which region it is asked for."""
    destination = f"arn:aws:backup:{region}:{owner}:backup-vault:{vault_name}"
    targets: dict[str, str | list[str]] = {"backup:CopyTargets": [destination]}
    organization = organization_of(owner)
    if organization is not None:
        targets["backup:CopyTargetOrgPaths"] = [organization.account_path(owner)]
    source_tags = on_resource(backup_tags(backend.account_id, backend.region_name, wanted.point.arn))
    tags = on_resource(backup_tags(owner, region, destination))
    found = [
        (Need("backup:CopyFromBackupVault", wanted.point.arn, "", {**targets, **source_tags}), backend.region_name),
        (Need("backup:CopyIntoBackupVault", destination, owner, tags), region),
    ]
    type_ = resource_type(wanted.point.resource)
    action, on = type_.copies
    if action:
        point = type_.new_point(backend.account_id, region)
        found.append((Need(action, on.format(arn=wanted.point.resource, point=point)), region))
    return found


def _same_organization(one: str, other: str) -> bool:
    """Whether both accounts are in use, in one organization."""
    first, second = organization_of(one), organization_of(other)
    return first is not None and first is second and not account_is_closed(other)


def _copies_between_accounts(account_id: str) -> bool:
    """Whether the management account has turned that on."""
    organization = organization_of(account_id)
    if organization is None:
        return False
    return settings_of_organization(organization.account_id)["isCrossAccountBackupEnabled"] == "true"


def _check_lifecycle(lifecycle: Mapping[str, int] | None) -> None:
    cold, deleted = ((lifecycle or {}).get(name) for name in ("MoveToColdStorageAfterDays", "DeleteAfterDays"))
    if cold is not None and deleted is not None and 0 <= deleted < cold + COLD_DAYS:
        raise InvalidParameterValueException(
            f"DeleteAfterDays cannot be less than {COLD_DAYS} days apart from MoveToColdStorageAfterDays"
        )
