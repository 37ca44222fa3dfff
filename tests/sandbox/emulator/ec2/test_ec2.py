"""EBS encryption by default, and the regions of an account."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused


def test_ebs_encryption_by_default_is_per_region(organization: Organization) -> None:
    keys, aws = organization.inside(organization.account("one")), organization.aws
    west, east = aws.client("ec2", keys, "us-west-2"), aws.client("ec2", keys, "us-east-1")
    assert west.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert west.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert east.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert west.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False


def test_an_account_has_the_regions_that_it_asked_for(organization: Organization) -> None:
    """What org-formation asks first."""
    aws, keys = organization.aws, organization.inside(organization.account("one"))
    own, management = aws.client("ec2", keys), aws.client("ec2")
    aws.client("account", keys).enable_region(RegionName="af-south-1")
    found = {region["RegionName"]: region for region in own.describe_regions()["Regions"]}
    assert found["af-south-1"]["OptInStatus"] == "opted-in"
    assert found["us-west-2"] == {
        "RegionName": "us-west-2",
        "Endpoint": "ec2.us-west-2.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    }
    assert found.keys() - {region["RegionName"] for region in management.describe_regions()["Regions"]} == {
        "af-south-1"
    }
    (named,) = management.describe_regions(RegionNames=["af-south-1"])["Regions"]
    assert named["OptInStatus"] == "not-opted-in"


def test_regions_are_filtered(aws: Server) -> None:
    ec2 = aws.client("ec2")

    def names(**wanted: object) -> set[str]:
        return {region["RegionName"] for region in ec2.describe_regions(**wanted)["Regions"]}

    assert "af-south-1" in names(AllRegions=True)
    closed = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    assert (names(Filters=closed), "af-south-1" in names(AllRegions=True, Filters=closed)) == (set(), True)
    assert names(Filters=[{"Name": "region-name", "Values": ["us-west-*"]}]) == {"us-west-1", "us-west-2"}
    for wrong in ({"RegionNames": ["mars-1"]}, {"Filters": [{"Name": "zone", "Values": ["a"]}]}):
        with pytest.raises(ClientError) as error:
            ec2.describe_regions(**wrong)
        assert refused(error)[0] == "InvalidParameterValue"
