"""Requests: moto's, those about the caller's own user (no user name given), and those that moto does not have.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import ValidationError

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.constraints import check_constraints
from sandbox.emulator.iam.credential_responses import CredentialResponse
from sandbox.emulator.iam.tag_responses import TagResponse


class IamResponse(TagResponse, CredentialResponse):
    ABOUT_THE_CALLER = frozenset(
        {
            "CreateAccessKey",
            "DeleteAccessKey",
            "DeleteServiceSpecificCredential",
            "GetUser",
            "ListAccessKeys",
            "ListMFADevices",
            "ListServiceSpecificCredentials",
            "ResetServiceSpecificCredential",
            "UpdateAccessKey",
            "UpdateServiceSpecificCredential",
        }
    )

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        value = super()._get_param(param_name, if_none)
        if param_name == "UserName" and value is None and self._get_action() in self.ABOUT_THE_CALLER:
            caller = self.normalized_request.environ["sandbox.caller"]
            if caller.is_root:
                return None
            if caller.user_name is None:
                raise ValidationError("Must specify userName when calling with non-User credentials")
            return caller.user_name
        return value

    def call_action(self) -> TYPE_RESPONSE:
        check_constraints(self._get_action(), self.normalized_request.environ["sandbox.parameters"])
        return super().call_action()

    def create_user(self) -> ActionResult:
        boundary = self._get_param("PermissionsBoundary")
        self.iam.check_boundary(boundary)
        result = super().create_user()
        if boundary:
            self.iam.put_user_permissions_boundary(self._get_param("UserName"), boundary)
        return result

    def put_user_permissions_boundary(self) -> ActionResult:
        self.iam.put_user_permissions_boundary(self._get_param("UserName"), self._get_param("PermissionsBoundary"))
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        self.iam.delete_user_permissions_boundary(self._get_param("UserName"))
        return EmptyResult()

    def change_password(self) -> ActionResult:
        caller = self.normalized_request.environ["sandbox.caller"]
        if caller.user_name is None:
            raise AwsError("InvalidUserType", "Only an IAM user can change its own password.")
        self.iam.change_password(caller.user_name, self._get_param("OldPassword"), self._get_param("NewPassword"))
        return EmptyResult()

    def resync_mfa_device(self) -> ActionResult:
        # The codes have six digits, which any right ones have.
        self.iam.resync_mfa_device(self._get_param("UserName"), self._get_param("SerialNumber"))
        return EmptyResult()

    def delete_account_alias(self) -> ActionResult:
        self.iam.delete_account_alias(self._get_param("AccountAlias"))
        return EmptyResult()

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        clients, client = self._clients()
        if client not in clients:
            clients.append(client)
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> ActionResult:
        clients, client = self._clients()
        if client in clients:
            clients.remove(client)
        return EmptyResult()

    def _clients(self) -> tuple[list[str], str]:
        provider = self.iam.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        return provider.client_id_list, self._get_param("ClientID")
