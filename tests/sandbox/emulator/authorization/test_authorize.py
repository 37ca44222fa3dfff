"""Every call is decided before it is carried out, and the refusal says which kind of policy denied, as AWS's does."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.authorization import resources
from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.resources import resource_policies
from sandbox.emulator.iam.models import IAMBackend
from sandbox.emulator.sts import callers
from sandbox.emulator.sts.callers import Caller, RootUser
from shared.policy_evaluation.evaluation import ResourcePolicies
from tests.sandbox.emulator.conftest import Organization, Server, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document, trust

DENY_USERS = document({"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"})
TRUST_BACKUP = document(
    {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def denied(call: Callable[..., Any], **kwargs: Any) -> tuple[str, str, int]:
    """Code, message and HTTP status of the refusal."""
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    return (*refused(error), error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def reason(message: str) -> str:
    """What follows the resource in the message."""
    return message.partition(" on resource: ")[2].partition(" ")[2]


@pytest.mark.parametrize(
    ("service", "call", "kwargs", "code", "status", "action"),
    [
        ("iam", "list_users", {}, "AccessDenied", 403, "iam:ListUsers"),
        ("organizations", "list_roots", {}, "AccessDeniedException", 400, "organizations:ListRoots"),
        ("backup", "list_backup_vaults", {}, "AccessDeniedException", 403, "backup:ListBackupVaults"),
        ("account", "get_contact_information", {}, "AccessDeniedException", 403, "account:GetContactInformation"),
        ("ec2", "describe_regions", {}, "UnauthorizedOperation", 403, "ec2:DescribeRegions"),
        ("s3control", "get_public_access_block", {"AccountId": MANAGEMENT}, "AccessDenied", 403, "s3:"),
        # Services and operations that are not here are denied first, too.
        ("iam", "get_account_properties", {}, "AccessDenied", 403, "iam:GetAccountProperties"),
        ("cloudtrail", "describe_trails", {}, "AccessDeniedException", 400, "cloudtrail:DescribeTrails"),
    ],
)
def test_who_has_no_permission_gets_the_error_of_the_protocol(
    people: People, service: str, call: str, kwargs: dict[str, Any], code: str, status: int, action: str
) -> None:
    client = people.aws.client(service, people.user("bare"))
    found, message, answered = denied(getattr(client, call), **kwargs)
    assert (found, answered) == (code, status)
    who = f"User: arn:aws:iam::{MANAGEMENT}:user/bare is not authorized to perform: {action}"
    assert who in message
    assert reason(message).startswith("because no identity-based policy allows the ")
    assert message.startswith("You are not authorized to perform this operation. ") is (service == "ec2")


def test_everybody_may_ask_who_they_are(people: People) -> None:
    keys = people.user("denied", document({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    assert people.aws.client("sts", keys).get_caller_identity()["Arn"].endswith("user/denied")
    assert people.aws.client("sts", keys).get_session_token()["Credentials"]


def test_each_kind_of_policy_of_the_caller_is_named(people: People) -> None:
    iam, keys = people.iam, people.user("ada", allow("iam:*"))
    create = people.aws.client("iam", keys).create_user
    create(UserName="one")
    boundary = iam.create_policy(PolicyName="Boundary", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=boundary)
    assert (
        reason(denied(create, UserName="two")[1]) == "because no permissions boundary allows the iam:CreateUser action"
    )
    iam.delete_user_permissions_boundary(UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="deny", PolicyDocument=DENY_USERS)
    assert reason(denied(create, UserName="two")[1]) == "with an explicit deny in an identity-based policy"
    role = people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    iam.attach_role_policy(RoleName="Role", PolicyArn=ADMINISTRATOR)
    narrow = people.aws.client("iam", people.assume(None, role, Policy=allow("s3:*")))
    assert reason(denied(narrow.list_users)[1]) == "because no session policy allows the iam:ListUsers action"
    denying = people.aws.client("iam", people.assume(None, role, Policy=DENY_USERS))
    assert reason(denied(denying.create_user, UserName="x")[1]) == "with an explicit deny in a session policy"
    assert [user["UserName"] for user in iam.list_users()["Users"] if user["UserName"] in ("two", "x")] == []


def test_service_control_policies_bind_member_accounts_only(organization: Organization, people: People) -> None:
    organization.enable("SERVICE_CONTROL_POLICY")
    account = organization.account("one")
    inside = people.aws.client("iam", organization.inside(account))
    inside.create_user(UserName="before")
    policy = organization.attach("SERVICE_CONTROL_POLICY", json.loads(DENY_USERS), organization.root)
    assert reason(denied(inside.create_user, UserName="after")[1]) == (
        "with an explicit deny in a service control policy"
    )
    people.iam.create_user(UserName="in-the-management-account")
    organization.api.detach_policy(PolicyId=policy, TargetId=organization.root)
    inside.create_user(UserName="after")
    only_s3 = organization.attach("SERVICE_CONTROL_POLICY", json.loads(allow("s3:*")), account, name="only-s3")
    full = next(
        found["Id"]
        for found in organization.api.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if found["Id"] != only_s3 and found["AwsManaged"]
    )
    organization.api.detach_policy(PolicyId=full, TargetId=account)
    assert reason(denied(inside.list_users)[1]) == "because no service control policy allows the iam:ListUsers action"


def test_resource_control_policies_bind_roles_of_member_accounts(organization: Organization, people: People) -> None:
    organization.enable("RESOURCE_CONTROL_POLICY")
    account = organization.account("one")
    there = people.role("There", trust(f"arn:aws:iam::{MANAGEMENT}:root"), organization.inside(account))
    here = people.role("Here", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    keys = people.user("ada", allow())
    assert people.may(keys, there)
    perimeter = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Resource": "*",
                "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ada"}},
            }
        ],
    }
    organization.attach("RESOURCE_CONTROL_POLICY", perimeter, organization.root)
    code, message, status = denied(people.assume, keys=keys, role=there)
    assert (code, status) == ("AccessDenied", 403)
    assert reason(message) == "with an explicit deny in a resource control policy"
    assert people.may(None, there)
    assert people.may(keys, here)


def test_service_linked_roles_are_bound_by_nothing_of_the_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decided in this process: in the emulator, as in AWS, only a service assumes such a role."""
    deny = [[json.loads(DENY_USERS)]]
    organization = SimpleNamespace(service_control=lambda _account: deny, resource_control=lambda _account: deny)
    iam = IAMBackend("aws", MANAGEMENT)
    plain = iam.create_role("Plain", TRUST_BACKUP, "/", None, "", [], None)
    linked = iam.create_service_linked_role("backup.amazonaws.com", "", "")
    for module in (callers, resources):
        monkeypatch.setattr(module, "organization_of", lambda _account: organization)
    monkeypatch.setattr(
        resources, "find_role", lambda arn: next(role for role in iam.roles.values() if role.arn == arn)
    )
    one, other = Caller(MANAGEMENT, plain), Caller(MANAGEMENT, linked)
    assert [caller.policies().service_control == deny for caller in (one, other)] == [True, False]

    def control(caller: Caller, arn: str) -> object:
        return resource_policies(Need("sts:AssumeRole", arn), caller).control

    assert [control(one, role.arn) for role in (plain, linked)] == [deny, []]
    # Nor do they bind what a service-linked role itself does.
    assert control(other, plain.arn) == []


