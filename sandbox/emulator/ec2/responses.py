"""Requests: EBS encryption by default, and the regions that an account has.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
"""

from fnmatch import fnmatchcase

from moto.core.responses import ActionResult, BaseResponse

from sandbox.emulator.account.models import account_backend
from sandbox.emulator.ec2.models import EC2Backend, ec2_backends
from sandbox.emulator.errors import AwsError
from sandbox.emulator.regions import regions

OPT_IN = {"ENABLED_BY_DEFAULT": "opt-in-not-required", "ENABLED": "opted-in", "DISABLED": "not-opted-in"}
"""What EC2 calls the states that Account Management has for a region."""

FILTERS = {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"}


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
