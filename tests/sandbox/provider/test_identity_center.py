"""IAM Identity Center by the provider: what follows a change of a permission set, and what AWS refuses later."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.provider.wire import Values
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.cases import READ_ONLY, allow, center, people, permission_set
from tests.sandbox.provider.conftest import REGION, Engine, Failed

ASSIGNMENT = "aws:ssoadmin/accountAssignment:AccountAssignment"
BOUNDARY = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
INLINE = "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy"
MANAGED = "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment"


def assignment(engine: Engine) -> Values:
    """The inputs of an assignment to a new account."""
    instance, store = center(engine)
    account = engine.create("aws:organizations/account:Account", {"name": "Shop", "email": "shop@example.com"})
    return {
        **permission_set(engine, instance),
        "principalId": people(engine, store),
        "principalType": "GROUP",
        "targetId": account.id,
        "targetType": "AWS_ACCOUNT",
    }


def inside(emulator: Server, account: str) -> Any:
    """IAM of the account."""
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    keys: Mapping[str, Any] = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return emulator.client("iam", keys)


def role(iam: Any) -> str:
    (found,) = [role for role in iam.list_roles()["Roles"] if role["Path"].startswith("/aws-reserved/")]
    return str(found["RoleName"])


def test_the_roles_follow_what_the_permission_set_has(engine: Engine, emulator: Server) -> None:
    wanted = assignment(engine)
    made = engine.create(ASSIGNMENT, wanted)
    iam = inside(emulator, wanted["targetId"])
    name, which = role(iam), {name: wanted[name] for name in ("instanceArn", "permissionSetArn")}
    inline = engine.create(INLINE, {**which, "inlinePolicy": allow("s3:*")})
    managed = engine.create(MANAGED, {**which, "managedPolicyArn": READ_ONLY})
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["AwsSSOInlinePolicy"]
    assert [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]] == [
        READ_ONLY
    ]
    engine.delete(INLINE, inline)
    engine.delete(MANAGED, managed)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    engine.delete(ASSIGNMENT, made)
    assert not [role for role in iam.list_roles()["Roles"] if role["Path"].startswith("/aws-reserved/")]


def test_a_failed_assignment_names_awss_reason(engine: Engine) -> None:
    wanted = assignment(engine)
    which = {name: wanted[name] for name in ("instanceArn", "permissionSetArn")}
    boundary = {"customerManagedPolicyReference": {"name": "Most", "path": "/"}}
    engine.create(BOUNDARY, {**which, "permissionsBoundary": boundary})
    with pytest.raises(Failed, match=r"SSO Account Assignment .*policy/Most does not exist or is not attachable"):
        engine.create(ASSIGNMENT, wanted)


def test_the_instances_and_their_groups(engine: Engine) -> None:
    token = "aws:ssoadmin/getInstances:getInstances"
    assert engine.invoke(token)["arns"] == []
    instance, store = center(engine)
    assert engine.invoke(token) == {
        "arns": [instance],
        "id": REGION,
        "identityStoreIds": [store],
        "region": REGION,
    }
    assert engine.invoke(token, region="us-east-1")["arns"] == []
    group = people(engine, store)
    found = engine.invoke("aws:identitystore/getGroups:getGroups", identityStoreId=store)["groups"]
    assert [(each["displayName"], each["groupId"]) for each in found] == [("developers", group)]


def test_an_id_of_another_form(engine: Engine) -> None:
    with pytest.raises(Failed, match="not of the form <PermissionSetArn>,<InstanceArn>"):
        engine.read("aws:ssoadmin/permissionSet:PermissionSet", "arn:aws:sso:::permissionSet/x")
