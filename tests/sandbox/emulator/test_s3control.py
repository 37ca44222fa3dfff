"""S3 Control, which is moto's alone."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused


def test_the_public_access_block_of_an_account(organization: Organization) -> None:
    account, aws = organization.account("one"), organization.aws
    keys = organization.inside(account)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3 = aws.client("s3control", keys)
    s3.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(AccountId=account)
    with pytest.raises(ClientError) as error:
        s3.get_public_access_block(AccountId=account)
    assert refused(error)[0] == "NoSuchPublicAccessBlockConfiguration"