def test_actions_are_the_same_in_any_case(people: People) -> None:
    keys = people.user("ada", allow("IAM:listUSERS"))
    assert people.aws.client("iam", keys).list_users()["Users"]
    assert reason(denied(people.aws.client("iam", keys).list_roles)[1]).endswith("allows the iam:ListRoles action")


def test_what_is_denied_changes_nothing(aws: Server, people: People) -> None:
    keys = people.user("bare")
    denied(aws.client("organizations", keys).create_organization, FeatureSet="ALL")
    with pytest.raises(ClientError) as error:
        aws.client("organizations").describe_organization()
    assert refused(error)[0] == "AWSOrganizationsNotInUseException"


def test_the_access_policy_of_a_vault_decides_beside_the_caller_s(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = {(MANAGEMENT, "us-west-2", "Default"): allow("backup:*")}
    monkeypatch.setattr(resources, "access_policy", lambda *key: policies.get(key))
    caller = Caller(MANAGEMENT, RootUser(MANAGEMENT))
    vault = f"arn:aws:backup:us-west-2:{MANAGEMENT}:backup-vault:"
    found = resource_policies(Need("backup:CopyIntoBackupVault", f"{vault}Default", MANAGEMENT), caller)
    assert found == ResourcePolicies(MANAGEMENT, json.loads(allow("backup:*")), shared=True, control=[])
    other = resource_policies(Need("backup:CopyIntoBackupVault", f"{vault}Other", MANAGEMENT), caller)
    assert other == ResourcePolicies(MANAGEMENT, None, shared=True, control=[])


def test_a_request_that_cannot_be_read(aws: Server) -> None:
    client = aws.client("organizations")
    client.meta.events.register("before-call.*.*", lambda params, **_kwargs: params.update(body=b"[1]"))
    assert denied(client.list_roots)[0] == "SerializationException"
