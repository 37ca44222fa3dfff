"""EBS encryption by default."""

from tests.sandbox.emulator.conftest import Organization


def test_ebs_encryption_by_default_is_per_region(organization: Organization) -> None:
    keys, aws = organization.inside(organization.account("one")), organization.aws
    west, east = aws.client("ec2", keys, "us-west-2"), aws.client("ec2", keys, "us-east-1")
    assert west.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert west.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert east.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert west.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
