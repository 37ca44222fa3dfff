"""Requests that administer IAM Identity Center.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html
"""

from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.ssoadmin.exceptions import ResourceNotFoundException
from moto.ssoadmin.responses import SSOAdminResponse as MotoSSOAdminResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.constraints import detected, violations
from sandbox.emulator.identity_store.models import owner_of
from sandbox.emulator.sso_admin.models import ASSIGNMENT, PROVISIONING, SSOAdminBackend, sso_admin_backend

HOUR = "PT1H"


class SSOAdminResponse(MotoSSOAdminResponse):
    # Any: moto answers some with a text.

    @property
    def ssoadmin_backend(self) -> SSOAdminBackend:
        """Identity Center that the caller's account administers."""
        return sso_admin_backend(owner_of(self.current_account), self.region)

    @property
    def given(self) -> dict[str, Any]:
        """The parameters of the request."""
        found: dict[str, Any] = self.normalized_request.environ["sandbox.parameters"]
        return found

    def call_action(self) -> TYPE_RESPONSE:
        wrong = violations("sso-admin", self._get_action(), self.given)
        if wrong:
            raise AwsError("ValidationException", detected(wrong))
        if "InstanceArn" in self.given:
            self.ssoadmin_backend.instance(self.given["InstanceArn"])
        return super().call_action()

    # The instance

    def list_instances(self) -> Any:
        return ActionResult({"Instances": [_described(each) for each in self.ssoadmin_backend.instances]})

    def describe_instance(self) -> Any:
        return ActionResult(_described(self.ssoadmin_backend.instance(self.given["InstanceArn"])))

    # Permission sets

    def create_permission_set(self) -> Any:
        made = self.ssoadmin_backend.create_permission_set(
            self.given["Name"],
            description=self.given.get("Description"),
            instance_arn=self.given["InstanceArn"],
            session_duration=self.given.get("SessionDuration", HOUR),
            relay_state=self.given.get("RelayState"),
            tags=self.given.get("Tags", []),
        )
        return ActionResult({"PermissionSet": _without_none(made)})

    def update_permission_set(self) -> Any:
        self.ssoadmin_backend.change_permission_set(
            self.given["InstanceArn"], self.given["PermissionSetArn"], self.given
        )
        return EmptyResult()

    def describe_permission_set(self) -> Any:
        found = self.ssoadmin_backend.permission_set(*self._set())
        return ActionResult({"PermissionSet": _without_none(found.to_json(True))})

    def put_permissions_boundary_to_permission_set(self) -> Any:
        self.ssoadmin_backend.set_boundary(*self._set(), self.given["PermissionsBoundary"])
        return EmptyResult()

    def get_permissions_boundary_for_permission_set(self) -> Any:
        return ActionResult({"PermissionsBoundary": self.ssoadmin_backend.boundary(*self._set())})

    def delete_permissions_boundary_from_permission_set(self) -> Any:
        self.ssoadmin_backend.boundary(*self._set())
        self.ssoadmin_backend.set_boundary(*self._set(), None)
        return EmptyResult()

    # Assignments and roles

    def create_account_assignment(self) -> Any:
        return ActionResult({"AccountAssignmentCreationStatus": self.ssoadmin_backend.assign(self.given)})

    def delete_account_assignment(self) -> Any:
        return ActionResult({"AccountAssignmentDeletionStatus": self.ssoadmin_backend.unassign(self.given)})

    def describe_account_assignment_creation_status(self) -> Any:
        status = self._status(ASSIGNMENT, "AccountAssignmentCreationRequestId")
        return ActionResult({"AccountAssignmentCreationStatus": status})

    def describe_account_assignment_deletion_status(self) -> Any:
        status = self._status(ASSIGNMENT, "AccountAssignmentDeletionRequestId")
        return ActionResult({"AccountAssignmentDeletionStatus": status})

    def provision_permission_set(self) -> Any:
        every = self.given["TargetType"] == "ALL_PROVISIONED_ACCOUNTS"
        if every == ("TargetId" in self.given):
            raise AwsError("ValidationException", "TargetId goes with TargetType AWS_ACCOUNT.")
        status = self.ssoadmin_backend.reprovision(*self._set(), self.given.get("TargetId"))
        return ActionResult({"PermissionSetProvisioningStatus": status})

    def describe_permission_set_provisioning_status(self) -> Any:
        status = self._status(PROVISIONING, "ProvisionPermissionSetRequestId")
        return ActionResult({"PermissionSetProvisioningStatus": status})

    def list_permission_sets_provisioned_to_account(self) -> Any:
        found = [
            p.permission_set_arn for p in self.ssoadmin_backend.provisions if p.account_id == self.given["AccountId"]
        ]
        return ActionResult({"PermissionSets": sorted(found)})

    def list_accounts_for_provisioned_permission_set(self) -> Any:
        self.ssoadmin_backend.permission_set(*self._set())
        return ActionResult({"AccountIds": self.ssoadmin_backend.accounts_of(self.given["PermissionSetArn"])})

    # Tags of permission sets

    def list_tags_for_resource(self) -> Any:
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in self._tags().items()]})

    def tag_resource(self) -> Any:
        self._tags().update({tag["Key"]: tag["Value"] for tag in self.given["Tags"]})
        return EmptyResult()

    def untag_resource(self) -> Any:
        for key in self.given["TagKeys"]:
            self._tags().pop(key, None)
        return EmptyResult()

    def _tags(self) -> dict[str, str]:
        extra = self.ssoadmin_backend.extras.get(self.given["ResourceArn"])
        if extra is None:
            raise ResourceNotFoundException(f"Could not find {self.given['ResourceArn']}")
        return extra.tags

    def _set(self) -> tuple[str, str]:
        return self.given["InstanceArn"], self.given["PermissionSetArn"]

    def _status(self, kind: str, parameter: str) -> dict[str, Any]:
        return self.ssoadmin_backend.request_status(kind, self.given[parameter])


def _described(instance: Any) -> dict[str, Any]:
    return _without_none(instance.to_json())


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
