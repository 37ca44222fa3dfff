"""An organization with IAM Identity Center, and short ways to make what a test needs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused

REGION = "us-west-2"


class Center:
    """IAM Identity Center of a new organization."""

    def __init__(self, aws: Server, region: str = REGION):
        self.aws, self.region = aws, region
        self.organization = Organization(aws)
        made = aws.control("POST", "identity-center", {"region": region})
        self.arn, self.store = made["instance_arn"], made["identity_store_id"]
        self.sso = aws.client("sso-admin", region=region)
        self.people = aws.client("identitystore", region=region)

    def user(self, name: str) -> str:
        answer = self.people.create_user(
            IdentityStoreId=self.store,
            UserName=name,
            DisplayName=name.title(),
            Name={"GivenName": name.title(), "FamilyName": "Example"},
            Emails=[{"Value": f"{name}@example.com", "Primary": True}],
        )
        return str(answer["UserId"])

    def group(self, name: str, *members: str) -> str:
        id_ = str(self.people.create_group(IdentityStoreId=self.store, DisplayName=name)["GroupId"])
        for member in members:
            self.people.create_group_membership(IdentityStoreId=self.store, GroupId=id_, MemberId={"UserId": member})
        return id_

    def set(self, name: str, **more: Any) -> str:
        answer = self.sso.create_permission_set(InstanceArn=self.arn, Name=name, **more)
        return str(answer["PermissionSet"]["PermissionSetArn"])

    def inline(self, arn: str, text: str) -> None:
        self.sso.put_inline_policy_to_permission_set(InstanceArn=self.arn, PermissionSetArn=arn, InlinePolicy=text)

    def wanted(self, group: str, arn: str, account: str) -> dict[str, str]:
        return {
            "InstanceArn": self.arn,
            "PermissionSetArn": arn,
            "PrincipalId": group,
            "PrincipalType": "GROUP",
            "TargetId": account,
            "TargetType": "AWS_ACCOUNT",
        }

    def assign(self, group: str, arn: str, account: str) -> Any:
        """The final status."""
        begun = self.sso.create_account_assignment(**self.wanted(group, arn, account))
        status = begun["AccountAssignmentCreationStatus"]
        assert status["Status"] == "IN_PROGRESS"
        ended = self.sso.describe_account_assignment_creation_status(
            InstanceArn=self.arn, AccountAssignmentCreationRequestId=status["RequestId"]
        )
        return ended["AccountAssignmentCreationStatus"]

    def unassign(self, group: str, arn: str, account: str) -> Any:
        begun = self.sso.delete_account_assignment(**self.wanted(group, arn, account))
        ended = self.sso.describe_account_assignment_deletion_status(
            InstanceArn=self.arn,
            AccountAssignmentDeletionRequestId=begun["AccountAssignmentDeletionStatus"]["RequestId"],
        )
        return ended["AccountAssignmentDeletionStatus"]

    def provision(self, arn: str) -> Any:
        begun = self.sso.provision_permission_set(
            InstanceArn=self.arn, PermissionSetArn=arn, TargetType="ALL_PROVISIONED_ACCOUNTS"
        )
        ended = self.sso.describe_permission_set_provisioning_status(
            InstanceArn=self.arn,
            ProvisionPermissionSetRequestId=begun["PermissionSetProvisioningStatus"]["RequestId"],
        )
        return ended["PermissionSetProvisioningStatus"]

    def roles(self, account: str) -> list[Any]:
        """The roles of Identity Center in the account."""
        iam = self.aws.client("iam", self.organization.inside(account))
        return [role for role in iam.list_roles()["Roles"] if role["Path"].startswith("/aws-reserved/")]

    def sign_in(self, user: str) -> str:
        return str(self.aws.control("POST", "sign-in", {"user": user})["access_token"])

    def credentials(self, token: str, account: str, permission_set: str) -> Mapping[str, Any]:
        portal = self.aws.client("sso")
        answer = portal.get_role_credentials(accessToken=token, accountId=account, roleName=permission_set)
        found = answer["roleCredentials"]
        return {
            "AccessKeyId": found["accessKeyId"],
            "SecretAccessKey": found["secretAccessKey"],
            "SessionToken": found["sessionToken"],
        }


def code(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The code of AWS's refusal."""
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return refused(error)[0]


def message(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The message of AWS's refusal."""
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return refused(error)[1]
