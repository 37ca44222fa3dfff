"""Requests: EBS encryption by default.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableEbsEncryptionByDefault.html
"""

from moto.core.responses import ActionResult, BaseResponse

from sandbox.emulator.ec2.models import EC2Backend, ec2_backends


class EC2Response(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="ec2")

    @property
    def backend(self) -> EC2Backend:
        """EC2 of the caller's account in the region of the request."""
        return ec2_backends[self.current_account][self.region]

    def get_ebs_encryption_by_default(self) -> ActionResult:
        return ActionResult({"EbsEncryptionByDefault": self.backend.by_default})

    def enable_ebs_encryption_by_default(self) -> ActionResult:
        self.backend.by_default = True
        return self.get_ebs_encryption_by_default()

    def disable_ebs_encryption_by_default(self) -> ActionResult:
        self.backend.by_default = False
        return self.get_ebs_encryption_by_default()
