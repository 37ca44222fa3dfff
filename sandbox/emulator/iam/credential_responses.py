"""Requests about service-specific credentials, which moto does not have."""

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse as MotoIamResponse

from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.iam.service_credentials import ServiceCredentialsBackend


class CredentialResponse(MotoIamResponse):
    @property
    def credentials(self) -> ServiceCredentialsBackend:
        return iam_backend(self.current_account)

    def create_service_specific_credential(self) -> ActionResult:
        made = self.credentials.create_service_credential(
            self._get_param("UserName"), self._get_param("ServiceName"), self._get_int_param("CredentialAgeDays")
        )
        return ActionResult({"ServiceSpecificCredential": made.describe(with_secret=True)})

    def list_service_specific_credentials(self) -> ActionResult:
        if self._get_bool_param("AllUsers"):
            found = list(self.credentials.service_credentials.values())
        else:
            found = self.credentials.credentials_of(self._get_param("UserName"))
        service = self._get_param("ServiceName")
        listed = [each.describe() for each in found if service in (None, each.service)]
        return ActionResult({"ServiceSpecificCredentials": listed, "IsTruncated": False})

    def update_service_specific_credential(self) -> EmptyResult:
        self.credentials.update_service_credential(*self._named(), self._get_param("Status") == "Active")
        return EmptyResult()

    def reset_service_specific_credential(self) -> ActionResult:
        changed = self.credentials.reset_service_credential(*self._named())
        return ActionResult({"ServiceSpecificCredential": changed.describe(with_secret=True)})

    def delete_service_specific_credential(self) -> EmptyResult:
        self.credentials.delete_service_credential(*self._named())
        return EmptyResult()

    def _named(self) -> tuple[str, str]:
        return self._get_param("ServiceSpecificCredentialId"), self._get_param("UserName")
