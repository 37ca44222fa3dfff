"""What IAM refuses because of its size, its characters or its number, and what customers cannot change."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import ValidationError

from sandbox.emulator.iam.constraints import check_constraints
from tests.sandbox.emulator.conftest import Server, refused
from tests.sandbox.emulator.people import allow, trust

ROOT = trust("123456789012")
VALID, LIMIT = "ValidationError", "LimitExceeded"


def answer(call: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    return refused(error)


def sized(size: int) -> str:
    """A policy of that many characters."""
    text = json.dumps(json.loads(allow("s3:GetObject", "arn:aws:s3:::")), separators=(",", ":"))
    return text.replace('s3:::"', f's3:::{"x" * (size - len(text))}"')


@pytest.mark.parametrize(
    ("operation", "values", "message"),
    [
        ("create_user", {"UserName": "a" * 65}, "Member must have length less than or equal to 64"),
        ("create_user", {"UserName": "a b"}, "The specified value for userName is invalid."),
        ("create_user", {"UserName": "ädä"}, "The specified value for userName is invalid."),
        ("create_user", {"UserName": "ada", "Path": "team/"}, "Member must satisfy regular expression pattern"),
        ("create_group", {"GroupName": "a" * 129}, "Member must have length less than or equal to 128"),
        ("create_role", {"RoleName": "a" * 65}, "Member must have length less than or equal to 64"),
        ("create_role", {"RoleName": "r", "Description": "d" * 1001}, "less than or equal to 1000"),
        ("create_role", {"RoleName": "r", "MaxSessionDuration": 43201}, "Value '43201' at 'maxSessionDuration'"),
        ("create_policy", {"PolicyName": "p" * 129, "PolicyDocument": allow()}, "less than or equal to 128"),
        ("create_user", {"UserName": "a", "Tags": [{"Key": "k!", "Value": ""}]}, "at 'tags.1.member.key'"),
        ("create_user", {"UserName": "a", "Tags": [{"Key": "k", "Value": "v" * 257}]}, "at 'tags.1.member.value'"),
        ("create_access_key", {"UserName": "a/b"}, "The specified value for userName is invalid."),
        ("list_policies", {"Scope": "Mine"}, "Member must satisfy enum value set: [All, AWS, Local]"),
    ],
)
def test_a_value_that_the_api_model_does_not_allow(
    aws: Server, operation: str, values: dict[str, Any], message: str
) -> None:
    if operation == "create_role":
        values = {"AssumeRolePolicyDocument": ROOT, **values}
    code, text = answer(getattr(aws.client("iam"), operation), **values)
    assert (code, message in text) == (VALID, True), text


def test_a_password_is_not_in_the_answer(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    assert answer(iam.create_login_profile, UserName="ada")[0] == "ValidationError"
    code, text = answer(iam.create_login_profile, UserName="ada", Password="S3cret-" * 20)
    assert (code, "S3cret" in text) == (VALID, False)


def test_the_longest_values_are_accepted(aws: Server) -> None:
    iam = aws.client("iam")
    tags = [{"Key": f"Größe {number}", "Value": ""} for number in range(50)]
    iam.create_user(UserName="a" * 64, Path="/team/one/", Tags=tags)
    iam.create_role(
        RoleName="r" * 64, AssumeRolePolicyDocument=ROOT, Description="d" * 1000, MaxSessionDuration=43200, Tags=tags
    )
    iam.create_group(GroupName="g" * 128)
    iam.create_policy(PolicyName="p" * 128, PolicyDocument=sized(6144))


@pytest.mark.parametrize(("kind", "size"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_are_limited_together(aws: Server, kind: str, size: int) -> None:
    iam, name = aws.client("iam"), {f"{kind.capitalize()}Name": "one"}
    getattr(iam, f"create_{kind}")(**name, **({"AssumeRolePolicyDocument": ROOT} if kind == "role" else {}))
    put = getattr(iam, f"put_{kind}_policy")
    put(**name, PolicyName="first", PolicyDocument=sized(size - 200))
    put(**name, PolicyName="second", PolicyDocument=sized(200).replace(",", ",\n   "))
    wanted = (LIMIT, f"Maximum policy size of {size} bytes exceeded for {kind} one")
    assert answer(put, **name, PolicyName="third", PolicyDocument=sized(100)) == wanted
    assert answer(put, **name, PolicyName="second", PolicyDocument=sized(201)) == wanted
    put(**name, PolicyName="second", PolicyDocument=sized(199))


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_ten_managed_policies_are_attached_at_most(aws: Server, kind: str) -> None:
    iam, name = aws.client("iam"), {f"{kind.capitalize()}Name": "one"}
    getattr(iam, f"create_{kind}")(**name, **({"AssumeRolePolicyDocument": ROOT} if kind == "role" else {}))
    attach = getattr(iam, f"attach_{kind}_policy")
    arns = [iam.create_policy(PolicyName=f"p{number}", PolicyDocument=allow())["Policy"]["Arn"] for number in range(11)]
    for arn in arns[:10]:
        attach(**name, PolicyArn=arn)
    attach(**name, PolicyArn=arns[0])
    wanted = (LIMIT, f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10")
    assert answer(attach, **name, PolicyArn=arns[10]) == wanted
    getattr(iam, f"detach_{kind}_policy")(**name, PolicyArn=arns[0])
    attach(**name, PolicyArn=arns[10])


def test_what_a_user_has_at_most(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="ada")
    iam.add_user_to_group(GroupName="g0", UserName="ada")
    full = answer(iam.add_user_to_group, GroupName="g10", UserName="ada")
    assert full == (LIMIT, "Cannot exceed quota for GroupsPerUser: 10")
    for _number in range(2):
        iam.create_access_key(UserName="ada")
    assert answer(iam.create_access_key, UserName="ada")[0] == LIMIT
    serials = [
        iam.create_virtual_mfa_device(VirtualMFADeviceName=f"ada{number}")["VirtualMFADevice"]["SerialNumber"]
        for number in range(9)
    ]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    for serial in serials[:8]:
        iam.enable_mfa_device(UserName="ada", SerialNumber=serial, **codes)
    full = answer(iam.enable_mfa_device, UserName="ada", SerialNumber=serials[8], **codes)
    assert full == (LIMIT, "Cannot exceed quota for MFADevicesPerUser: 8")


def test_a_policy_has_five_versions(aws: Server) -> None:
    iam = aws.client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=allow())["Policy"]["Arn"]
    for _number in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow())
    assert answer(iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow())[0] == LIMIT


def test_tags_are_fifty_and_none_is_of_aws(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=ROOT)["Role"]["RoleName"]
    policy = iam.create_policy(PolicyName="p", PolicyDocument=allow())["Policy"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="i")
    provider = iam.create_open_id_connect_provider(
        Url="https://id.example.com", ThumbprintList=["a" * 40], ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    for tag, name, kind in (
        (iam.tag_user, {"UserName": "ada"}, "User"),
        (iam.tag_role, {"RoleName": role}, "Role"),
        (iam.tag_policy, {"PolicyArn": policy}, "Policy"),
        (iam.tag_instance_profile, {"InstanceProfileName": "i"}, "InstanceProfile"),
        (iam.tag_open_id_connect_provider, {"OpenIDConnectProviderArn": provider}, "OpenIDConnectProvider"),
    ):
        tag(**name, Tags=many)
        tag(**name, Tags=[{"Key": "K0", "Value": "w"}])
        one_more = answer(tag, **name, Tags=[{"Key": "one more", "Value": ""}])
        assert one_more == (LIMIT, f"Cannot exceed quota for TagsPer{kind}: 50")
        assert answer(tag, **name, Tags=[{"Key": "aws:x", "Value": ""}])[0] == "InvalidInput"
        assert answer(tag, **name, Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])[0] == "InvalidInput"
        assert answer(tag, **name, Tags=[*many, {"Key": "k50", "Value": ""}])[0] == VALID
    taken = answer(iam.create_user, UserName="bob", Tags=[{"Key": "AWS:x", "Value": ""}])
    assert taken[0] == "InvalidInput"


def test_a_role_of_a_service_is_changed_by_nobody(aws: Server) -> None:
    iam = aws.client("iam")
    name = iam.create_service_linked_role(AWSServiceName="backup.amazonaws.com")["Role"]["RoleName"]
    iam.create_instance_profile(InstanceProfileName="i")
    policy = iam.create_policy(PolicyName="p", PolicyDocument=allow())["Policy"]["Arn"]
    for call, more in (
        (iam.update_assume_role_policy, {"PolicyDocument": ROOT}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": allow()}),
        (iam.delete_role_policy, {"PolicyName": "p"}),
        (iam.attach_role_policy, {"PolicyArn": policy}),
        (iam.detach_role_policy, {"PolicyArn": policy}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": policy}),
        (iam.delete_role_permissions_boundary, {}),
        (iam.add_role_to_instance_profile, {"InstanceProfileName": "i"}),
        (iam.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (iam.delete_role, {}),
    ):
        code, text = answer(call, RoleName=name, **more)
        assert (code, f"protected role '{name}'" in text) == ("UnmodifiableEntity", True), text
    assert iam.get_role(RoleName=name)["Role"]["Path"] == "/aws-service-role/backup.amazonaws.com/"
    iam.delete_service_linked_role(RoleName=name)
    assert answer(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_nobody_makes_a_role_that_looks_like_a_services(aws: Server) -> None:
    iam = aws.client("iam")
    path = "/aws-service-role/backup.amazonaws.com/"
    made = answer(iam.create_role, RoleName="mine", Path=path, AssumeRolePolicyDocument=ROOT)
    assert made == ("InvalidInput", f"The path {path} is reserved for service-linked roles.")
    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=ROOT)
    assert answer(iam.delete_service_linked_role, RoleName="mine")[0] == "InvalidInput"


def test_a_policy_of_aws_is_changed_by_nobody(aws: Server) -> None:
    iam, arn = aws.client("iam"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    for call, more in (
        (iam.create_policy_version, {"PolicyDocument": allow("*"), "SetAsDefault": True}),
        (iam.set_default_policy_version, {"VersionId": version}),
        (iam.delete_policy_version, {"VersionId": version}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (iam.delete_policy, {}),
    ):
        assert answer(call, PolicyArn=arn, **more)[0] == "AccessDenied"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == version


def test_an_identity_provider_is_not_replaced(aws: Server) -> None:
    iam, metadata = aws.client("iam"), "<x>" * 400
    arn = iam.create_saml_provider(Name="sso", SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    again = answer(iam.create_saml_provider, Name="sso", SAMLMetadataDocument="<y>" * 400)
    assert again == ("EntityAlreadyExists", "SAMLProvider with name sso already exists.")
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == metadata


@pytest.mark.parametrize(
    ("operation", "values", "message"),
    [
        ("CreateRole", {"MaxSessionDuration": 3599}, "Value '3599' at 'maxSessionDuration'"),
        ("CreateSAMLProvider", {"Name": "sso", "SAMLMetadataDocument": "<x>"}, "greater than or equal to 1000"),
        ("CreateUser", {"UserName": "", "Path": ""}, "2 validation errors detected: "),
    ],
)
def test_what_boto3_does_not_even_send(operation: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        check_constraints(operation, values)
    assert message in str(error.value.message)
    check_constraints("GetAccountSummary", {})
