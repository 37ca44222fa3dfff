"""IAM's checks, and the other services that the project uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Organization, Server, refused

MANAGEMENT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def trust(principal: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "This policy contains invalid Json"),
        (json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}), ""),
        (trust({"AWS": "arn:aws:iam::123456789012:user/nobody"}), "Invalid principal in policy"),
        (trust({"AWS": "arn:aws:iam::123456789012:group/group"}), "Invalid principal in policy"),
        (trust({"AWS": "arn:aws:iam::999999999999:role/Unknown"}), "Invalid principal in policy"),
        (trust({"Service": "backup"}), "Invalid principal in policy"),
    ],
)
def test_a_malformed_trust_policy_is_refused(aws: Server, text: str, message: str) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="Good", AssumeRolePolicyDocument=TRUST)
    calls: tuple[Callable[[], Any], ...] = (
        lambda: iam.create_role(RoleName="Bad", AssumeRolePolicyDocument=text),
        lambda: iam.update_assume_role_policy(RoleName="Good", PolicyDocument=text),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "MalformedPolicyDocument"
        assert refused(error)[1].startswith(message)
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["Good"]


def test_a_malformed_policy_is_refused_wherever_it_goes(aws: Server) -> None:
    iam, bad = aws.client("iam"), json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
    iam.create_group(GroupName="group")
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    calls: tuple[Callable[[], Any], ...] = (
        lambda: iam.create_policy(PolicyName="Policy", PolicyDocument=bad),
        lambda: iam.put_group_policy(GroupName="group", PolicyName="Policy", PolicyDocument=bad),
        lambda: iam.put_role_policy(RoleName="Role", PolicyName="Policy", PolicyDocument=bad),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "MalformedPolicyDocument"


def test_what_is_in_use_is_not_deleted(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="group")
    iam.add_user_to_group(GroupName="group", UserName="ada")
    policy = iam.create_policy(PolicyName="Policy", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=policy)
    iam.put_role_policy(RoleName="Role", PolicyName="own", PolicyDocument=ALLOW)

    def conflict(call: Any, **kwargs: Any) -> str:
        with pytest.raises(ClientError) as error:
            call(**kwargs)
        assert refused(error)[0] == "DeleteConflict"
        return refused(error)[1]

    assert "remove users from group first" in conflict(iam.delete_group, GroupName="group")
    assert "remove users from group first" in conflict(iam.delete_user, UserName="ada")
    assert "delete policies first" in conflict(iam.delete_role, RoleName="Role")
    assert "attached to entities" in conflict(iam.delete_policy, PolicyArn=policy)
    iam.remove_user_from_group(GroupName="group", UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
    assert "delete access keys first" in conflict(iam.delete_user, UserName="ada")
    iam.delete_access_key(UserName="ada", AccessKeyId=key)
    iam.delete_user(UserName="ada")
    iam.put_group_policy(GroupName="group", PolicyName="own", PolicyDocument=ALLOW)
    assert "delete policies first" in conflict(iam.delete_group, GroupName="group")
    iam.delete_group_policy(GroupName="group", PolicyName="own")
    iam.delete_group(GroupName="group")
    iam.delete_role_policy(RoleName="Role", PolicyName="own")
    iam.delete_role(RoleName="Role")
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)
    assert "more than one version" in conflict(iam.delete_policy, PolicyArn=policy)
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    iam.delete_policy(PolicyArn=policy)


def test_names_are_unique_whatever_their_case(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError) as error:
        iam.create_role(RoleName="ROLE", AssumeRolePolicyDocument=TRUST)
    assert refused(error)[0] == "EntityAlreadyExists"


def test_a_boundary_must_exist(aws: Server) -> None:
    iam, arn = aws.client("iam"), f"arn:aws:iam::{MANAGEMENT}:policy/Missing"
    calls: tuple[Callable[[], Any], ...] = (
        lambda: iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn),
        lambda: iam.create_user(UserName="ada", PermissionsBoundary=arn),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "NoSuchEntity"
    aws_policy = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=aws_policy)
    found = iam.get_role(RoleName="Role")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert found == aws_policy


def test_policies_of_aws_are_there_in_every_account(organization: Organization) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
    iam = organization.aws.client("iam", organization.inside(organization.account("one")))
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    for _ in range(2):
        iam.attach_role_policy(RoleName="Role", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]["Statement"]
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 500})
    found = {policy["Arn"] for page in pages for policy in page["Policies"]}
    assert arn in found
    assert len(found) > 900
    assert iam.list_policies(Scope="Local")["Policies"] == []
    with pytest.raises(ClientError) as error:
        iam.attach_role_policy(RoleName="Role", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    assert refused(error)[0] == "NoSuchEntity"


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


def test_the_settings_of_an_account(organization: Organization) -> None:
    account = organization.account("one")
    keys, aws = organization.inside(account), organization.aws
    iam = aws.client("iam", keys)
    iam.create_account_alias(AccountAlias="acme-one")
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-one"]
    with pytest.raises(ClientError) as error:
        aws.client("iam").create_account_alias(AccountAlias="acme-one")
    assert refused(error)[0] == "EntityAlreadyExists"
    iam.delete_account_alias(AccountAlias="acme-one")
    with pytest.raises(ClientError) as error:
        iam.delete_account_alias(AccountAlias="acme-one")
    assert refused(error)[0] == "NoSuchEntity"

    contact = {"EmailAddress": "a@example.com", "Name": "A", "PhoneNumber": "1", "Title": "T"}
    api = aws.client("account", keys)
    api.put_alternate_contact(AlternateContactType="SECURITY", **contact)
    assert api.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]["Name"] == "A"
    with pytest.raises(ClientError) as error:
        api.get_alternate_contact(AlternateContactType="BILLING")
    assert refused(error)[0] == "ResourceNotFoundException"
    api.delete_alternate_contact(AlternateContactType="SECURITY")

    aws.client("account").put_account_name(AccountId=account, AccountName="renamed")
    assert api.get_account_information()["AccountName"] == "renamed"
    assert organization.api.describe_account(AccountId=account)["Account"]["Name"] == "renamed"
    with pytest.raises(ClientError) as error:
        api.put_account_name(AccountId=MANAGEMENT, AccountName="mine")
    assert refused(error)[0] == "AccessDeniedException"

    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3 = aws.client("s3control", keys)
    s3.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(AccountId=account)
    with pytest.raises(ClientError) as error:
        s3.get_public_access_block(AccountId=account)
    assert refused(error)[0] == "NoSuchPublicAccessBlockConfiguration"

    west, east = aws.client("ec2", keys, "us-west-2"), aws.client("ec2", keys, "us-east-1")
    assert west.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert west.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert east.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert west.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False

    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    iam.delete_account_password_policy()
    with pytest.raises(ClientError) as error:
        iam.get_account_password_policy()
    assert refused(error)[0] == "NoSuchEntity"


def test_oidc_providers(aws: Server) -> None:
    iam = aws.client("iam")
    made = iam.create_open_id_connect_provider(
        Url="https://token.example.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    assert made == f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.example.com"
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=made, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=made, ClientID="sts.amazonaws.com")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=made)["ClientIDList"] == ["other"]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_what_is_not_emulated_says_so(aws: Server) -> None:
    calls: tuple[Callable[[], Any], ...] = (
        lambda: aws.client("ec2").describe_instances(),
        lambda: aws.client("lambda").list_functions(),
        lambda: aws.client("s3").list_buckets(),
        lambda: aws.client("sts").get_federation_token(Name="somebody"),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "NotImplemented"
        assert refused(error)[1].startswith("The sandbox does not emulate ")


def test_what_the_official_provider_asks_before_it_deletes_a_user_by_force(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    assert iam.list_ssh_public_keys(UserName="ada")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="ada")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"] == []
    with pytest.raises(ClientError) as error:
        iam.list_service_specific_credentials(UserName="nobody")
    assert refused(error)[0] == "NoSuchEntity"
