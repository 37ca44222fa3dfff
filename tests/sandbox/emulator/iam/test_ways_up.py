"""The calls by which somebody could get more are real ones here: each changes what it changes in AWS."""

from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from tests.sandbox.emulator.conftest import Organization, Server
from tests.sandbox.emulator.people import allow, trust

SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 ada@example.com"


def test_by_a_user_or_a_group(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="admins")
    iam.create_login_profile(UserName="ada", Password="Correct-Horse-1")
    iam.update_login_profile(UserName="ada", Password="Correct-Horse-22")
    iam.add_user_to_group(GroupName="admins", UserName="ada")
    iam.put_group_policy(GroupName="admins", PolicyName="p", PolicyDocument=allow("*"))
    key = iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]["SSHPublicKeyId"]
    assert iam.get_login_profile(UserName="ada")["LoginProfile"]["UserName"] == "ada"
    assert [user["UserName"] for user in iam.get_group(GroupName="admins")["Users"]] == ["ada"]
    assert [found["SSHPublicKeyId"] for found in iam.list_ssh_public_keys(UserName="ada")["SSHPublicKeys"]] == [key]
    keys = iam.create_access_key(UserName="ada")["AccessKey"]
    assert aws.client("iam", keys).get_user()["User"]["UserName"] == "ada"
    iam.delete_group_policy(GroupName="admins", PolicyName="p")
    assert iam.list_group_policies(GroupName="admins")["PolicyNames"] == []


def test_by_another_version_of_a_policy(aws: Server) -> None:
    iam = aws.client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=allow("s3:GetObject"))["Policy"]["Arn"]
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("*"))["PolicyVersion"]["VersionId"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    iam.set_default_policy_version(PolicyArn=arn, VersionId=second)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == second == "v2"


def test_by_a_role(aws: Server) -> None:
    iam = aws.client("iam")
    own = trust(f"arn:aws:iam::{MANAGEMENT_ACCOUNT_ID}:root")
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=own, PermissionsBoundary=boundary)
    iam.delete_role_permissions_boundary(RoleName="r")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"]
    iam.put_role_policy(RoleName="r", PolicyName="deny", PolicyDocument=allow())
    iam.delete_role_policy(RoleName="r", PolicyName="deny")
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == []
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    (role,) = iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Roles"]
    assert role["RoleName"] == "r"
    iam.tag_role(RoleName="r", Tags=[{"Key": "team", "Value": "other"}])
    iam.untag_role(RoleName="r", TagKeys=["team"])
    assert iam.list_role_tags(RoleName="r")["Tags"] == []


def test_by_an_identity_provider(aws: Server) -> None:
    iam = aws.client("iam")
    arn = iam.create_open_id_connect_provider(
        Url="https://id.example.com", ThumbprintList=["a" * 40], ClientIDList=["one"]
    )["OpenIDConnectProviderArn"]
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["ThumbprintList"], found["ClientIDList"]) == (["b" * 40], ["one", "two"])
    saml = iam.create_saml_provider(Name="sso", SAMLMetadataDocument="<x>" * 400)["SAMLProviderArn"]
    iam.update_saml_provider(SAMLProviderArn=saml, SAMLMetadataDocument="<y>" * 400)
    assert iam.get_saml_provider(SAMLProviderArn=saml)["SAMLMetadataDocument"] == "<y>" * 400


def test_by_what_an_account_has(organization: Organization) -> None:
    keys = organization.inside(organization.account("one"))
    account, backup = (organization.aws.client(service, keys) for service in ("account", "backup"))
    account.enable_region(RegionName="af-south-1")
    assert account.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"] in ("ENABLING", "ENABLED")
    backup.create_backup_vault(BackupVaultName="v")
    backup.put_backup_vault_lock_configuration(BackupVaultName="v", MinRetentionDays=7)
    assert backup.describe_backup_vault(BackupVaultName="v")["Locked"]
    backup.delete_backup_vault_lock_configuration(BackupVaultName="v")
    assert not backup.describe_backup_vault(BackupVaultName="v")["Locked"]
    organization.aws.client("organizations", keys).leave_organization()
    assert len(organization.api.list_accounts()["Accounts"]) == 1
