"""Locks of vaults: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.backup.accounts import Backups
from tests.sandbox.emulator.conftest import refused

NAME = {"BackupVaultName": "Default"}


def code(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return refused(error)[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"MinRetentionDays": 0},
        {"MaxRetentionDays": 0},
        {"MaxRetentionDays": 36_501},
        {"MinRetentionDays": 8, "MaxRetentionDays": 7},
        {"MinRetentionDays": 7, "ChangeableForDays": 2},
        {"MinRetentionDays": 7, "ChangeableForDays": 36_501},
    ],
    ids=str,
)
def test_numbers_that_aws_does_not_take(backups: Backups, wrong: dict[str, int]) -> None:
    assert code(backups.here.put_backup_vault_lock_configuration, **NAME, **wrong) == "InvalidParameterValueException"
    assert backups.here.describe_backup_vault(**NAME)["Locked"] is False


def test_a_lock_in_governance_mode_holds_until_it_is_deleted(backups: Backups) -> None:
    point = backups.back_up()
    backups.here.put_backup_vault_lock_configuration(**NAME, MinRetentionDays=7, MaxRetentionDays=90)
    found = backups.here.describe_backup_vault(**NAME)
    assert (found["Locked"], found["MinRetentionDays"], found["MaxRetentionDays"]) == (True, 7, 90)
    assert "LockDate" not in found
    assert found["VaultType"] == "BACKUP_VAULT"
    # A lock holds the backups that were there before, too.
    delete = {**NAME, "RecoveryPointArn": point}
    assert code(backups.here.delete_recovery_point, **delete) == "InvalidRequestException"
    assert len(backups.points(backups.here)) == 1
    backups.here.put_backup_vault_lock_configuration(**NAME, MinRetentionDays=1)
    assert "MaxRetentionDays" not in backups.here.describe_backup_vault(**NAME)
    backups.here.delete_backup_vault_lock_configuration(**NAME)
    assert backups.here.describe_backup_vault(**NAME)["Locked"] is False
    backups.here.delete_recovery_point(**delete)
    missing = {"BackupVaultName": "Missing"}
    assert code(backups.here.delete_backup_vault_lock_configuration, **missing) == "ResourceNotFoundException"


def test_a_lock_in_compliance_mode_is_final_from_its_date_on(backups: Backups) -> None:
    put, delete = backups.here.put_backup_vault_lock_configuration, backups.here.delete_backup_vault_lock_configuration
    put(**NAME, MinRetentionDays=7, ChangeableForDays=3)
    assert backups.here.describe_backup_vault(**NAME)["LockDate"]
    # Within the days: to governance mode and back, and off.
    put(**NAME, MinRetentionDays=7)
    assert "LockDate" not in backups.here.describe_backup_vault(**NAME)
    put(**NAME, MinRetentionDays=8, ChangeableForDays=3)
    delete(**NAME)
    put(**NAME, MinRetentionDays=8, ChangeableForDays=3)
    backups.aws.later(days=2)
    put(**NAME, MinRetentionDays=9, ChangeableForDays=3)
    backups.aws.later(days=3)
    assert code(put, **NAME, MinRetentionDays=9) == "InvalidRequestException"
    assert code(delete, **NAME) == "InvalidRequestException"
    assert backups.here.describe_backup_vault(**NAME)["MinRetentionDays"] == 9
    # An empty vault may go with its lock.
    backups.here.delete_backup_vault(**NAME)


@pytest.mark.parametrize(
    ("lifecycle", "allowed"),
    [
        ({"DeleteAfterDays": 6}, False),
        ({"DeleteAfterDays": 7}, True),
        ({"DeleteAfterDays": 90}, True),
        ({"DeleteAfterDays": 91}, False),
        ({}, False),
    ],
    ids=str,
)
def test_retention_out_of_range_fails_the_job(backups: Backups, lifecycle: dict[str, int], allowed: bool) -> None:
    source = backups.back_up()
    for vaults in (backups.here, backups.there):
        vaults.put_backup_vault_lock_configuration(**NAME, MinRetentionDays=7, MaxRetentionDays=90)
    job = backups.here.start_backup_job(**NAME, ResourceArn=backups.table, IamRoleArn=backups.role, Lifecycle=lifecycle)
    made = backups.here.describe_backup_job(BackupJobId=job["BackupJobId"])
    copy = backups.copy(RecoveryPointArn=source, Lifecycle=lifecycle)
    message = "The retention specified in the job is not within the range specified for the target Backup Vault."
    if allowed:
        assert (made["State"], copy["State"]) == ("COMPLETED", "COMPLETED")
    else:
        assert (made["State"], made["StatusMessage"]) == ("FAILED", message)
        assert (copy["State"], copy["StatusMessage"]) == ("FAILED", f"Copy job failed. {message}")
