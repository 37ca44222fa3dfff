"""IAM Identity Center: permission sets, assignments, the roles it makes, and the portal."""

import json
from typing import Any

import pytest

from tests.sandbox.emulator.conftest import Organization, Server, start_server
from tests.sandbox.emulator.identity_center import Center, code, message
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def center(aws: Server) -> Center:
    return Center(aws)


def deployed(center: Center) -> tuple[str, str, str]:
    """A group with ada in it, a permission set that lists users, and an account to which it is assigned."""
    group, arn = center.group("developers", center.user("ada")), center.set("Developers")
    center.inline(arn, allow("iam:ListUsers"))
    account = center.organization.account("shop")
    assert center.assign(group, arn, account)["Status"] == "SUCCEEDED"
    return group, arn, account


# The instance


def test_there_is_none_until_it_is_enabled_in_one_region(aws: Server) -> None:
    assert aws.control("POST", "identity-center", {"region": "us-west-2"}) == {
        "error": "there is no organization with all features"
    }
    organization = Organization(aws)
    sso = aws.client("sso-admin")
    assert sso.list_instances()["Instances"] == []
    made = aws.control("POST", "identity-center", {"region": "us-west-2"})
    (found,) = sso.list_instances()["Instances"]
    assert (found["InstanceArn"], found["IdentityStoreId"], found["OwnerAccountId"], found["Status"]) == (
        made["instance_arn"],
        made["identity_store_id"],
        MANAGEMENT,
        "ACTIVE",
    )
    assert aws.client("sso-admin", region="eu-west-1").list_instances()["Instances"] == []
    trusted = organization.api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [service["ServicePrincipal"] for service in trusted] == ["sso.amazonaws.com"]
    assert aws.control("POST", "identity-center", {"region": "us-west-2"}) == made
    assert "us-west-2" in aws.control("POST", "identity-center", {"region": "eu-west-1"})["error"]
    assert "error" in aws.control("POST", "identity-center", {"region": "moon"})


def test_a_delegated_administrator_sees_it_and_another_account_does_not(center: Center) -> None:
    admin, other = center.organization.account("security"), center.organization.account("shop")
    center.organization.api.register_delegated_administrator(AccountId=admin, ServicePrincipal="sso.amazonaws.com")
    for account, seen in ((admin, 1), (other, 0)):
        sso = center.aws.client("sso-admin", center.organization.inside(account))
        assert len(sso.list_instances()["Instances"]) == seen


# Permission sets


def test_a_permission_set_is_made_changed_and_deleted(center: Center) -> None:
    arn = center.set("Developers", Description="build", Tags=[{"Key": "team", "Value": "shop"}])
    instance = center.arn.rpartition("/")[2]
    assert arn.startswith(f"arn:aws:sso:::permissionSet/{instance}/ps-")
    which = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    found = center.sso.describe_permission_set(**which)["PermissionSet"]
    assert (found["Name"], found["SessionDuration"], found["Description"]) == ("Developers", "PT1H", "build")
    center.sso.update_permission_set(**which, SessionDuration="PT8H")
    found = center.sso.describe_permission_set(**which)["PermissionSet"]
    assert (found["SessionDuration"], found["Description"]) == ("PT8H", "build")
    assert center.sso.list_permission_sets(InstanceArn=center.arn)["PermissionSets"] == [arn]
    tags = {"InstanceArn": center.arn, "ResourceArn": arn}
    center.sso.tag_resource(**tags, Tags=[{"Key": "a", "Value": "b"}])
    center.sso.untag_resource(**tags, TagKeys=["team"])
    assert center.sso.list_tags_for_resource(**tags)["Tags"] == [{"Key": "a", "Value": "b"}]
    center.sso.delete_permission_set(**which)
    assert code(center.sso.describe_permission_set, **which) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "wrong",
    [{"Name": "x" * 33}, {"Name": "a b"}, {"SessionDuration": "PT13H"}, {"SessionDuration": "1h"}],
)
def test_a_permission_set_that_aws_refuses(center: Center, wrong: dict[str, str]) -> None:
    given = {"InstanceArn": center.arn, "Name": "Developers", **wrong}
    assert code(center.sso.create_permission_set, **given) == "ValidationException"


def test_names_are_taken_once_and_instances_must_be_there(center: Center) -> None:
    center.set("Developers")
    assert code(center.set, "Developers") == "ConflictException"
    other = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
    assert code(center.sso.list_permission_sets, InstanceArn=other) == "ResourceNotFoundException"


