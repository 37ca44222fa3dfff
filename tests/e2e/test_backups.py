"""Backups under enforcement: what the deployed policies, vaults and role do together, with everything that the
organization denies; and then locked and logically air-gapped vaults. The tests of these build on each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.e2e.accidents import control
from tests.e2e.project import Project
from tests.e2e.test_drift import run_aws
from tests.security.simulation import FOLDER
from tests.stacks.policy_files import write

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

ROLE = "MyMonthlyBackupIamRole"
MONTHLY = {"BackupType": "MONTHLY"}
HERE, THERE = "us-west-2", "us-east-1"
POLICIES = "policies/Pulumi.sandbox.yaml"
RESOURCES = {
    "DynamoDB": "arn:aws:dynamodb:us-west-2:{}:table/orders",
    "EBS": "arn:aws:ec2:us-west-2:{}:volume/vol-0123456789abcdef0",
    "EC2": "arn:aws:ec2:us-west-2:{}:instance/i-0123456789abcdef0",
    "EFS": "arn:aws:elasticfilesystem:us-west-2:{}:file-system/fs-01234567",
    "RDS": "arn:aws:rds:us-west-2:{}:db:orders",
    "Aurora": "arn:aws:rds:us-west-2:{}:cluster:orders",
}
"""What is backed up, by its type."""

BUCKET = "arn:aws:s3:::orders"
FILES: dict[str, Any] = {
    "daily.yaml": {
        "use": "library/backup/daily",
        "parameters": {"regions": [HERE], "copyRegion": THERE},
        "targets": ["Development"],
    },
    "vaulted.yaml": {
        "use": "library/backup/air-gapped-in-account",
        "parameters": {"regions": [HERE]},
        "targets": ["Development"],
    },
}
VAULTS: dict[str, Any] = {
    "AirGapped": {"minRetentionDays": 7, "compliance": {"changeableForDays": 3, "cannotBeUndone": True}},
    "Daily": {"minRetentionDays": 7, "maxRetentionDays": 90},
    "Vaulted": {"logicallyAirGapped": True, "minRetentionDays": 7, "maxRetentionDays": 90},
}

EVERYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def account(deployed: Project) -> str:
    account_id: str = deployed.outputs("accounts/developer")["accountId"]
    return account_id


def run_policy(
    project: Project, account_id: str, resource: str, tags: Mapping[str, str] = MONTHLY, **more: str
) -> list[Any]:
    """The first of the month, or another day: the jobs that AWS Backup makes for a resource."""
    body = {"account_id": account_id, "resource_arn": resource, "tags": tags, **more}
    found: list[Any] = control(project, "POST", "scheduled-backups", body)
    return found


def outsider(project: Project, email: str) -> tuple[str, dict[str, str]]:
    """An account outside of the organization, with an open vault: its id and its administrator's keys."""
    made = control(project, "POST", "standalone-accounts", {"name": "stranger", "email": email})
    keys = {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}
    vaults = project.aws("backup", keys, THERE)
    vaults.create_backup_vault(BackupVaultName="Default")
    vaults.put_backup_vault_access_policy(BackupVaultName="Default", Policy=json.dumps(EVERYBODY))
    return made["account_id"], keys


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_is_tagged_is_backed_up_and_copied_to_the_other_region(deployed: Project, account: str, kind: str) -> None:
    """By the role alone: no caller has the permission to start a copy."""
    control(deployed, "POST", "authorizations/reset")
    resource = RESOURCES[kind].format(account)
    backup, copy = run_policy(deployed, account, resource)
    assert (backup["State"], backup["ResourceType"]) == ("COMPLETED", kind), backup
    assert (copy["State"], copy["CreatedByBackupJobId"]) == ("COMPLETED", backup["BackupJobId"]), copy
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    assert backup["IamRoleArn"] == copy["IamRoleArn"] == role
    vault = f"arn:aws:backup:{{}}:{account}:backup-vault:Default"
    assert (copy["SourceBackupVaultArn"], copy["DestinationBackupVaultArn"]) == (
        vault.format(HERE),
        vault.format(THERE),
    )
    there = deployed.aws("backup", deployed.inside(account), THERE)
    made = there.describe_recovery_point(
        BackupVaultName="Default", RecoveryPointArn=copy["DestinationRecoveryPointArn"]
    )
    assert (made["ResourceArn"], made["Status"]) == (resource, "COMPLETED")
    assert made["Lifecycle"] == {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 365}
    # What the role was asked for is the work that iam-simulate allows it (`tests/security`), and nothing else.
    decisions = control(deployed, "GET", "authorizations")["decisions"]
    asked = {each["action"]: each["allowed"] for each in decisions if each["principal"] == role}
    work = yaml.safe_load((FOLDER.parent / "work.yaml").read_text())["work"]
    (known,) = [{call.split()[0] for call in each["calls"]} for each in work if each["who"] == ROLE]
    assert {"backup:CopyFromBackupVault", "backup:CopyIntoBackupVault"} < asked.keys() <= known
    assert set(asked.values()) == {True}


