"""Vaults of AWS Backup."""

import pytest
from botocore.exceptions import ClientError

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
