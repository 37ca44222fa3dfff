"""Backup jobs, as a caller or a plan starts them.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartBackupJob.html
https://docs.aws.amazon.com/aws-backup/latest/devguide/lag-vault-primary-backup.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from moto.backup.exceptions import InvalidParameterValueException

from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.authorization.need import Need
from sandbox.emulator.backup.copy_job import CopyJob
from sandbox.emulator.backup.models import VAULT_ARN, BackupBackend, RecoveryPoint, new_job_id
from sandbox.emulator.backup.resource_types import resource_type
from sandbox.emulator.backup.vaults import OUT_OF_RANGE, AirGappedVault, keeps
from sandbox.emulator.backup_jobs.copy_jobs import Wanted, copy
from sandbox.emulator.backup_jobs.service import assume, refusal

AFTER_COPY = {"DeleteAfterEvent": "DELETE_AFTER_COPY"}
"""The lifecycle of a recovery point that is only on its way to a logically air-gapped vault."""


@dataclass(frozen=True)
class Ordered:
    """A backup that is asked for. `air_gapped` is the ARN of the logically air-gapped vault that it is to be in."""

    vault: str
    resource: str
    role: str
    lifecycle: Mapping[str, int] | None = None
    air_gapped: str = ""


@dataclass(frozen=True)
class Done:
    """The recovery point of a backup job, and the copy into a logically air-gapped vault if it took one."""

    point: RecoveryPoint
    copied: CopyJob | None = None


def back_up(backend: BackupBackend, ordered: Ordered, decisions: Decisions) -> Done:
    """Back the resource up, which need not be there: the emulator has none of them.

    Raises what AWS answers to a vault, resource or role that cannot be used. What the role may not do, or the vault's
    lock does not allow, makes the job fail.
    """
    vault = backend.describe_backup_vault(ordered.vault)
    if isinstance(vault, AirGappedVault):
        raise InvalidParameterValueException(f"{ordered.vault} is a logically air-gapped vault, and no backup vault.")
    air_gapped = _air_gapped(backend, ordered)
    type_ = resource_type(ordered.resource)
    at_once = air_gapped is not None and type_.fully_managed and type_.air_gapped
    target = air_gapped if air_gapped is not None and at_once else vault
    name = target.backup_vault_name
    caller = assume(ordered.role, backend.account_id, backend.region_name)
    action, on = type_.backs_up
    point = type_.new_point(backend.account_id, backend.region_name)
    need = Need(action, on.format(arn=ordered.resource, point=point))
    refused = refusal(need, caller, backend.region_name, decisions)
    failure = ""
    if refused:
        failure = f"IAM Role {ordered.role} does not have sufficient permissions to execute the backup ({refused})"
    elif not keeps(target, ordered.lifecycle):
        failure = OUT_OF_RANGE
    goes_on = air_gapped is not None and type_.air_gapped and not at_once and not failure
    lifecycle = {**(ordered.lifecycle or {}), **AFTER_COPY} if goes_on else ordered.lifecycle
    made = backend.add_point(name, ordered.resource, ordered.role, new_job_id(), failure=failure, lifecycle=lifecycle)
    if not goes_on:
        return Done(made)
    wanted = Wanted(made, ordered.air_gapped, ordered.role, ordered.lifecycle, backup_job=made.job)
    return Done(made, copy(backend, wanted, decisions))


def clean_up(backend: BackupBackend, done: Done) -> None:
    """Delete what was only on its way, once all copies are made of it. It stays if the copy has failed."""
    if done.copied is not None and not done.copied.failure:
        backend.expire(done.point)


def _air_gapped(backend: BackupBackend, ordered: Ordered) -> AirGappedVault | None:
    if not ordered.air_gapped:
        return None
    named = VAULT_ARN.fullmatch(ordered.air_gapped)
    if named is None or named.groups()[:2] != (backend.region_name, backend.account_id):
        raise InvalidParameterValueException(
            f"{ordered.air_gapped} is not the ARN of a logically air-gapped vault in the same account and region."
        )
    vault = backend.describe_backup_vault(named.group(3))
    if not isinstance(vault, AirGappedVault):
        raise InvalidParameterValueException(f"{ordered.air_gapped} is not a logically air-gapped vault.")
    return vault