def test_what_has_no_tag_or_is_in_another_region_is_not(deployed: Project, account: str) -> None:
    table = RESOURCES["DynamoDB"].format(account)
    assert run_policy(deployed, account, table, {"BackupType": "DAILY"}) == []
    assert run_policy(deployed, account, table.replace(HERE, THERE)) == []


def test_the_deployment_may_copy_and_a_stranger_gets_nothing(deployed: Project, account: str) -> None:
    """The access role is free of the guardrail against copies. AWS itself keeps copies in the organization."""
    stranger, keys = outsider(deployed, "stranger@example.com")
    inside = deployed.aws("backup", deployed.inside(account))
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    table = RESOURCES["DynamoDB"].format(account)
    job = inside.start_backup_job(BackupVaultName="Default", ResourceArn=table, IamRoleArn=role)
    point = inside.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]

    def copied(owner: str) -> Any:
        started = inside.start_copy_job(
            RecoveryPointArn=point,
            SourceBackupVaultName="Default",
            DestinationBackupVaultArn=f"arn:aws:backup:{THERE}:{owner}:backup-vault:Default",
            IamRoleArn=role,
        )
        return inside.describe_copy_job(CopyJobId=started["CopyJobId"])["CopyJob"]

    assert copied(account)["State"] == "COMPLETED"
    job = copied(stranger)
    assert job["State"] == "FAILED"
    assert job["StatusMessage"].startswith("Copy job failed. Both source and destination account must be a member of")
    theirs = deployed.aws("backup", keys, THERE)
    assert theirs.list_recovery_points_by_backup_vault(BackupVaultName="Default")["RecoveryPoints"] == []


def test_the_policy_cannot_be_bent_to_another_organization(deployed: Project, account: str) -> None:
    """Even by who may change the backup policy, in the management account."""
    stranger, keys = outsider(deployed, "other-stranger@example.com")
    organizations = deployed.aws("organizations")
    (policy,) = organizations.list_policies(Filter="BACKUP_POLICY")["Policies"]
    content = organizations.describe_policy(PolicyId=policy["Id"])["Policy"]["Content"]
    bent = content.replace(f"arn:aws:backup:{THERE}:$account:", f"arn:aws:backup:{THERE}:{stranger}:")
    assert bent != content
    organizations.update_policy(PolicyId=policy["Id"], Content=bent)
    backup, copy = run_policy(deployed, account, RESOURCES["DynamoDB"].format(account))
    organizations.update_policy(PolicyId=policy["Id"], Content=content)
    assert (backup["State"], copy["State"]) == ("COMPLETED", "FAILED")
    theirs = deployed.aws("backup", keys, THERE)
    assert theirs.list_recovery_points_by_backup_vault(BackupVaultName="Default")["RecoveryPoints"] == []


def test_without_its_policy_the_role_copies_nothing(deployed: Project, account: str) -> None:
    """So that it is the role's permissions that the tests above have asked."""
    iam = deployed.aws("iam", deployed.inside(account))
    (attached,) = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    (backup,) = run_policy(deployed, account, RESOURCES["DynamoDB"].format(account))
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    assert backup["State"] == "FAILED"


# Locked vaults, and a logically air-gapped one


def deploy(project: Project, expect: int = 0) -> str:
    """Deploy the policies and one account; the output."""
    only = ("--only", "policies", "--only", "accounts/developer")
    return project.invoke("deploy-all", *only, expect=expect).output


@pytest.fixture(scope="module")
def locked(deployed: Project) -> Project:
    """The project with two more plans, and locks of their vaults."""
    for name, content in FILES.items():
        write(deployed.root, name, content)
    deployed.configure(POLICIES, vaults=VAULTS)
    output = deploy(deployed)
    assert "aws:backup/vaultLockConfiguration:VaultLockConfiguration lock-Daily-us-east-1" in output
    return deployed


def backup(project: Project, account: str, region: str = HERE) -> Any:
    return project.aws("backup", project.inside(account), region)


