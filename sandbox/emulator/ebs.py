"""EBS encryption by default, per account and region: all that this project needs of EC2.

moto's own EC2 would make a network with its subnets and gateways for every account and region.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableEbsEncryptionByDefault.html
"""

from __future__ import annotations

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import ActionResult, BaseResponse


class EncryptionBackend(BaseBackend):
    """Whether new EBS volumes of an account are encrypted in a region."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.by_default = False


encryption_backends = BackendDict(EncryptionBackend, "ec2")


class EncryptionResponse(BaseResponse):
    """The three requests about it."""

    def __init__(self) -> None:
        super().__init__(service_name="ec2")

    @property
    def backend(self) -> EncryptionBackend:
        """The setting of the caller's account in the region of the request."""
        return encryption_backends[self.current_account][self.region]

    def get_ebs_encryption_by_default(self) -> ActionResult:
        """The setting."""
        return ActionResult({"EbsEncryptionByDefault": self.backend.by_default})

    def enable_ebs_encryption_by_default(self) -> ActionResult:
        """Encrypt."""
        self.backend.by_default = True
        return self.get_ebs_encryption_by_default()

    def disable_ebs_encryption_by_default(self) -> ActionResult:
        """Do not encrypt."""
        self.backend.by_default = False
        return self.get_ebs_encryption_by_default()
