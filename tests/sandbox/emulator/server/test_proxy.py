"""S3 Control has a name, which the emulator serves as an HTTP proxy; it serves no other name."""

import http.client
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import boto3
import pytest

from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.s3_control import ENDPOINT
from tests.sandbox.emulator.conftest import Server

BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def asked(aws: Server, method: str, target: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """What a request is answered whose first line names `target`."""
    address = urlsplit(aws.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.request(method, target, headers=dict(headers or {}))
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_boto3_needs_nothing_but_the_variables(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", ENDPOINT)
    monkeypatch.setenv("HTTP_PROXY", aws.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    session = boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name="us-west-2")
    account = session.client("sts").get_caller_identity()["Account"]
    s3 = session.client("s3control")
    s3.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=BLOCK)  # type: ignore[arg-type]
    assert s3.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == BLOCK


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "http://example.com/"),
        ("GET", "http://example.com/_sandbox/health"),
        ("POST", "http://evil-s3-control.sandbox.test/_sandbox/reset"),
        ("GET", "https://example.com/"),
        ("CONNECT", "example.com:443"),
        ("CONNECT", "s3-control.sandbox.test:443"),
    ],
)
def test_the_proxy_serves_no_other_name(aws: Server, method: str, target: str) -> None:
    status, body = asked(aws, method, target)
    assert status == 403
    assert body == f"the proxy of the sandbox serves s3-control.sandbox.test only, and not {target}\n"


@pytest.mark.parametrize("host", ["s3-control.sandbox.test", "S3-Control.sandbox.test:80", "127.0.0.1", "localhost:1"])
def test_the_proxy_serves_the_emulator_itself(aws: Server, host: str) -> None:
    status, body = asked(aws, "GET", f"http://{host}/_sandbox/health")
    assert (status, '"ready": true' in body) == (200, True)
