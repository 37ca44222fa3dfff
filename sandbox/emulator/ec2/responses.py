"""Requests: EBS encryption by default, the regions that an account has, and its default VPCs.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from sandbox.emulator.account.models import account_backend
from sandbox.emulator.ec2.models import DefaultVpc, EC2Backend, ec2_backends
from sandbox.emulator.errors import AwsError
from sandbox.emulator.regions import regions

OPT_IN = {"ENABLED_BY_DEFAULT": "opt-in-not-required", "ENABLED": "opted-in", "DISABLED": "not-opted-in"}
"""What EC2 calls the states that Account Management has for a region."""

FILTERS = {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"}

NOTHING = DefaultVpc("", None, False, {})
"""Stands for the default VPC where there is none."""

OF_VPC: Mapping[str, Callable[[dict[str, Any]], str]] = {"vpc-id": lambda each: str(each["VpcId"])}
"""The filter that lists what is in a VPC."""


class EC2Response(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="ec2")
        self.automated_parameter_parsing = True

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

    def describe_regions(self) -> ActionResult:
        account = account_backend(self.current_account)
        named: list[str] = self._get_param("RegionNames") or []
        unknown = [name for name in named if name not in regions()]
        if unknown:
            raise AwsError("InvalidParameterValue", f"Invalid region: [{', '.join(unknown)}]")
        found = [
            {
                "RegionName": name,
                "Endpoint": f"ec2.{name}.amazonaws.com",
                "OptInStatus": OPT_IN[account.opt_status(name)],
            }
            for name in named or regions()
        ]
        # Regions that are not enabled are listed only if they are asked for.
        if not named and not self._get_bool_param("AllRegions"):
            found = [region for region in found if region["OptInStatus"] != "not-opted-in"]
        for wanted in self._get_param("Filters") or []:
            if wanted["Name"] not in FILTERS:
                raise AwsError("InvalidParameterValue", f"The filter '{wanted['Name']}' is invalid")
            name, values = FILTERS[wanted["Name"]], wanted.get("Values", [])
            found = [region for region in found if any(fnmatchcase(region[name], value) for value in values)]
        return ActionResult({"Regions": found})

    # The default VPC and what is in it

    def create_default_vpc(self) -> ActionResult:
        return ActionResult({"Vpc": self._vpc(self.backend.make_default_vpc())})

    def describe_vpcs(self) -> ActionResult:
        vpc = self.backend.vpc
        keys = {
            "is-default": lambda _each: "true",
            "isDefault": lambda _each: "true",
            "vpc-id": lambda each: each["VpcId"],
        }
        return self._listed("Vpcs", [self._vpc(vpc)] if vpc else [], keys)

    def describe_subnets(self) -> ActionResult:
        vpc = self.backend.vpc or NOTHING
        found = [
            {
                "SubnetId": subnet,
                "VpcId": vpc.id,
                "AvailabilityZone": zone,
                "DefaultForAz": True,
                "State": "available",
                "OwnerId": self.current_account,
            }
            for subnet, zone in vpc.subnets.items()
        ]
        return self._listed("Subnets", found, OF_VPC)

    def describe_internet_gateways(self) -> ActionResult:
        vpc = self.backend.vpc
        found = []
        if vpc and vpc.gateway:
            attached = [{"State": "available", "VpcId": vpc.id}] if vpc.attached else []
            found = [{"InternetGatewayId": vpc.gateway, "Attachments": attached, "OwnerId": self.current_account}]
        keys = {"attachment.vpc-id": lambda each: each["Attachments"][0]["VpcId"] if each["Attachments"] else ""}
        return self._listed("InternetGateways", found, keys)

    def describe_network_interfaces(self) -> ActionResult:
        vpc = self.backend.vpc or NOTHING
        found = [
            {
                "NetworkInterfaceId": interface,
                "SubnetId": subnet,
                "VpcId": vpc.id,
                "Status": "available",
                "OwnerId": self.current_account,
            }
            for interface, subnet in vpc.interfaces.items()
        ]
        return self._listed("NetworkInterfaces", found, OF_VPC)

    def create_network_interface(self) -> ActionResult:
        subnet = str(self._get_param("SubnetId"))
        interface = self.backend.add_interface(subnet)
        return ActionResult({"NetworkInterface": {"NetworkInterfaceId": interface, "SubnetId": subnet}})

    def delete_network_interface(self) -> EmptyResult:
        self.backend.delete_interface(str(self._get_param("NetworkInterfaceId")))
        return EmptyResult()

    def delete_subnet(self) -> EmptyResult:
        self.backend.delete_subnet(str(self._get_param("SubnetId")))
        return EmptyResult()

    def detach_internet_gateway(self) -> EmptyResult:
        self.backend.detach_gateway(str(self._get_param("InternetGatewayId")), str(self._get_param("VpcId")))
        return EmptyResult()

    def delete_internet_gateway(self) -> EmptyResult:
        self.backend.delete_gateway(str(self._get_param("InternetGatewayId")))
        return EmptyResult()

    def delete_vpc(self) -> EmptyResult:
        self.backend.delete_vpc(str(self._get_param("VpcId")))
        return EmptyResult()

    def _vpc(self, vpc: DefaultVpc) -> dict[str, Any]:
        return {
            "VpcId": vpc.id,
            "IsDefault": True,
            "CidrBlock": "172.31.0.0/16",
            "State": "available",
            "OwnerId": self.current_account,
        }

    def _listed(
        self, items: str, found: list[dict[str, Any]], keys: Mapping[str, Callable[[dict[str, Any]], str]]
    ) -> ActionResult:
        for wanted in self._get_param("Filters") or []:
            if wanted["Name"] not in keys:
                raise AwsError("InvalidParameterValue", f"The filter '{wanted['Name']}' is invalid")
            key, values = keys[wanted["Name"]], wanted.get("Values", [])
            found = [each for each in found if any(fnmatchcase(key(each), value) for value in values)]
        return ActionResult({items: found})
