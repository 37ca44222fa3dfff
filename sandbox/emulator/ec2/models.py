"""EBS encryption by default, per account and region: all that this project needs of EC2.

moto's own EC2 would make a network with its subnets and gateways for every account and region.
"""

from moto.core.base_backend import BackendDict, BaseBackend


class EC2Backend(BaseBackend):
    """Whether new EBS volumes of an account are encrypted in a region."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.by_default = False


ec2_backends = BackendDict(EC2Backend, "ec2")