def test_policies_and_the_boundary_of_a_permission_set(center: Center) -> None:
    which = {"InstanceArn": center.arn, "PermissionSetArn": center.set("Developers")}
    sso = center.sso
    assert code(sso.put_inline_policy_to_permission_set, **which, InlinePolicy="{}") == "ValidationException"
    sso.put_inline_policy_to_permission_set(**which, InlinePolicy=allow("s3:*"))
    assert json.loads(sso.get_inline_policy_for_permission_set(**which)["InlinePolicy"]) == json.loads(allow("s3:*"))
    with_path = "arn:aws:iam::aws:policy/job-function/AmazonODBExadataInfrastructureAdmin"
    sso.attach_managed_policy_to_permission_set(**which, ManagedPolicyArn=with_path)
    sso.detach_managed_policy_from_permission_set(**which, ManagedPolicyArn=with_path)
    sso.attach_managed_policy_to_permission_set(**which, ManagedPolicyArn=READ_ONLY)
    assert code(sso.attach_managed_policy_to_permission_set, **which, ManagedPolicyArn=READ_ONLY) == (
        "ConflictException"
    )
    nothing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert code(sso.attach_managed_policy_to_permission_set, **which, ManagedPolicyArn=nothing) == (
        "ResourceNotFoundException"
    )
    own = {"Name": "Own", "Path": "/"}
    sso.attach_customer_managed_policy_reference_to_permission_set(**which, CustomerManagedPolicyReference=own)
    found = sso.list_customer_managed_policy_references_in_permission_set(**which)
    assert found["CustomerManagedPolicyReferences"] == [own]
    assert code(sso.get_permissions_boundary_for_permission_set, **which) == "ResourceNotFoundException"
    boundary = {"CustomerManagedPolicyReference": own}
    sso.put_permissions_boundary_to_permission_set(**which, PermissionsBoundary=boundary)
    assert sso.get_permissions_boundary_for_permission_set(**which)["PermissionsBoundary"] == boundary
    both = {"ManagedPolicyArn": READ_ONLY, **boundary}
    assert code(sso.put_permissions_boundary_to_permission_set, **which, PermissionsBoundary=both) == (
        "ValidationException"
    )
    sso.delete_permissions_boundary_from_permission_set(**which)
    assert code(sso.get_permissions_boundary_for_permission_set, **which) == "ResourceNotFoundException"


# Assignments


def test_an_assignment_makes_the_role_and_the_last_one_takes_it_along(center: Center) -> None:
    group, arn, account = deployed(center)
    (role,) = center.roles(account)
    assert role["Path"] == "/aws-reserved/sso.amazonaws.com/us-west-2/"
    name, _, suffix = role["RoleName"].rpartition("_")
    assert name == "AWSReservedSSO_Developers"
    assert len(suffix) == 16
    trusted = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert trusted["Principal"]["Federated"].startswith(f"arn:aws:iam::{account}:saml-provider/AWSSSO_")
    assert center.assign(group, arn, account)["Status"] == "SUCCEEDED", "again is as good"
    other = center.group("others")
    center.assign(other, arn, account)
    assert [found["RoleName"] for found in center.roles(account)] == [role["RoleName"]]
    which = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    found = center.sso.list_account_assignments(**which, AccountId=account)["AccountAssignments"]
    assert {each["PrincipalId"] for each in found} == {group, other}
    assert center.sso.list_accounts_for_provisioned_permission_set(**which)["AccountIds"] == [account]
    assert center.sso.list_permission_sets_provisioned_to_account(InstanceArn=center.arn, AccountId=account)[
        "PermissionSets"
    ] == [arn]
    assert code(center.sso.delete_permission_set, **which) == "ConflictException"
    assert center.unassign(group, arn, account)["Status"] == "SUCCEEDED"
    assert center.roles(account)
    center.unassign(other, arn, account)
    assert center.roles(account) == []
    assert code(center.unassign, other, arn, account) == "ResourceNotFoundException"
    center.sso.delete_permission_set(**which)


def test_the_role_of_us_east_1_has_no_region_in_its_path(aws: Server) -> None:
    center = Center(aws, "us-east-1")
    _group, _arn, account = deployed(center)
    assert center.roles(account)[0]["Path"] == "/aws-reserved/sso.amazonaws.com/"


