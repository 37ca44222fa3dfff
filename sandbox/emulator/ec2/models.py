"""What this project needs of EC2, per account and region: EBS encryption by default, and the default VPC.

moto's own EC2 would make a whole network for every account and region.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.emulator.errors import AwsError

ZONES = "abc"


@dataclass
class DefaultVpc:
    """The default VPC with its internet gateway and a subnet in each zone. `interfaces` are by id their subnets."""

    id: str
    gateway: str | None
    attached: bool
    subnets: dict[str, str]
    interfaces: dict[str, str] = field(default_factory=dict)


class EC2Backend(BaseBackend):
    """Whether new EBS volumes of an account are encrypted in a region, and the default VPC, which AWS makes there."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.by_default = False
        self.made = 0
        self.vpc: DefaultVpc | None = None
        self.make_default_vpc()

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
        # What was saved by an older version has no VPC.
        if "vpc" not in state:
            self.made = 0
            self.make_default_vpc()

    def make_default_vpc(self) -> DefaultVpc:
        """A new default VPC. Raises `AwsError` if there is one."""
        if vars(self).get("vpc") is not None:
            raise AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
        subnets = {self._id("subnet"): f"{self.region_name}{zone}" for zone in ZONES}
        self.vpc = DefaultVpc(self._id("vpc"), self._id("igw"), True, subnets)
        return self.vpc

    def find(self, vpc_id: str) -> DefaultVpc:
        """The VPC. Raises `AwsError` if it is not there."""
        if self.vpc is None or self.vpc.id != vpc_id:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
        return self.vpc

    def delete_vpc(self, vpc_id: str) -> None:
        """Delete the VPC. Raises `AwsError` while something is in it."""
        found = self.find(vpc_id)
        if found.subnets or (found.gateway and found.attached):
            raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        self.vpc = None

    def delete_subnet(self, subnet_id: str) -> None:
        """Delete the subnet. Raises `AwsError` while a network interface is in it."""
        if self.vpc is None or subnet_id not in self.vpc.subnets:
            raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
        if subnet_id in self.vpc.interfaces.values():
            raise AwsError("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        del self.vpc.subnets[subnet_id]

    def detach_gateway(self, gateway_id: str, vpc_id: str) -> None:
        """Detach the internet gateway. Raises `AwsError` if it is not attached."""
        vpc = self.find(vpc_id)
        self._gateway(gateway_id)
        if not vpc.attached:
            raise AwsError("Gateway.NotAttached", f"resource {gateway_id} is not attached to network {vpc_id}")
        vpc.attached = False

    def delete_gateway(self, gateway_id: str) -> None:
        """Delete the internet gateway. Raises `AwsError` while it is attached."""
        vpc = self._gateway(gateway_id)
        if vpc.attached:
            raise AwsError(
                "DependencyViolation", f"The internetGateway '{gateway_id}' has dependencies and cannot be deleted."
            )
        vpc.gateway = None

    def add_interface(self, subnet_id: str) -> str:
        """A new network interface in the subnet; returns its id. Raises `AwsError` without that subnet."""
        if self.vpc is None or subnet_id not in self.vpc.subnets:
            raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
        interface = self._id("eni")
        self.vpc.interfaces[interface] = subnet_id
        return interface

    def delete_interface(self, interface: str) -> None:
        """Delete the network interface. Raises `AwsError` without it."""
        if self.vpc is None or interface not in self.vpc.interfaces:
            raise AwsError(
                "InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{interface}' does not exist"
            )
        del self.vpc.interfaces[interface]

    def _gateway(self, gateway_id: str) -> DefaultVpc:
        if self.vpc is None or self.vpc.gateway != gateway_id:
            raise AwsError("InvalidInternetGatewayID.NotFound", f"The internetGateway ID '{gateway_id}' does not exist")
        return self.vpc

    def _id(self, kind: str) -> str:
        # Not by chance: what was only looked at is not saved, and has the same id at the next start.
        self.made += 1
        digits = sha256(f"{self.account_id} {self.region_name} {self.made}".encode()).hexdigest()
        return f"{kind}-{digits[:17]}"


ec2_backends = BackendDict(EC2Backend, "ec2")
