"""Who may assume what, with which credentials."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document, token, trust

OWN_SESSIONS = {"Effect": "Allow", "Action": ["sts:AssumeRole", "iam:GetUser"], "Resource": "*"}
CODES = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}


def test_a_role_is_assumed_across_accounts_when_both_sides_allow(organization: Organization, people: People) -> None:
    account = organization.account("one")
    inside = organization.inside(account)
    role = people.role("Worker", trust(f"arn:aws:iam::{MANAGEMENT}:root"), inside)
    allowed = people.user("allowed", allow(resource="arn:aws:iam::*:role/Worker"))
    other = people.user("other", allow(resource="arn:aws:iam::*:role/Other"))
    bare = people.user("bare")
    assert people.may(allowed, role)
    assert not people.may(other, role)
    assert not people.may(bare, role)
    assert not people.may(allowed, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")
    assert not people.may(allowed, f"arn:aws:iam::{account}:role/Missing")
    assert not people.may(allowed, "arn:aws:iam::999999999999:role/Worker")
    local = people.user("local", allow(), inside)
    assert not people.may(local, role)
    with pytest.raises(ClientError) as error:
        people.assume(bare, role)
    assert refused(error) == (
        "AccessDenied",
        f"User: arn:aws:iam::{MANAGEMENT}:user/bare is not authorized to perform: sts:AssumeRole on resource: {role}",
    )


def test_a_trust_policy_that_names_the_user_is_enough_within_its_account_only(
    organization: Organization, people: People
) -> None:
    keys = people.user("named")
    principal = f"arn:aws:iam::{MANAGEMENT}:user/named"
    assert people.may(keys, people.role("Here", trust(principal)))
    account = organization.account("one")
    there = people.role("There", trust(principal), organization.inside(account))
    assert not people.may(keys, there)
    people.iam.put_user_policy(UserName="named", PolicyName="own", PolicyDocument=allow())
    assert people.may(keys, there)


def test_groups_attached_policies_and_boundaries_count(people: People) -> None:
    role = people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    keys = people.user("ada")
    people.iam.create_group(GroupName="group")
    people.iam.add_user_to_group(GroupName="group", UserName="ada")
    assert not people.may(keys, role)
    people.iam.put_group_policy(GroupName="group", PolicyName="own", PolicyDocument=allow())
    assert people.may(keys, role)
    arn = people.iam.create_policy(PolicyName="Boundary", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    people.iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=arn)
    assert people.iam.get_user(UserName="ada")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert not people.may(keys, role)
    people.iam.delete_user_permissions_boundary(UserName="ada")
    assert people.may(keys, role)
    deny = document({"Effect": "Deny", "Action": "sts:*", "Resource": "*"})
    denying = people.iam.create_policy(PolicyName="Denying", PolicyDocument=deny)["Policy"]["Arn"]
    people.iam.attach_user_policy(UserName="ada", PolicyArn=denying)
    assert not people.may(keys, role)


def test_session_policies_narrow_a_role_and_roles_may_be_chained(people: People) -> None:
    first = people.role("First", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    people.iam.attach_role_policy(RoleName="First", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    second = people.role("Second", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    by_role = people.role("ByRole", trust(first))
    narrow = people.assume(None, first, Policy=allow("s3:*"))
    wide = people.assume(None, first)
    assert people.may(wide, second)
    assert people.may(wide, by_role)
    assert not people.may(narrow, second)
    # Named by its role, a session is still held to its session policies.
    assert not people.may(narrow, by_role)
    read_only = people.assume(None, first, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
    assert not people.may(read_only, second)
    with pytest.raises(ClientError) as error:
        people.assume(wide, second, DurationSeconds=3601)
    assert refused(error)[0] == "ValidationError"
    assert "role chaining" in refused(error)[1]
    identity = people.aws.client("sts", wide).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/First/test"
    assert identity["UserId"].endswith(":test")


def test_service_control_policies_hold_members_and_not_the_management_account(
    organization: Organization, people: People
) -> None:
    organization.enable("SERVICE_CONTROL_POLICY")
    account = organization.account("one")
    inside = organization.inside(account)
    role = people.role("Role", trust(f"arn:aws:iam::{account}:root"), inside)
    local = people.user("local", allow(), inside)
    assert people.may(local, role)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}]}
    organization.attach("SERVICE_CONTROL_POLICY", deny, organization.root)
    with pytest.raises(ClientError) as error:
        people.assume(local, role)
    assert refused(error)[1].endswith("with an explicit deny in a service control policy")
    assert people.may(None, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")


def test_conditions_of_a_trust_policy(organization: Organization, people: People) -> None:
    account = organization.account("one")
    inside = organization.inside(account)
    root = f"arn:aws:iam::{MANAGEMENT}:root"
    external = people.role("External", trust(root, StringEquals={"sts:ExternalId": "secret"}), inside)
    assert not people.may(None, external)
    assert not people.may(None, external, ExternalId="wrong")
    assert people.may(None, external, ExternalId="secret")
    for name, condition, allowed in (
        ("Org", {"aws:PrincipalOrgID": organization.id}, True),
        ("OtherOrg", {"aws:PrincipalOrgID": "o-other12345"}, False),
        ("Session", {"sts:RoleSessionName": "test"}, True),
        ("Name", {"aws:username": "somebody"}, False),
        ("Account", {"aws:PrincipalAccount": MANAGEMENT}, True),
        ("Region", {"aws:RequestedRegion": "us-west-2"}, True),
        ("OtherRegion", {"aws:RequestedRegion": "eu-west-1"}, False),
        ("Arn", {"aws:PrincipalArn": f"arn:aws:iam::{MANAGEMENT}:user/sandbox-admin"}, True),
    ):
        assert people.may(None, people.role(name, trust("*", StringEquals=condition), inside)) is allowed, name


def with_mfa(people: People, name: str, keys: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
    serial = people.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    people.iam.enable_mfa_device(UserName=name, SerialNumber=serial, **CODES)
    sts = people.aws.client("sts", keys)
    return dict(sts.get_session_token(SerialNumber=serial, TokenCode="345678", **kwargs)["Credentials"])


def test_signing_in_with_mfa(people: People) -> None:
    present = trust(f"arn:aws:iam::{MANAGEMENT}:root", Bool={"aws:MultiFactorAuthPresent": "true"})
    role = people.role("WithMfa", present)
    absent = people.role(
        "NotFalse", trust(f"arn:aws:iam::{MANAGEMENT}:root", BoolIfExists={"aws:MultiFactorAuthPresent": "true"})
    )
    keys = people.user("ada", document(OWN_SESSIONS))
    assert not people.may(keys, role)
    # Long-lived keys carry no such key at all, a session without MFA carries `false`.
    assert people.may(keys, absent)
    plain = people.aws.client("sts", keys).get_session_token()["Credentials"]
    assert not people.may(plain, role)
    assert not people.may(plain, absent)
    with pytest.raises(ClientError) as error:
        people.aws.client("iam", plain).get_user()
    assert refused(error)[0] == "InvalidClientTokenId"
    signed_in = with_mfa(people, "ada", keys)
    assert people.may(signed_in, role)
    identity = people.aws.client("sts", signed_in).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{MANAGEMENT}:user/ada"
    assert people.aws.client("iam", signed_in).get_user()["User"]["UserName"] == "ada"
    serial = people.iam.list_mfa_devices(UserName="ada")["MFADevices"][0]["SerialNumber"]
    assert people.may(keys, role, SerialNumber=serial, TokenCode="345678")
    with pytest.raises(ClientError) as error:
        people.assume(keys, role, SerialNumber=serial, TokenCode="abcdef")
    assert refused(error)[0] == "ValidationError"
    assert not people.may(people.user("eve", allow()), role, SerialNumber=serial, TokenCode="345678")
    old = trust(f"arn:aws:iam::{MANAGEMENT}:root", NumericLessThan={"aws:MultiFactorAuthAge": "0"})
    assert not people.may(signed_in, people.role("TooOld", old))
    with pytest.raises(ClientError) as error:
        people.aws.client("sts", signed_in).get_session_token()
    assert refused(error)[0] == "AccessDenied"


def test_durations(people: People) -> None:
    role = people.role("Short", trust(f"arn:aws:iam::{MANAGEMENT}:root"), MaxSessionDuration=3600)
    for seconds, message in ((3601, "exceeds the MaxSessionDuration"), (43_201, "less than or equal to 43200")):
        with pytest.raises(ClientError) as error:
            people.assume(None, role, DurationSeconds=seconds)
        assert refused(error)[0] == "ValidationError"
        assert message in refused(error)[1]
    keys = people.assume(None, role, DurationSeconds=900)
    assert keys["Expiration"].timestamp() == pytest.approx(time.time() + 900, abs=5)


def test_web_identity(people: People) -> None:
    issuer = "https://token.example.com"
    people.iam.create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.example.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"token.example.com:aud": "sts.amazonaws.com"},
            "StringLike": {"token.example.com:sub": "repo:acme/*"},
        },
    }
    role = people.role("Ci", document(statement))
    good = {"iss": issuer, "aud": "sts.amazonaws.com", "sub": "repo:acme/x", "exp": time.time() + 60}

    def sign_in(web_token: str, arn: str = role) -> Any:
        sts = people.aws.client("sts")
        return sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=web_token)

    keys = sign_in(token(**good))["Credentials"]
    assert people.aws.client("sts", keys).get_caller_identity()["Arn"].endswith(":assumed-role/Ci/ci")
    for claims, code in (
        ({"sub": "repo:mallory/x"}, "AccessDenied"),
        ({"aud": "other"}, "InvalidIdentityToken"),
        ({"iss": "https://other.example.com"}, "InvalidIdentityToken"),
        ({"exp": time.time() - 1}, "ExpiredTokenException"),
    ):
        with pytest.raises(ClientError) as error:
            sign_in(token(**{**good, **claims}))
        assert refused(error)[0] == code
    for wrong, arn, code in (
        ("nonsense", role, "InvalidIdentityToken"),
        (token(**good), f"arn:aws:iam::{MANAGEMENT}:role/Missing", "AccessDenied"),
    ):
        with pytest.raises(ClientError) as error:
            sign_in(wrong, arn)
        assert refused(error)[0] == code
    # With a token of the provider, and in no other way.
    assert not people.may(None, role)


def test_credentials_that_are_not_accepted(organization: Organization, people: People) -> None:
    keys = people.user("ada", allow())
    session = dict(people.aws.client("sts", keys).get_session_token()["Credentials"])

    def code(credentials: Mapping[str, Any]) -> str:
        with pytest.raises(ClientError) as error:
            people.aws.client("sts", credentials).get_caller_identity()
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        return refused(error)[0]

    assert code({"AccessKeyId": "AKIAUNKNOWN000000000", "SecretAccessKey": "x"}) == "InvalidClientTokenId"
    assert code({**session, "SessionToken": None}) == "InvalidClientTokenId"
    assert code({**session, "SessionToken": "other"}) == "InvalidClientTokenId"
    people.iam.update_access_key(UserName="ada", AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    assert code(keys) == "InvalidClientTokenId"
    people.iam.delete_access_key(UserName="ada", AccessKeyId=keys["AccessKeyId"])
    people.iam.delete_user_policy(UserName="ada", PolicyName="own")
    people.iam.delete_user(UserName="ada")
    people.user("ada")
    assert code(session) == "InvalidClientTokenId"
    account = organization.account("one")
    inside = organization.inside(account)
    local = people.user("local", None, inside)
    assert people.aws.client("sts", inside).get_caller_identity()["Account"] == account
    assert people.aws.client("sts", local).get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/local"
    organization.close(account)
    assert code(inside) == code(local) == "InvalidClientTokenId"
    assert not people.may(None, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")


def test_the_access_role_has_the_name_asked_for_and_administers(organization: Organization) -> None:
    account = organization.account("one", RoleName="OrganizationalAccountAccessRole")
    iam = organization.aws.client("iam", organization.inside(account, "OrganizationalAccountAccessRole"))
    role = iam.get_role(RoleName="OrganizationalAccountAccessRole")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}
    attached = iam.list_attached_role_policies(RoleName="OrganizationalAccountAccessRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]
