"""Copies of recovery points: what becomes of one, who may ask for it, and what the role must be allowed."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.backup.accounts import DENIED, SERVICE_POLICY, TRUST_BACKUP, Backups
from tests.sandbox.emulator.conftest import refused
from tests.sandbox.emulator.people import People, allow, document


def test_a_copy_in_another_region(backups: Backups) -> None:
    source = backups.back_up()
    lifecycle = {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 365}
    job = backups.copy(RecoveryPointArn=source, Lifecycle=lifecycle)
    assert (job["State"], job["MessageCategory"]) == ("COMPLETED", "SUCCESS")
    assert "StatusMessage" not in job
    assert (job["SourceRecoveryPointArn"], job["SourceBackupVaultArn"]) == (source, backups.vault("us-west-2"))
    (made,) = backups.points()
    assert job["DestinationRecoveryPointArn"] == made["RecoveryPointArn"] != source
    found = backups.there.describe_recovery_point(
        BackupVaultName="Default", RecoveryPointArn=job["DestinationRecoveryPointArn"]
    )
    assert (found["ResourceArn"], found["ResourceType"]) == (backups.table, "DynamoDB")
    assert (found["SourceBackupVaultArn"], found["Lifecycle"]) == (backups.vault("us-west-2"), lifecycle)
    assert backups.there.describe_backup_vault(BackupVaultName="Default")["NumberOfRecoveryPoints"] == 1
    # It is a backup of its own.
    backups.here.delete_recovery_point(BackupVaultName="Default", RecoveryPointArn=source)
    assert backups.points() == [made]


def test_jobs_are_listed_where_the_source_is(backups: Backups) -> None:
    one, other = backups.copy(), backups.copy(backups.vault("us-west-2", "Missing"))
    assert other["State"] == "FAILED"

    def listed(**by: str) -> list[str]:
        return [job["CopyJobId"] for job in backups.here.list_copy_jobs(**by)["CopyJobs"]]

    assert listed() == [one["CopyJobId"], other["CopyJobId"]]
    assert listed(ByState="FAILED") == listed(ByDestinationVaultArn=backups.vault("us-west-2", "Missing"))
    assert listed(ByState="FAILED") == [other["CopyJobId"]]
    assert listed(BySourceRecoveryPointArn=one["SourceRecoveryPointArn"]) == [one["CopyJobId"]]
    assert listed(ByResourceArn="arn:aws:dynamodb:us-west-2:123456789012:table/other") == []
    assert backups.there.list_copy_jobs()["CopyJobs"] == []
    with pytest.raises(ClientError) as error:
        backups.here.describe_copy_job(CopyJobId="nothing")
    assert refused(error)[0] == "ResourceNotFoundException"


def test_the_same_token_makes_one_copy(backups: Backups) -> None:
    source = backups.back_up()
    ids = {backups.copy(RecoveryPointArn=source, IdempotencyToken="x")["CopyJobId"] for _ in range(2)}
    assert len(ids) == len(backups.points()) == 1
    backups.copy(RecoveryPointArn=source, IdempotencyToken="y")
    assert len(backups.points()) == 2


def test_what_a_copy_cannot_be_asked_for(backups: Backups) -> None:
    gone = f"arn:aws:backup:us-west-2:{backups.id}:recovery-point:gone"
    assert backups.refused(RecoveryPointArn=gone)[0] == "ResourceNotFoundException"
    assert backups.refused(SourceBackupVaultName="Missing")[0] == "ResourceNotFoundException"
    for wrong in (
        {"destination": "nonsense"},
        {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 31}},
    ):
        assert backups.refused(**wrong)[0] == "InvalidParameterValueException"
    assert backups.points() == []


RECOVERY_POINTS = {
    "arn:aws:ec2:us-west-2:{}:volume/vol-1": "arn:aws:ec2:us-east-1::snapshot/snap-",
    "arn:aws:ec2:us-west-2:{}:instance/i-1": "arn:aws:ec2:us-east-1::image/ami-",
    "arn:aws:rds:us-west-2:{}:db:d": "arn:aws:rds:us-east-1:{}:snapshot:awsbackup:job-",
    "arn:aws:rds:us-west-2:{}:cluster:c": "arn:aws:rds:us-east-1:{}:cluster-snapshot:awsbackup:job-",
    "arn:aws:elasticfilesystem:us-west-2:{}:file-system/fs-1": "arn:aws:backup:us-east-1:{}:recovery-point:",
}


@pytest.mark.parametrize("resource", RECOVERY_POINTS)
def test_recovery_points_have_the_names_of_their_services(backups: Backups, resource: str) -> None:
    """Those with slashes in their ARNs too, which are in the path of requests."""
    job = backups.copy(RecoveryPointArn=backups.back_up(resource.format(backups.id)))
    made = job["DestinationRecoveryPointArn"]
    assert made.startswith(RECOVERY_POINTS[resource].format(backups.id))
    given = {"BackupVaultName": "Default", "RecoveryPointArn": made}
    assert backups.there.describe_recovery_point(**given)["RecoveryPointArn"] == made
    backups.there.delete_recovery_point(**given)
    assert backups.points() == []


# Who asks


def test_who_asks_needs_the_call_on_the_recovery_point_and_may_pass_the_role(backups: Backups, people: People) -> None:
    source = backups.back_up()
    start = {"Effect": "Allow", "Action": "backup:StartCopyJob", "Resource": source}
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": backups.role,
        "Condition": {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}},
    }
    read = {"Effect": "Allow", "Action": "backup:DescribeCopyJob", "Resource": "*"}
    to_lambda = {**passing, "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    for name, statements, denied in (
        ("nobody", [read], "backup:StartCopyJob"),
        ("half", [start, read], "iam:PassRole"),
        ("elsewhere", [{**start, "Resource": backups.back_up()}, passing], "backup:StartCopyJob"),
        ("to-lambda", [start, to_lambda], "iam:PassRole"),
        ("both", [start, passing], None),
    ):
        keys = people.user(name, document(*statements), backups.keys)
        asked = {"RecoveryPointArn": source, "backup": backups.aws.client("backup", keys)}
        if denied is None:
            assert backups.copy(**asked)["State"] == "COMPLETED"
        else:
            code, message = backups.refused(**asked)
            assert code == "AccessDeniedException"
            assert f"is not authorized to perform: {denied} on resource: " in message


def test_the_source_vault_can_deny_it(backups: Backups) -> None:
    source = backups.back_up()
    deny = document({"Effect": "Deny", "Principal": "*", "Action": "backup:StartCopyJob", "Resource": "*"})
    backups.here.put_backup_vault_access_policy(BackupVaultName="Default", Policy=deny)
    code, message = backups.refused(RecoveryPointArn=source)
    assert code == "AccessDeniedException"
    assert message.endswith("with an explicit deny in a resource-based policy")


# The role


def test_backup_must_be_able_to_assume_the_role(backups: Backups, people: People) -> None:
    source = backups.back_up()
    lambdas = TRUST_BACKUP.replace("backup.", "lambda.")
    other = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "backup.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}},
        }
    )
    for role in (
        f"arn:aws:iam::{backups.id}:role/Missing",
        backups.make_role("Lambda", lambdas),
        backups.make_role("Other", other),
    ):
        message = f"IAM Role {role} cannot be assumed by AWS Backup"
        assert backups.refused(RecoveryPointArn=source, IamRoleArn=role) == ("InvalidParameterValueException", message)
    own = other.replace("999999999999", backups.id)
    backups.iam.update_assume_role_policy(RoleName="Other", PolicyDocument=own)
    backups.iam.attach_role_policy(RoleName="Other", PolicyArn=SERVICE_POLICY)
    job = backups.copy(RecoveryPointArn=source, IamRoleArn=f"arn:aws:iam::{backups.id}:role/Other")
    assert job["State"] == "COMPLETED"
    elsewhere = people.role("Elsewhere", TRUST_BACKUP)
    assert backups.refused(RecoveryPointArn=source, IamRoleArn=elsewhere) == (
        "AccessDeniedException",
        "Cross-account pass role is not allowed.",
    )
    assert backups.refused(RecoveryPointArn=source, IamRoleArn="nonsense")[0] == "InvalidParameterValueException"


def test_the_policies_of_the_role_must_allow_what_a_copy_does(backups: Backups) -> None:
    volume = backups.back_up(f"arn:aws:ec2:us-west-2:{backups.id}:volume/vol-1")
    table = backups.back_up()
    backups.iam.detach_role_policy(RoleName="Backup", PolicyArn=SERVICE_POLICY)
    actions = ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault"]
    for allowed, source, denied in (
        ([], table, "backup:CopyFromBackupVault"),
        (actions[:1], table, "backup:CopyIntoBackupVault"),
        (actions[1:], table, "backup:CopyFromBackupVault"),
        (actions, volume, "ec2:CopySnapshot"),
        (actions, table, None),
        ([*actions, "ec2:CopySnapshot"], volume, None),
    ):
        policy = document({"Effect": "Allow", "Action": [*allowed, "s3:ListBucket"], "Resource": "*"})
        backups.iam.put_role_policy(RoleName="Backup", PolicyName="own", PolicyDocument=policy)
        job = backups.copy(RecoveryPointArn=source)
        if denied is None:
            assert job["State"] == "COMPLETED", job
        else:
            assert (job["State"], job["MessageCategory"]) == ("FAILED", "AccessDenied")
            session = f"arn:aws:sts::{backups.id}:assumed-role/Backup/AWSBackup"
            assert job["StatusMessage"].startswith(f"{DENIED}User: {session} is not authorized to perform: {denied} ")
            assert "DestinationRecoveryPointArn" not in job


def test_a_backup_needs_the_role_too(backups: Backups) -> None:
    backups.iam.detach_role_policy(RoleName="Backup", PolicyArn=SERVICE_POLICY)
    given = {"BackupVaultName": "Default", "ResourceArn": backups.table, "IamRoleArn": backups.role}
    job = backups.here.describe_backup_job(BackupJobId=backups.here.start_backup_job(**given)["BackupJobId"])
    assert job["State"] == "FAILED"
    assert "does not have sufficient permissions" in job["StatusMessage"]
    assert "RecoveryPointArn" not in job
    assert backups.points(backups.here) == []
    for wrong in (
        {"ResourceArn": "arn:aws:sqs:us-west-2:123456789012:queue"},
        {"IamRoleArn": backups.make_role("Lambda", TRUST_BACKUP.replace("backup.", "lambda."))},
    ):
        with pytest.raises(ClientError) as error:
            backups.here.start_backup_job(**{**given, **wrong})
        assert refused(error)[0] == "InvalidParameterValueException"


def test_the_boundary_and_the_organization_bind_the_role(backups: Backups) -> None:
    source = backups.back_up()
    narrow = backups.iam.create_policy(PolicyName="Narrow", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    backups.iam.put_role_permissions_boundary(RoleName="Backup", PermissionsBoundary=narrow)
    job = backups.copy(RecoveryPointArn=source)
    assert "because no permissions boundary allows the backup:CopyFromBackupVault action" in job["StatusMessage"]
    backups.iam.delete_role_permissions_boundary(RoleName="Backup")
    organization = backups.organization
    organization.enable("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    # The copy is made in the other region: there the role is asked.
    elsewhere = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {
                    "StringNotEquals": {"aws:RequestedRegion": "us-west-2"},
                    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Backup"},
                },
            }
        ],
    }
    control = organization.attach("SERVICE_CONTROL_POLICY", elsewhere, organization.root, "regions")
    job = backups.copy(RecoveryPointArn=source)
    assert "backup:CopyIntoBackupVault" in job["StatusMessage"]
    assert "with an explicit deny in a service control policy" in job["StatusMessage"]
    assert backups.copy(backups.vault("us-west-2"), RecoveryPointArn=source)["State"] == "COMPLETED"
    organization.api.detach_policy(PolicyId=control, TargetId=organization.root)
    perimeter = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Resource": "*",
                "Condition": {
                    "Bool": {"aws:PrincipalIsAWSService": "true"},
                    "StringNotEquals": {"aws:SourceOrgID": organization.id},
                },
            }
        ],
    }
    resource = organization.attach("RESOURCE_CONTROL_POLICY", perimeter, organization.root, "perimeter")
    assert backups.copy(RecoveryPointArn=source)["State"] == "COMPLETED"
    strangers = json.dumps(perimeter).replace(organization.id, "o-somebody")
    organization.api.update_policy(PolicyId=resource, Content=strangers)
    assert backups.refused(RecoveryPointArn=source)[1].endswith("cannot be assumed by AWS Backup")