def test_the_role_has_what_the_permission_set_has_once_it_is_provisioned(center: Center) -> None:
    _group, arn, account = deployed(center)
    iam = center.aws.client("iam", center.organization.inside(account))
    name = center.roles(account)[0]["RoleName"]
    which = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    boundary = iam.create_policy(PolicyName="Most", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    center.sso.attach_managed_policy_to_permission_set(**which, ManagedPolicyArn=READ_ONLY)
    center.sso.put_permissions_boundary_to_permission_set(
        **which, PermissionsBoundary={"CustomerManagedPolicyReference": {"Name": "Most", "Path": "/"}}
    )
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    assert center.provision(arn)["Status"] == "SUCCEEDED"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [READ_ONLY]
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["AwsSSOInlinePolicy"]
    assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    center.sso.detach_managed_policy_from_permission_set(**which, ManagedPolicyArn=READ_ONLY)
    center.sso.delete_inline_policy_from_permission_set(**which)
    center.sso.delete_permissions_boundary_from_permission_set(**which)
    center.provision(arn)
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    assert "PermissionsBoundary" not in iam.get_role(RoleName=name)["Role"]


@pytest.mark.parametrize("part", ["policy", "boundary"])
def test_what_is_not_in_the_account_cannot_be_assigned(center: Center, part: str) -> None:
    group, arn, account = center.group("developers"), center.set("Developers"), center.organization.account("shop")
    which, own = {"InstanceArn": center.arn, "PermissionSetArn": arn}, {"Name": "Own", "Path": "/"}
    if part == "policy":
        center.sso.attach_customer_managed_policy_reference_to_permission_set(
            **which, CustomerManagedPolicyReference=own
        )
    else:
        center.sso.put_permissions_boundary_to_permission_set(
            **which, PermissionsBoundary={"CustomerManagedPolicyReference": own}
        )
    status = center.assign(group, arn, account)
    assert status["Status"] == "FAILED"
    assert f"arn:aws:iam::{account}:policy/Own does not exist" in status["FailureReason"]
    assert center.roles(account) == []
    iam = center.aws.client("iam", center.organization.inside(account))
    iam.create_policy(PolicyName="Own", PolicyDocument=allow("s3:*"))
    assert center.assign(group, arn, account)["Status"] == "SUCCEEDED"
    # What the role has cannot be deleted under it.
    assert code(iam.delete_policy, PolicyArn=f"arn:aws:iam::{account}:policy/Own") == "DeleteConflict"


def test_an_assignment_needs_its_account_principal_and_trusted_access(center: Center) -> None:
    group, arn, account = center.group("developers"), center.set("Developers"), center.organization.account("shop")
    assert code(center.assign, group, arn, "999999999999") == "ResourceNotFoundException"
    nobody = "01234567-89ab-cdef-0123-456789abcdef"
    assert code(center.assign, nobody, arn, account) == "ResourceNotFoundException"
    center.organization.api.close_account(AccountId=account)
    closed = center.assign(group, arn, account)
    assert (closed["Status"], closed["FailureReason"]) == ("FAILED", f"The account {account} is PENDING_CLOSURE.")
    center.organization.api.disable_aws_service_access(ServicePrincipal="sso.amazonaws.com")
    assert code(center.assign, group, arn, account) == "AccessDeniedException"


def test_nobody_but_aws_changes_the_role(center: Center) -> None:
    _group, _arn, account = deployed(center)
    iam = center.aws.client("iam", center.organization.inside(account))
    name = center.roles(account)[0]["RoleName"]
    for call, more in (
        (iam.delete_role, {}),
        (iam.attach_role_policy, {"PolicyArn": READ_ONLY}),
        (iam.put_role_policy, {"PolicyName": "x", "PolicyDocument": allow("*")}),
        (iam.update_assume_role_policy, {"PolicyDocument": allow("*")}),
        (iam.update_role, {"MaxSessionDuration": 3600}),
    ):
        assert code(call, RoleName=name, **more) == "UnmodifiableEntity"
    trust = document({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    path = "/aws-reserved/sso.amazonaws.com/"
    assert code(iam.create_role, RoleName="x", Path=path, AssumeRolePolicyDocument=trust) == "InvalidInput"


def test_every_call_needs_permission(center: Center, people: People) -> None:
    keys = people.user("reader", allow("sso:List*"))
    sso = center.aws.client("sso-admin", keys)
    assert sso.list_permission_sets(InstanceArn=center.arn)["PermissionSets"] == []
    refused = message(sso.create_permission_set, InstanceArn=center.arn, Name="Mine")
    assert "is not authorized to perform: sso:CreatePermissionSet on resource: arn:aws:sso:::instance/" in refused
    store = center.aws.client("identitystore", keys)
    refused = message(store.create_group, IdentityStoreId=center.store, DisplayName="mine")
    assert "identitystore:CreateGroup" in refused


def test_the_management_account_needs_more(center: Center, people: People) -> None:
    group, arn = center.group("developers"), center.set("Administrators")
    keys = people.user("deployer", allow("sso:*"))
    sso, wanted = center.aws.client("sso-admin", keys), center.wanted(group, arn, MANAGEMENT)
    assert "iam:AttachRolePolicy" in message(sso.create_account_assignment, **wanted)
    assert center.assign(group, arn, MANAGEMENT)["Status"] == "SUCCEEDED"


# The portal


def test_a_person_of_the_group_gets_in_and_nobody_else(center: Center) -> None:
    _group, _arn, account = deployed(center)
    center.user("mallory")
    ada, mallory = center.sign_in("ada"), center.sign_in("mallory")
    portal = center.aws.client("sso")
    assert [found["accountId"] for found in portal.list_accounts(accessToken=ada)["accountList"]] == [account]
    assert portal.list_accounts(accessToken=mallory)["accountList"] == []
    roles = portal.list_account_roles(accessToken=ada, accountId=account)["roleList"]
    assert roles == [{"roleName": "Developers", "accountId": account}]
    keys = center.credentials(ada, account, "Developers")
    who = center.aws.client("sts", keys).get_caller_identity()
    assert who["Account"] == account
    assert who["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Developers_")
    assert who["Arn"].endswith("/ada")
    iam = center.aws.client("iam", keys)
    assert iam.list_users()["Users"] == []
    assert code(iam.create_user, UserName="eve") == "AccessDenied"
    other = center.organization.account("other")
    for token, target, name in (
        (mallory, account, "Developers"),
        (ada, account, "Administrators"),
        (ada, other, "Developers"),
    ):
        assert code(center.credentials, token, target, name) == "ForbiddenException"
    assert code(center.credentials, "made-up", account, "Developers") == "UnauthorizedException"
    assert "error" in center.aws.control("POST", "sign-in", {"user": "nobody"})


def test_who_leaves_the_group_or_signs_out_is_out(center: Center) -> None:
    group, _arn, account = deployed(center)
    token = center.sign_in("ada")
    center.credentials(token, account, "Developers")
    portal = center.aws.client("sso")
    second = center.sign_in("Ada")
    portal.logout(accessToken=second)
    assert code(center.credentials, second, account, "Developers") == "UnauthorizedException"
    (member,) = center.people.list_group_memberships(IdentityStoreId=center.store, GroupId=group)["GroupMemberships"]
    center.people.delete_group_membership(IdentityStoreId=center.store, MembershipId=member["MembershipId"])
    assert code(center.credentials, token, account, "Developers") == "ForbiddenException"
    user = member["MemberId"]["UserId"]
    center.people.delete_user(IdentityStoreId=center.store, UserId=user)
    assert code(center.credentials, token, account, "Developers") == "UnauthorizedException"


def test_a_role_that_is_gone_ends_its_sessions(center: Center) -> None:
    group, arn, account = deployed(center)
    keys = center.credentials(center.sign_in("ada"), account, "Developers")
    center.unassign(group, arn, account)
    assert code(center.aws.client("iam", keys).list_users) == "InvalidClientTokenId"


def test_service_control_policies_bind_people_of_identity_center(center: Center) -> None:
    _group, _arn, account = deployed(center)
    keys = center.credentials(center.sign_in("ada"), account, "Developers")
    organization = center.organization
    organization.enable("SERVICE_CONTROL_POLICY")
    organization.attach(
        "SERVICE_CONTROL_POLICY",
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]},
        account,
    )
    refused = message(center.aws.client("iam", keys).list_users)
    assert "explicit deny in a service control policy" in refused


def test_resource_control_policies_stand_before_the_roles(center: Center) -> None:
    _group, _arn, account = deployed(center)
    token, organization = center.sign_in("ada"), center.organization
    organization.enable("RESOURCE_CONTROL_POLICY")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithSAML"}
    others = {**deny, "NotResource": "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"}
    kind = "RESOURCE_CONTROL_POLICY"
    organization.attach(kind, {"Version": "2012-10-17", "Statement": [others]}, account)
    assert center.credentials(token, account, "Developers")
    all_of_it = {"Version": "2012-10-17", "Statement": [{**deny, "Resource": "*"}]}
    organization.attach(kind, all_of_it, account, "all")
    assert code(center.credentials, token, account, "Developers") == "ForbiddenException"


def test_all_of_it_is_there_after_a_restart(tmp_path: Any) -> None:
    server = start_server(tmp_path)
    try:
        center = Center(server)
        _group, arn, account = deployed(center)
        token = center.sign_in("ada")
    finally:
        server.stop()
    again = start_server(tmp_path)
    try:
        keys = again.client("sso").get_role_credentials(accessToken=token, accountId=account, roleName="Developers")
        assert keys["roleCredentials"]["accessKeyId"]
        sets = again.client("sso-admin").list_permission_sets(InstanceArn=center.arn)["PermissionSets"]
        assert sets == [arn]
    finally:
        again.stop()
