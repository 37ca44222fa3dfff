"""IAM's checks, and the settings that it has for an account."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.iam import managed_policies, models
from tests.sandbox.emulator.conftest import Organization, Server, refused

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


def test_an_account_alias_is_unique_among_all_accounts(organization: Organization) -> None:
    keys, aws = organization.inside(organization.account("one")), organization.aws
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


def test_the_password_policy(organization: Organization) -> None:
    iam = organization.aws.client("iam", organization.inside(organization.account("one")))
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


def test_what_the_official_provider_asks_before_it_deletes_a_user_by_force(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    assert iam.list_ssh_public_keys(UserName="ada")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="ada")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"] == []
    with pytest.raises(ClientError) as error:
        iam.list_service_specific_credentials(UserName="nobody")
    assert refused(error)[0] == "NoSuchEntity"


def test_the_description_of_a_role_outlives_an_update_of_its_sessions(aws: Server) -> None:
    """The official provider calls UpdateRoleDescription, then UpdateRole without a description."""
    iam = aws.client("iam")
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST, Description="old")
    iam.update_role_description(RoleName="Role", Description="new")
    iam.update_role(RoleName="Role", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="Role")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 7200)
    iam.update_role(RoleName="Role", Description="")
    assert iam.get_role(RoleName="Role")["Role"].get("Description", "") == ""


def test_policies_are_listed_page_by_page_those_of_aws_too(aws: Server) -> None:
    iam = aws.client("iam")
    own = iam.create_policy(PolicyName="Mine", PolicyDocument=ALLOW)["Policy"]["Arn"]
    found = [
        policy["Arn"]
        for page in iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 100})
        for policy in page["Policies"]
    ]
    assert own in found
    assert len(found) == len(set(found)) > 1000
    of_aws = iam.list_policies(Scope="AWS", PathPrefix="/job-function/", MaxItems=5)
    assert of_aws["IsTruncated"]
    assert all(policy["Path"] == "/job-function/" for policy in of_aws["Policies"])
    assert [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]] == [own]


def test_a_page_of_policies_makes_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS has over a thousand: to make all of them for each page took 9 seconds in all."""
    made: list[str] = []

    def make(arn: str, _account_id: str) -> Any:
        made.append(arn)
        return arn

    monkeypatch.setattr(managed_policies, "aws_policy", make)
    page, marker = models.IAMBackend("aws", MANAGEMENT).list_policies("100", 50, False, "/", "All")
    assert (list(map(str, page)), len(made), marker) == (made, 50, "150")


def test_users_and_groups_that_get_another_name_stay_the_same(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    iam.create_group(GroupName="devs")
    iam.create_group(GroupName="ops")
    iam.add_user_to_group(GroupName="devs", UserName="ada")
    taken: tuple[Callable[[], Any], ...] = (
        lambda: iam.update_user(UserName="ada", NewUserName="Bob"),
        lambda: iam.update_group(GroupName="devs", NewGroupName="OPS"),
    )
    for call in taken:
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "EntityAlreadyExists"
    iam.update_user(UserName="ada", NewUserName="Ada", NewPath="/people/")
    iam.update_group(GroupName="devs", NewPath="/people/")
    assert iam.list_user_tags(UserName="Ada")["Tags"] == [{"Key": "a", "Value": "b"}]
    (group,) = iam.list_groups_for_user(UserName="Ada")["Groups"]
    assert group["Arn"] == f"arn:aws:iam::{MANAGEMENT}:group/people/devs"
    own = {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
    assert aws.client("sts", own).get_caller_identity()["Arn"] == f"arn:aws:iam::{MANAGEMENT}:user/people/Ada"
    assert iam.list_access_keys(UserName="Ada")["AccessKeyMetadata"][0]["UserName"] == "Ada"
