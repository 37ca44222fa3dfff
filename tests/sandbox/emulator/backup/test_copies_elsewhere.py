"""Where copies of recovery points may go: vaults of other accounts, those that are locked, and what a policy says."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.backup.accounts import DENIED, SERVICE_POLICY, Backups
from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import document

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"
EVERYBODY = document({"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault", "Resource": "*"})


@pytest.fixture
def central(organization: Organization) -> Backups:
    """Another account of the organization, with a vault that has a key of its own."""
    found = Backups(organization, "two")
    found.there.create_backup_vault(BackupVaultName="Central", EncryptionKeyArn=KEY)
    return found


def turn_on(backups: Backups) -> None:
    management = backups.aws.client("backup")
    management.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})


def test_another_accounts_vault_must_let_the_copy_in(backups: Backups, central: Backups) -> None:
    source, destination = backups.back_up(), central.vault(name="Central")
    job = backups.copy(destination, RecoveryPointArn=source)
    assert job["StatusMessage"] == (
        "Copy job failed. Cross-account copy feature is not enabled for the current organization."
    )
    turn_on(backups)
    job = backups.copy(destination, RecoveryPointArn=source)
    assert job["StatusMessage"].startswith(DENIED)
    assert "because no resource-based policy allows the backup:CopyIntoBackupVault action" in job["StatusMessage"]
    for principal, let_in in (
        ({"AWS": f"arn:aws:iam::{backups.id}:root"}, True),
        ({"AWS": backups.role}, True),
        ({"AWS": f"arn:aws:iam::{central.id}:root"}, False),
    ):
        policy = document(
            {"Effect": "Allow", "Principal": principal, "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
        )
        central.there.put_backup_vault_access_policy(BackupVaultName="Central", Policy=policy)
        assert (backups.copy(destination, RecoveryPointArn=source)["State"] == "COMPLETED") is let_in, principal
    assert len(central.points(name="Central")) == 2
    # Whatever the policy says, nothing but a copy comes in from another account.
    readable = document({"Effect": "Allow", "Principal": "*", "Action": "backup:ListTags", "Resource": "*"})
    central.there.put_backup_vault_access_policy(BackupVaultName="Central", Policy=readable)
    assert central.there.list_tags(ResourceArn=destination)["Tags"] == {}
    with pytest.raises(ClientError) as error:
        backups.there.list_tags(ResourceArn=destination)
    assert "because no resource-based policy allows the backup:ListTags action" in refused(error)[1]


def test_another_account_needs_a_vault_with_a_key_for_snapshots(backups: Backups, central: Backups) -> None:
    turn_on(backups)
    for name in ("Default", "Central"):
        central.there.put_backup_vault_access_policy(BackupVaultName=name, Policy=EVERYBODY)
    volume = backups.back_up(f"arn:aws:ec2:us-west-2:{backups.id}:volume/vol-1")
    job = backups.copy(central.vault(), RecoveryPointArn=volume)
    assert "is encrypted with the default Backup service managed key" in job["StatusMessage"]
    assert backups.copy(central.vault(name="Central"), RecoveryPointArn=volume)["State"] == "COMPLETED"
    assert backups.copy(central.vault())["State"] == "COMPLETED"


def test_an_organization_can_say_where_copies_go(backups: Backups, central: Backups) -> None:
    """By the keys that AWS has for it: the vault, and what the destination's account is in."""
    turn_on(backups)
    organization = backups.organization
    organization.enable("SERVICE_CONTROL_POLICY")
    central.there.put_backup_vault_access_policy(BackupVaultName="Central", Policy=EVERYBODY)
    source, destination = backups.back_up(), central.vault(name="Central")

    def control(condition: Mapping[str, Any]) -> str:
        statement = {
            "Effect": "Deny",
            "Action": "backup:CopyFromBackupVault",
            "Resource": "*",
            "Condition": condition,
        }
        content = {"Version": "2012-10-17", "Statement": [statement]}
        policy = organization.attach("SERVICE_CONTROL_POLICY", content, organization.root, "copies")
        state: str = backups.copy(destination, RecoveryPointArn=source)["State"]
        organization.api.detach_policy(PolicyId=policy, TargetId=organization.root)
        organization.api.delete_policy(PolicyId=policy)
        return state

    root = f"{organization.id}/{organization.root}/"
    assert control({"ForAllValues:ArnNotLike": {"backup:CopyTargets": [destination]}}) == "COMPLETED"
    assert control({"ForAllValues:ArnNotLike": {"backup:CopyTargets": [backups.vault()]}}) == "FAILED"
    assert control({"ForAllValues:StringNotLike": {"backup:CopyTargetOrgPaths": [f"{root}*"]}}) == "COMPLETED"
    assert control({"ForAllValues:StringNotLike": {"backup:CopyTargetOrgPaths": [f"{root}ou-*"]}}) == "FAILED"


