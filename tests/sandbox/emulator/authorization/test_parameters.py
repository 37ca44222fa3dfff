"""The parameters of a call have the names that boto3 gives them, in every protocol."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.core.request import Request

from sandbox.emulator.authorization.parameters import parameters
from sandbox.emulator.errors import AwsError


def request(service: str, operation: str, given: Mapping[str, Any]) -> Request:
    """What boto3 would send."""
    client = boto3.client(
        service,  # type: ignore[call-overload]
        region_name="us-west-2",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(inject_host_prefix=False),
    )
    sent: list[Any] = []

    def keep(request: Any, **_kwargs: Any) -> Any:
        sent.append(request)
        raise InterruptedError

    client.meta.events.register("before-send.*.*", keep)
    with pytest.raises(InterruptedError):
        getattr(client, operation)(**given)
    body = sent[0].body.read() if hasattr(sent[0].body, "read") else sent[0].body
    return Request.from_primitives(sent[0].method, sent[0].url, sent[0].headers, body)


TAGS = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]


@pytest.mark.parametrize(
    ("service", "operation", "method", "given"),
    [
        ("iam", "CreateUser", "create_user", {"UserName": "ada", "Path": "/team/", "Tags": TAGS}),
        ("iam", "ListUsers", "list_users", {}),
        ("sts", "AssumeRole", "assume_role", {"RoleArn": "arn:aws:iam::1:role/Role", "RoleSessionName": "test"}),
        ("ec2", "DescribeRegions", "describe_regions", {"RegionNames": ["us-east-1", "eu-west-1"], "AllRegions": True}),
        ("organizations", "MoveAccount", "move_account", {
            "AccountId": "123456789012", "SourceParentId": "r-abcd", "DestinationParentId": "r-abce"
        }),
        ("account", "EnableRegion", "enable_region", {"RegionName": "af-south-1"}),
        ("backup", "StartBackupJob", "start_backup_job", {
            "BackupVaultName": "Default", "ResourceArn": "arn:x", "IamRoleArn": "arn:y", "IdempotencyToken": "z"
        }),
        ("backup", "TagResource", "tag_resource", {
            "ResourceArn": "arn:aws:backup:us-west-2:123456789012:backup-vault:Default", "Tags": {"a": "b"}
        }),
        ("s3control", "PutPublicAccessBlock", "put_public_access_block", {
            "AccountId": "123456789012", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}
        }),
    ],
)  # fmt: skip
def test_what_boto3_sends_is_read_back(service: str, operation: str, method: str, given: dict[str, Any]) -> None:
    assert parameters(request(service, method, given), service, operation) == given


def test_content_that_is_none_of_the_operation() -> None:
    wrong = Request.from_primitives(
        "POST", "http://x/", {"Content-Type": "application/x-amz-json-1.1"}, b'{"MaxResults": "many"}'
    )
    with pytest.raises(AwsError, match="not that of ListAccounts"):
        parameters(wrong, "organizations", "ListAccounts")
