"""An emulator for the tests: one process for all, emptied before each test that asks for it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.s3_control import ENDPOINT as S3_CONTROL
from tests.sandbox.emulator.people import People

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-west-2"
START_SECONDS = 30


@dataclass
class Server:
    """A running emulator."""

    process: subprocess.Popen[str]
    url: str
    state: Path

    def client(self, service: Any, keys: Mapping[str, Any] | None = None, region: str = REGION) -> Any:
        """A boto3 client, as the sandbox's administrator by default; it does not try again."""
        keys = keys or {"AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY}
        return boto3.client(
            service,
            endpoint_url=S3_CONTROL if service == "s3control" else self.url,
            region_name=region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(
                retries={"total_max_attempts": 1}, proxies={"http": self.url} if service == "s3control" else None
            ),
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What `/_sandbox/<path>` answers."""
        data = json.dumps(body).encode() if body is not None else None
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
        with closing(connection):
            connection.request(method, f"/_sandbox/{path}", data)
            return json.load(connection.getresponse())

    def later(self, **by: float) -> None:
        """Move the emulator's clock forward, by `days` or `seconds`."""
        assert "error" not in self.control("POST", "clock", by)

    def reset(self) -> None:
        self.control("POST", "reset")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def start_server(state: Path) -> Server:
    """An emulator on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.emulator", "--port", "0", "--state", str(state)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("emulated AWS on http://127.0.0.1:"), line
    server = Server(process, line.split()[3].rstrip(","), state)
    end = time.monotonic() + START_SECONDS
    while not server.control("GET", "health")["ready"]:
        assert time.monotonic() < end
    return server


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("aws"))
    yield server
    server.stop()


@pytest.fixture
def aws(running: Server) -> Server:
    """The emulator with nothing in it but the management account."""
    running.reset()
    return running


class Organization:
    """An organization in the emulator, and short ways to make what a test needs in it."""

    def __init__(self, aws: Server, feature_set: str = "ALL"):
        self.aws = aws
        self.api = aws.client("organizations")
        self.id = self.api.create_organization(FeatureSet=feature_set)["Organization"]["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]

    def enable(self, *policy_types: str) -> None:
        for policy_type in policy_types:
            self.api.enable_policy_type(RootId=self.root, PolicyType=policy_type)

    def unit(self, name: str, parent: str | None = None) -> str:
        answer = self.api.create_organizational_unit(ParentId=parent or self.root, Name=name)
        unit_id: str = answer["OrganizationalUnit"]["Id"]
        return unit_id

    def account(self, name: str, **kwargs: Any) -> str:
        status = self.finished(self.api.create_account(AccountName=name, Email=f"{name}@example.com", **kwargs))
        assert status["State"] == "SUCCEEDED", status
        account_id: str = status["AccountId"]
        return account_id

    def close(self, account_id: str) -> None:
        """Close the account, and wait until it is."""
        self.api.close_account(AccountId=account_id)
        self.aws.later(seconds=1)

    def finished(self, answer: Mapping[str, Any]) -> Any:
        status = answer["CreateAccountStatus"]
        end = time.monotonic() + 10
        while status["State"] == "IN_PROGRESS":
            assert time.monotonic() < end
            time.sleep(0.02)
            answer = self.api.describe_create_account_status(CreateAccountRequestId=status["Id"])
            status = answer["CreateAccountStatus"]
        return status

    def policy(self, kind: str, content: Any, name: str = "policy") -> str:
        text = content if isinstance(content, str) else json.dumps(content)
        answer = self.api.create_policy(Name=name, Type=kind, Description="", Content=text)
        policy_id: str = answer["Policy"]["PolicySummary"]["Id"]
        return policy_id

    def attach(self, kind: str, content: Any, target: str, name: str = "policy") -> str:
        policy_id = self.policy(kind, content, name)
        self.api.attach_policy(PolicyId=policy_id, TargetId=target)
        return policy_id

    def inside(self, account_id: str, role: str = "OrganizationAccountAccessRole") -> Mapping[str, Any]:
        """Credentials of the account's access role."""
        arn = f"arn:aws:iam::{account_id}:role/{role}"
        answer = self.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
        keys: Mapping[str, Any] = answer["Credentials"]
        return keys


@pytest.fixture
def organization(aws: Server) -> Organization:
    return Organization(aws)


def refused(error: Any) -> tuple[str, str]:
    """The code and the message of a boto3 error."""
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture
def people(aws: Server) -> People:
    return People(aws)
