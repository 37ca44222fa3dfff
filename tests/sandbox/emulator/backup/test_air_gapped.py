"""Logically air-gapped vaults.

https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
https://docs.aws.amazon.com/aws-backup/latest/devguide/lag-vault-primary-backup.html
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.backup.accounts import Backups
from tests.sandbox.emulator.conftest import refused

LAG = {"BackupVaultName": "AirGapped"}
DAYS = {"DeleteAfterDays": 30}
S3_POLICY = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"


def refusal(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return refused(error)[0]


@pytest.fixture
def arn(backups: Backups) -> str:
    made = backups.here.create_logically_air_gapped_backup_vault(
        **LAG, MinRetentionDays=7, MaxRetentionDays=90, BackupVaultTags={"a": "b"}
    )
    assert made["VaultState"] == "CREATING"
    found: str = made["BackupVaultArn"]
    return found


def back_up(backups: Backups, arn: str, resource: str, lifecycle: dict[str, int] = DAYS) -> Any:
    job = backups.here.start_backup_job(
        BackupVaultName="Default",
        LogicallyAirGappedBackupVaultArn=arn,
        ResourceArn=resource,
        IamRoleArn=backups.role,
        Lifecycle=lifecycle,
    )
    return backups.here.describe_backup_job(BackupJobId=job["BackupJobId"])


def test_what_aws_says_of_one(backups: Backups, arn: str) -> None:
    found = backups.here.describe_backup_vault(**LAG)
    assert (found["VaultType"], found["VaultState"]) == ("LOGICALLY_AIR_GAPPED_BACKUP_VAULT", "AVAILABLE")
    assert (found["Locked"], found["MinRetentionDays"], found["MaxRetentionDays"]) == (True, 7, 90)
    assert found["LockDate"] == found["CreationDate"]
    assert (found["EncryptionKeyType"], "EncryptionKeyArn" in found) == ("AWS_OWNED_KMS_KEY", False)
    assert backups.here.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    for kind, names in (("BACKUP_VAULT", ["Default"]), ("LOGICALLY_AIR_GAPPED_BACKUP_VAULT", ["AirGapped"])):
        listed = backups.here.list_backup_vaults(ByVaultType=kind)["BackupVaultList"]
        assert [each["BackupVaultName"] for each in listed] == names
    assert len(backups.here.list_backup_vaults()["BackupVaultList"]) == 2
    # Its lock cannot be changed or taken off, from the first second.
    put = backups.here.put_backup_vault_lock_configuration
    assert refusal(put, **LAG, MinRetentionDays=7) == "InvalidRequestException"
    assert refusal(backups.here.delete_backup_vault_lock_configuration, **LAG) == "InvalidRequestException"
    backups.here.delete_backup_vault(**LAG)


def test_what_aws_refuses(backups: Backups, arn: str) -> None:
    create = backups.here.create_logically_air_gapped_backup_vault
    for wrong in ({"MinRetentionDays": 6}, {"MinRetentionDays": 91}, {"MaxRetentionDays": 36_501}):
        given = {"BackupVaultName": "Other", "MinRetentionDays": 7, "MaxRetentionDays": 90, **wrong}
        assert refusal(create, **given) == "InvalidParameterValueException"
    assert refusal(create, **LAG, MinRetentionDays=7, MaxRetentionDays=90) == "AlreadyExistsException"
    assert refusal(backups.here.create_backup_vault, **LAG) == "AlreadyExistsException"
    start = {"ResourceArn": backups.table, "IamRoleArn": backups.role, "Lifecycle": DAYS}
    # It is no backup vault, and has to be in the account and region.
    assert refusal(backups.here.start_backup_job, **LAG, **start) == "InvalidParameterValueException"
    default = backups.vault("us-west-2")
    for other in (default, arn.replace("us-west-2", "us-east-1"), "nonsense"):
        given = {"BackupVaultName": "Default", **start, "LogicallyAirGappedBackupVaultArn": other}
        assert refusal(backups.here.start_backup_job, **given) == "InvalidParameterValueException"


def test_what_backup_manages_fully_is_backed_up_into_it_at_once(backups: Backups, arn: str) -> None:
    job = back_up(backups, arn, backups.table)
    assert (job["State"], job["BackupVaultName"]) == ("COMPLETED", "AirGapped")
    assert backups.points(backups.here) == []
    (point,) = backups.points(backups.here, "AirGapped")
    assert (point["VaultType"], point["Lifecycle"]) == ("LOGICALLY_AIR_GAPPED_BACKUP_VAULT", DAYS)
    delete = {**LAG, "RecoveryPointArn": point["RecoveryPointArn"]}
    assert refusal(backups.here.delete_recovery_point, **delete) == "InvalidRequestException"
    assert refusal(backups.here.delete_backup_vault, **LAG) == "InvalidRequestException"
    assert back_up(backups, arn, backups.table, {"DeleteAfterDays": 6})["State"] == "FAILED"


def test_others_come_by_way_of_the_backup_vault(backups: Backups, arn: str) -> None:
    """Also a locked one: what is only on its way goes by itself."""
    backups.here.put_backup_vault_lock_configuration(BackupVaultName="Default", MinRetentionDays=7)
    job = back_up(backups, arn, f"arn:aws:ec2:us-west-2:{backups.id}:volume/vol-1")
    assert (job["State"], job["BackupVaultName"]) == ("COMPLETED", "Default")
    (copy,) = backups.here.list_copy_jobs(ByDestinationVaultArn=arn)["CopyJobs"]
    assert (copy["State"], copy["CreatedByBackupJobId"]) == ("COMPLETED", job["BackupJobId"])
    assert backups.points(backups.here) == []
    (point,) = backups.points(backups.here, "AirGapped")
    assert point["RecoveryPointArn"].startswith(f"arn:aws:backup:us-west-2:{backups.id}:recovery-point:")
    assert point["Lifecycle"] == DAYS


def test_it_stays_in_the_backup_vault_if_it_cannot_go_on(backups: Backups, arn: str) -> None:
    cluster = f"arn:aws:rds:us-west-2:{backups.id}:cluster:orders"
    job = back_up(backups, arn, cluster)
    assert (job["State"], job["BackupVaultName"]) == ("COMPLETED", "Default")
    volume = f"arn:aws:ec2:us-west-2:{backups.id}:volume/vol-1"
    back_up(backups, arn, volume, {"DeleteAfterDays": 91})
    (copy,) = backups.here.list_copy_jobs(ByDestinationVaultArn=arn)["CopyJobs"]
    assert copy["State"] == "FAILED"
    kept = {point["ResourceArn"]: point["Lifecycle"] for point in backups.points(backups.here)}
    assert kept == {cluster: DAYS, volume: {"DeleteAfterDays": 91, "DeleteAfterEvent": "DELETE_AFTER_COPY"}}
    assert backups.points(backups.here, "AirGapped") == []


def test_a_bucket_needs_the_policy_for_s3(backups: Backups, arn: str) -> None:
    assert back_up(backups, arn, "arn:aws:s3:::data")["State"] == "FAILED"
    backups.iam.attach_role_policy(RoleName="Backup", PolicyArn=S3_POLICY)
    job = back_up(backups, arn, "arn:aws:s3:::data")
    assert (job["State"], job["BackupVaultName"]) == ("COMPLETED", "AirGapped")
