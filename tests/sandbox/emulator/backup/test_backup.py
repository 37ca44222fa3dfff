"""Vaults of AWS Backup."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.backup.accounts import Backups
from tests.sandbox.emulator.conftest import Organization, refused


def test_backup_vaults_are_per_account_and_region(organization: Organization) -> None:
    aws, keys = organization.aws, organization.inside(organization.account("one"))
    west = aws.client("backup", keys, "us-west-2")
    west.create_backup_vault(BackupVaultName="Default", BackupVaultTags={"a": "b"})
    with pytest.raises(ClientError) as error:
        west.create_backup_vault(BackupVaultName="Default")
    assert refused(error)[0] == "AlreadyExistsException"
    arn = west.describe_backup_vault(BackupVaultName="Default")["BackupVaultArn"]
    assert west.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    west.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    west.untag_resource(ResourceArn=arn, TagKeyList=["a"])
    assert west.list_tags(ResourceArn=arn)["Tags"] == {"c": "d"}
    for other in (aws.client("backup", keys, "eu-west-1"), aws.client("backup")):
        assert other.list_backup_vaults()["BackupVaultList"] == []
    assert west.list_recovery_points_by_backup_vault(BackupVaultName="Default")["RecoveryPoints"] == []
    west.delete_backup_vault(BackupVaultName="Default")
    for call in (
        west.describe_backup_vault,
        west.delete_backup_vault,
        west.list_recovery_points_by_backup_vault,
    ):
        with pytest.raises(ClientError) as error:
            call(BackupVaultName="Default")
        assert refused(error)[0] == "ResourceNotFoundException"


def test_a_vault_with_recovery_points_stays(backups: Backups) -> None:
    backup, table, role = backups.here, backups.table, backups.role
    job = backup.start_backup_job(BackupVaultName="Default", ResourceArn=table, IamRoleArn=role)
    assert backup.describe_backup_job(BackupJobId=job["BackupJobId"])["State"] == "COMPLETED"
    assert backup.describe_backup_vault(BackupVaultName="Default")["NumberOfRecoveryPoints"] == 1
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="Default")["RecoveryPoints"]
    assert (point["RecoveryPointArn"], point["ResourceArn"]) == (job["RecoveryPointArn"], table)
    with pytest.raises(ClientError) as error:
        backup.delete_backup_vault(BackupVaultName="Default")
    assert refused(error) == (
        "InvalidRequestException",
        "Backup vault cannot be deleted because it contains recovery points.",
    )
    backup.delete_recovery_point(BackupVaultName="Default", RecoveryPointArn=job["RecoveryPointArn"])
    backup.delete_backup_vault(BackupVaultName="Default")
    for call, wanted in (
        (backup.start_backup_job, {"BackupVaultName": "Default", "ResourceArn": table, "IamRoleArn": role}),
        (backup.describe_backup_job, {"BackupJobId": job["BackupJobId"]}),
    ):
        with pytest.raises(ClientError) as error:
            call(**wanted)
        assert refused(error)[0] == "ResourceNotFoundException"
    # The tags of a vault go with it.
    arn = backup.create_backup_vault(BackupVaultName="Default")["BackupVaultArn"]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {}


def test_tags_are_listed_with_and_without_a_slash_at_the_end(organization: Organization) -> None:
    """AWS's SDK for Go, which the official provider uses, sends none; boto3 does."""
    backup = organization.aws.client("backup")
    arn = backup.create_backup_vault(BackupVaultName="Default", BackupVaultTags={"a": "b"})["BackupVaultArn"]
    paths = []

    def cut(request: Any, **_kwargs: Any) -> None:
        paths.append(urlsplit(request.url).path)
        request.url = request.url.rstrip("/")

    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    backup.meta.events.register("before-sign.backup.ListTags", cut)
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    assert [path[-1] for path in paths] == ["/"]


def test_the_access_policy_of_a_vault(organization: Organization) -> None:
    backup = organization.aws.client("backup", organization.inside(organization.account("one")))

    def code(call: Any, **kwargs: Any) -> str:
        with pytest.raises(ClientError) as error:
            call(BackupVaultName="Default", **kwargs)
        return refused(error)[0]

    assert code(backup.put_backup_vault_access_policy, Policy="{}") == "ResourceNotFoundException"
    vault = backup.create_backup_vault(BackupVaultName="Default")
    assert code(backup.get_backup_vault_access_policy) == "ResourceNotFoundException"
    text = '{"Version": "2012-10-17", "Statement": []}'
    backup.put_backup_vault_access_policy(BackupVaultName="Default", Policy=text)
    found = backup.get_backup_vault_access_policy(BackupVaultName="Default")
    assert (found["Policy"], found["BackupVaultArn"]) == (text, vault["BackupVaultArn"])
    for wrong in ("[]", "nonsense"):
        assert code(backup.put_backup_vault_access_policy, Policy=wrong) == "InvalidParameterValueException"
    backup.delete_backup_vault_access_policy(BackupVaultName="Default")
    assert code(backup.get_backup_vault_access_policy) == "ResourceNotFoundException"
    backup.put_backup_vault_access_policy(BackupVaultName="Default", Policy=text)
    backup.delete_backup_vault(BackupVaultName="Default")
    backup.create_backup_vault(BackupVaultName="Default")
    assert code(backup.get_backup_vault_access_policy) == "ResourceNotFoundException"
