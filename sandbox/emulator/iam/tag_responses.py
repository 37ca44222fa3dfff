"""Requests about the tags of MFA devices, SAML providers and server certificates, which moto does not have.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import NoSuchEntity
from moto.iam.responses import IamResponse as MotoIamResponse

from sandbox.emulator.iam.models import IAMBackend, iam_backend


class TagResponse(MotoIamResponse):
    """The resources by what a request calls them, and their tags by ARN."""

    @property
    def iam(self) -> IAMBackend:
        """IAM of the caller's account."""
        return iam_backend(self.current_account)

    def create_virtual_mfa_device(self) -> ActionResult:
        made = super().create_virtual_mfa_device()
        path, name = self._get_param("Path") or "/", self._get_param("VirtualMFADeviceName")
        self._tag(f"arn:aws:iam::{self.current_account}:mfa{path}{name}", "MFADevice")
        return made

    def tag_mfa_device(self) -> EmptyResult:
        return self._tag(self._device(), "MFADevice")

    def untag_mfa_device(self) -> EmptyResult:
        return self._untag(self._device())

    def list_mfa_device_tags(self) -> ActionResult:
        return self._tags(self._device())

    def delete_virtual_mfa_device(self) -> ActionResult:
        answer = super().delete_virtual_mfa_device()
        self.iam.tagger.delete_all_tags_for_resource(self._get_param("SerialNumber"))
        return answer

    def create_saml_provider(self) -> ActionResult:
        made = super().create_saml_provider()
        self._tag(self.iam.saml_providers[self._get_param("Name")].arn, "SAMLProvider")
        return made

    def tag_saml_provider(self) -> EmptyResult:
        return self._tag(self._provider(), "SAMLProvider")

    def untag_saml_provider(self) -> EmptyResult:
        return self._untag(self._provider())

    def list_saml_provider_tags(self) -> ActionResult:
        return self._tags(self._provider())

    def delete_saml_provider(self) -> ActionResult:
        arn = self._provider()
        answer = super().delete_saml_provider()
        self.iam.tagger.delete_all_tags_for_resource(arn)
        return answer

    def upload_server_certificate(self) -> ActionResult:
        made = super().upload_server_certificate()
        self._tag(self._certificate(), "ServerCertificate")
        return made

    def tag_server_certificate(self) -> EmptyResult:
        return self._tag(self._certificate(), "ServerCertificate")

    def untag_server_certificate(self) -> EmptyResult:
        return self._untag(self._certificate())

    def list_server_certificate_tags(self) -> ActionResult:
        return self._tags(self._certificate())

    def delete_server_certificate(self) -> ActionResult:
        arn = self._certificate()
        answer = super().delete_server_certificate()
        self.iam.tagger.delete_all_tags_for_resource(arn)
        return answer

    def list_instance_profile_tags(self) -> ActionResult:
        found = self.iam.get_instance_profile(self._get_param("InstanceProfileName")).tags
        return ActionResult({"Tags": found, "IsTruncated": False})

    def _device(self) -> str:
        serial = str(self._get_param("SerialNumber"))
        if serial not in self.iam.virtual_mfa_devices:
            raise NoSuchEntity(f"VirtualMFADevice with serial number {serial} does not exist.")
        return serial

    def _provider(self) -> str:
        arn = str(self._get_param("SAMLProviderArn"))
        if arn not in {provider.arn for provider in self.iam.saml_providers.values()}:
            raise NoSuchEntity(f"SAMLProvider {arn} does not exist.")
        return arn

    def _certificate(self) -> str:
        name = str(self._get_param("ServerCertificateName"))
        for certificate in self.iam.certificates.values():
            if certificate.cert_name == name:
                return str(certificate.arn)
        raise NoSuchEntity(f"The Server Certificate with name {name} cannot be found.")

    def _tag(self, arn: str, kind: str) -> EmptyResult:
        self.iam.tag_by_arn(arn, kind, self._get_param("Tags") or [])
        return EmptyResult()

    def _untag(self, arn: str) -> EmptyResult:
        self.iam.tagger.untag_resource_using_names(arn, self._get_param("TagKeys"))
        return EmptyResult()

    def _tags(self, arn: str) -> ActionResult:
        return ActionResult({"Tags": self.iam.tagger.list_tags_for_resource(arn)["Tags"], "IsTruncated": False})
