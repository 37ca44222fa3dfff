"""What a call of IAM Identity Center or of its identity store needs: everything that it names.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentitystore.html
"""

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.tags import given_tags, requested
from sandbox.emulator.iam.quotas import IDENTITY_CENTER
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.callers import Caller

Parameters = Mapping[str, Any]

ROLE_ACTIONS = {
    "CreateAccountAssignment": ("AttachRolePolicy", "CreateRole", "PutRolePolicy"),
    "DeleteAccountAssignment": ("DeleteRole", "DeleteRolePolicy", "DetachRolePolicy"),
    "ProvisionPermissionSet": ("AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy"),
}
"""In the management account Identity Center makes roles with the caller's permissions, elsewhere with its own.
https://docs.aws.amazon.com/singlesignon/latest/userguide/iam-auth-access-using-id-policies.html"""

ALL = {
    "IsMemberInGroups": "membership",
    "ListGroupMemberships": "membership",
    "ListGroupMembershipsForMember": "membership",
    "ListGroups": "group",
    "ListUsers": "user",
    "GetGroupId": "group",
    "GetUserId": "user",
    "GetGroupMembershipId": "membership",
}
"""Calls of the identity store about all of one kind, or about one whose id is not known."""


def sso_admin_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call that administers Identity Center."""
    del region
    action, context = f"sso:{operation}", requested(parameters)
    resources = []
    instance = str(parameters.get("InstanceArn") or "")
    if instance:
        resources.append(instance)
    if parameters.get("PermissionSetArn"):
        resources.append(str(parameters["PermissionSetArn"]))
    elif operation == "CreatePermissionSet":
        resources.append(f"arn:aws:sso:::permissionSet/{instance.rpartition('/')[2]}/*")
    account = parameters.get("TargetId") or parameters.get("AccountId")
    if account or operation == "ProvisionPermissionSet":
        resources.append(f"arn:aws:sso:::account/{account or '*'}")
    if parameters.get("ResourceArn"):
        resources.append(str(parameters["ResourceArn"]))
    found = [Need(action, resource, "", context) for resource in resources] or [Need(action, "*", "", context)]
    if operation == "CreatePermissionSet" and given_tags(parameters):
        found += [Need("sso:TagResource", resource, "", context) for resource in resources]
    organization = organization_of(caller.account_id)
    if organization is not None and account == organization.account_id:
        role = f"arn:aws:iam::{account}:role{IDENTITY_CENTER}*"
        found += [Need(f"iam:{each}", role, organization.account_id) for each in ROLE_ACTIONS.get(operation, ())]
    return found


def identity_store_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of the identity store."""
    del region
    resources = []
    if parameters.get("IdentityStoreId"):
        resources.append(f"arn:aws:identitystore::{caller.account_id}:identitystore/{parameters['IdentityStoreId']}")
    member = parameters.get("MemberId") or {}
    user = parameters.get("UserId") or member.get("UserId")
    named = {"group": parameters.get("GroupId"), "user": user, "membership": parameters.get("MembershipId")}
    resources += [f"arn:aws:identitystore:::{kind}/{id_}" for kind, id_ in named.items() if id_]
    if operation in ALL:
        resources.append(f"arn:aws:identitystore:::{ALL[operation]}/*")
    return [Need(f"identitystore:{operation}", resource) for resource in resources or ["*"]]