def code(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return str(error.value.response["Error"]["Code"])


def test_a_backup_in_a_locked_vault_cannot_be_deleted(locked: Project, account: str) -> None:
    """By the access role, an administrator; in both regions."""
    made, copied = run_policy(locked, account, RESOURCES["DynamoDB"].format(account), {"BackupType": "DAILY"})
    assert (made["State"], copied["State"]) == ("COMPLETED", "COMPLETED")
    for region, point in ((HERE, made["RecoveryPointArn"]), (THERE, copied["DestinationRecoveryPointArn"])):
        vaults = backup(locked, account, region)
        vault = vaults.describe_backup_vault(BackupVaultName="Daily")
        assert (vault["Locked"], vault["MinRetentionDays"], vault["MaxRetentionDays"]) == (True, 7, 90)
        assert "LockDate" not in vault
        given = {"BackupVaultName": "Daily", "RecoveryPointArn": point}
        assert code(vaults.delete_recovery_point, **given) == "InvalidRequestException"
        assert vaults.describe_backup_vault(BackupVaultName="Default")["Locked"] is False


@pytest.mark.parametrize("kind", ["DynamoDB", "EBS"])
def test_the_air_gapped_vault_gets_the_scheduled_backup(locked: Project, account: str, kind: str) -> None:
    """At once, or by way of the backup vault. Buckets need a policy more."""
    resource = RESOURCES[kind].format(account)
    jobs = run_policy(locked, account, resource, {"BackupType": "VAULTED"})
    assert {job["State"] for job in jobs} == {"COMPLETED"}, jobs
    vaults = backup(locked, account)
    assert vaults.list_recovery_points_by_backup_vault(BackupVaultName="AirGapped")["RecoveryPoints"] == []
    points = vaults.list_recovery_points_by_backup_vault(BackupVaultName="Vaulted")["RecoveryPoints"]
    (point,) = [each for each in points if each["ResourceArn"] == resource]
    assert (point["VaultType"], point["Lifecycle"]) == ("LOGICALLY_AIR_GAPPED_BACKUP_VAULT", {"DeleteAfterDays": 35})
    given = {"BackupVaultName": "Vaulted", "RecoveryPointArn": point["RecoveryPointArn"]}
    assert code(vaults.delete_recovery_point, **given) == "InvalidRequestException"
    (job,) = run_policy(locked, account, BUCKET, {"BackupType": "VAULTED"}, region=HERE)
    assert job["State"] == "FAILED"


def test_a_plan_that_contradicts_the_lock_stops_the_run(locked: Project) -> None:
    locked.configure(POLICIES, vaults={**VAULTS, "Daily": {"minRetentionDays": 36}})
    output = deploy(locked, expect=1)
    where = "stacks/policies/environments/sandbox/daily.yaml: plans.Daily_Backup_Plan.rules.Daily"
    assert f"{where}.lifecycle.delete_after_days is 35, in the locked vault 'Daily'; allowed: 36 or more" in output
    assert "deploying" not in output


def test_what_is_not_configured_any_more_is_kept(locked: Project, account: str) -> None:
    """And a lock that is replaced is not taken off after the new one is made."""
    (locked.root / "stacks/policies/environments/sandbox/vaulted.yaml").unlink()
    locked.configure(POLICIES, vaults={"Daily": {"minRetentionDays": 30}})
    output = deploy(locked)
    kept = "kept in AWS, no longer managed: aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault vault-Vaulted"
    assert kept in output
    vault = backup(locked, account).describe_backup_vault(BackupVaultName="Daily")
    assert (vault["Locked"], vault["MinRetentionDays"], "MaxRetentionDays" in vault) == (True, 30, False)


def test_it_is_taken_back_when_it_is_wanted_again(locked: Project, account: str) -> None:
    """Also a lock that has become final. This time the role gets the policy for buckets, and the lock that nobody
    configures any more stays."""
    control(locked, "POST", "clock", {"days": 4})
    given = {"BackupVaultName": "AirGapped"}
    assert code(backup(locked, account).delete_backup_vault_lock_configuration, **given) == "InvalidRequestException"
    write(locked.root, "vaulted.yaml", FILES["vaulted.yaml"])
    locked.configure(POLICIES, vaults={name: VAULTS[name] for name in ("AirGapped", "Vaulted")}, bucketBackups=True)
    output = deploy(locked)
    assert "VaultLockConfiguration lock-AirGapped-us-west-2-after-3-days, which was kept in AWS (AirGapped)" in output
    assert "LogicallyAirGappedVault vault-Vaulted-us-west-2, which was kept in AWS (Vaulted)" in output
    assert backup(locked, account).describe_backup_vault(BackupVaultName="Daily")["Locked"]
    (job,) = run_policy(locked, account, BUCKET, {"BackupType": "VAULTED"}, region=HERE)
    assert (job["State"], job["BackupVaultName"]) == ("COMPLETED", "Vaulted")


def test_a_lock_that_nobody_configures_any_more_is_listed_and_can_be_taken_off(locked: Project, account: str) -> None:
    unlock = "aws backup delete-backup-vault-lock-configuration --backup-vault-name Daily --region us-west-2"
    assert f"with credentials of account {account}: {unlock}\n" in locked.invoke("drift", expect=None).output
    run_aws(locked, unlock, account)
    assert backup(locked, account).describe_backup_vault(BackupVaultName="Daily")["Locked"] is False