def test_a_strangers_vault_gets_no_copy(organization: Organization, backups: Backups) -> None:
    turn_on(backups)
    made = organization.aws.control("POST", "standalone-accounts", {"name": "out", "email": "out@example.com"})
    keys = {
        "AccountId": made["account_id"],
        "AccessKeyId": made["access_key_id"],
        "SecretAccessKey": made["secret_access_key"],
    }
    stranger = Backups(organization, keys=keys)
    stranger.there.put_backup_vault_access_policy(BackupVaultName="Default", Policy=EVERYBODY)
    job = backups.copy(stranger.vault())
    assert job["StatusMessage"] == (
        "Copy job failed. Both source and destination account must be a member of the same organization."
    )
    # Nor does the stranger get one by asking.
    backups.there.put_backup_vault_access_policy(BackupVaultName="Default", Policy=EVERYBODY)
    assert stranger.copy(backups.vault())["StatusMessage"] == job["StatusMessage"]
    assert stranger.points() == backups.points() == []
    for call in (stranger.here.describe_global_settings, stranger.here.update_global_settings):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "InvalidRequestException"


def test_the_settings_of_an_organization(backups: Backups) -> None:
    management, west = (backups.aws.client("backup", None, region) for region in ("us-east-1", "us-west-2"))
    assert backups.here.describe_global_settings()["GlobalSettings"]["isCrossAccountBackupEnabled"] == "false"
    west.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    for each in (management, west, backups.here, backups.there):
        assert each.describe_global_settings()["GlobalSettings"]["isCrossAccountBackupEnabled"] == "true"
    with pytest.raises(ClientError) as error:
        backups.here.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "false"})
    assert refused(error)[0] == "InvalidRequestException"
    for wrong in ({"other": "true"}, {"isCrossAccountBackupEnabled": "yes"}):
        with pytest.raises(ClientError) as error:
            management.update_global_settings(GlobalSettings=wrong)
        assert refused(error)[0] == "InvalidParameterValueException"


def test_a_locked_vault_takes_what_it_may_keep(backups: Backups) -> None:
    backups.there.put_backup_vault_lock_configuration(
        BackupVaultName="Default", MinRetentionDays=30, MaxRetentionDays=365
    )
    source = backups.back_up()
    for days, state in ((None, "FAILED"), (29, "FAILED"), (30, "COMPLETED"), (365, "COMPLETED"), (366, "FAILED")):
        lifecycle: dict[str, Any] = {"Lifecycle": {"DeleteAfterDays": days}} if days else {}
        assert backups.copy(RecoveryPointArn=source, **lifecycle)["State"] == state, days


# The policy of the organization


def plan(**copies: str) -> Mapping[str, Any]:
    days = {"move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "365"}}
    rule = {
        "schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"},
        "target_backup_vault_name": {"@@assign": "Default"},
        "lifecycle": days,
        "copy_actions": {
            arn: {"target_backup_vault_arn": {"@@assign": arn}, "lifecycle": days} for arn in copies.values()
        },
    }
    selection = {
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"},
        "tag_key": {"@@assign": "BackupType"},
        "tag_value": {"@@assign": ["MONTHLY"]},
    }
    return {
        "plans": {
            "Monthly": {
                "regions": {"@@assign": ["us-west-2"]},
                "rules": {"Monthly": rule},
                "selections": {"tags": {"Tagged": selection}},
            }
        }
    }


def test_a_backup_policy_copies_without_a_caller(organization: Organization, backups: Backups) -> None:
    """Nobody is asked for `backup:StartCopyJob`: the plan names the role, which must be allowed to copy."""
    organization.enable("BACKUP_POLICY", "SERVICE_CONTROL_POLICY")
    request = {"account_id": backups.id, "resource_arn": backups.table, "tags": {"BackupType": "MONTHLY"}}

    def run(**more: Any) -> Any:
        return backups.aws.control("POST", "scheduled-backups", {**request, **more})

    assert "effective policy" in run()["error"]
    no_caller = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "backup:StartCopyJob", "Resource": "*"}],
    }
    organization.attach("SERVICE_CONTROL_POLICY", no_caller, organization.root, "no caller")
    copies = plan(there="arn:aws:backup:us-east-1:$account:backup-vault:Default")
    policy = organization.attach("BACKUP_POLICY", copies, backups.id, "plan")
    backup, copy = run()
    assert (backup["State"], backup["BackupVaultName"], backup["IamRoleArn"]) == ("COMPLETED", "Default", backups.role)
    assert (copy["State"], copy["CreatedByBackupJobId"]) == ("COMPLETED", backup["BackupJobId"])
    (made,) = backups.points()
    assert made["RecoveryPointArn"] == copy["DestinationRecoveryPointArn"]
    assert made["Lifecycle"] == {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 365}
    # What is not tagged, or elsewhere, is not backed up.
    assert run(tags={"BackupType": "DAILY"}) == run(resource_arn=backups.table.replace("us-west-2", "us-east-1")) == []

    backups.iam.detach_role_policy(RoleName="Backup", PolicyArn=SERVICE_POLICY)
    (failed,) = run()
    assert failed["State"] == "FAILED"
    backups.iam.delete_role(RoleName="Backup")
    assert run()["error"].endswith(f"IAM Role {backups.role} cannot be assumed by AWS Backup")
    organization.api.detach_policy(PolicyId=policy, TargetId=backups.id)
    wrongs: list[dict[str, Any]] = [
        {"account_id": "999999999999"},
        {"resource_arn": "arn:aws:s3:::bucket"},
        {"tags": []},
        {"more": 1},
    ]
    for wrong in wrongs:
        assert "error" in run(**wrong)
