"""IAM groups that roles name and others make: a missing one is said before the run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

from automation import aws, operations
from shared.errors import UserError
from shared.layers import StackId, discover
from tests.automation.fake_engine import FakeRun
from tests.configuration import write_sandbox

IDENTITY = StackId("identity", "sandbox")


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("iam", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        monkeypatch.setattr(aws, "client", lambda *_arguments: client)
        client.create_group(GroupName="sre")
        yield client


def fake(root: Path, **roles: dict[str, Any]) -> FakeRun:
    write_sandbox(root)
    file = IDENTITY.config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"]["identity:roles"] = roles
    file.write_text(yaml.safe_dump(document))
    return FakeRun(root, discover("sandbox", root), {})


def test_a_group_that_is_there(tmp_path: Path, iam: Any) -> None:
    assert iam
    assert operations.preview(fake(tmp_path, A={"existingGroup": "sre"}).run, [IDENTITY]) == 0


def test_each_role_whose_group_is_missing_is_named_and_nothing_is_done(tmp_path: Path, iam: Any) -> None:
    assert iam
    made = fake(tmp_path, A={"existingGroup": "ops"}, B={"existingGroup": "sre"}, C={"existingGroup": "ops"})
    with pytest.raises(UserError) as error:
        operations.preview(made.run, [IDENTITY])
    said = "existingGroup is 'ops', and the management account has no IAM group of that name; allowed: one that is the"
    for role in "AC":
        assert f"stacks/identity/Pulumi.sandbox.yaml: identity:roles.{role}.{said}" in str(error.value)
    assert "roles.B" not in str(error.value)
    assert made.engine.done == []


def test_without_such_groups_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", None)
    assert operations.preview(fake(tmp_path, A={"group": "ops"}).run, [IDENTITY]) == 0


def test_what_aws_does_not_answer_is_no_missing_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Denying:
        def get_group(self, **_arguments: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetGroup")

    monkeypatch.setattr(aws, "client", lambda *_arguments: Denying())
    with pytest.raises(UserError, match="asking whether there is the IAM group ops failed: AccessDenied"):
        operations.preview(fake(tmp_path, A={"existingGroup": "ops"}).run, [IDENTITY])
