"""The commands' own calls to AWS: whose credentials they use, and how they fail."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import NoCredentialsError
from moto import mock_aws

from automation import aws
from automation.aws import AwsFailed, client, errors, with_profile
from shared.errors import ConfigError, UserError
from shared.layers import ROOT

ROLE = "arn:aws:iam::123456789012:role/Administrator"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell with credentials and a region, and with AWS's files in `tmp_path`."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    config = tmp_path / "aws-config"
    config.write_text("[profile management]\naws_access_key_id=PROFILE\naws_secret_access_key=x\nregion=eu-west-3\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "SHELL",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def write(root: Path, **keys: Any) -> Path:
    file = root / "stacks" / "org" / "Pulumi.prod.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"config": {f"aws:{key}": value for key, value in keys.items()}}))
    return root


def key_of(made: Any) -> str:
    return str(made._request_signer._credentials.get_frozen_credentials().access_key)


@pytest.mark.usefixtures("shell")
def test_a_profile_for_a_command_before_there_are_files(tmp_path: Path) -> None:
    with with_profile("management"):
        assert key_of(client("prod", "organizations", tmp_path)) == "PROFILE"
        with pytest.raises(AwsFailed, match="nobody"):
            client("prod", "organizations", write(tmp_path, profile="nobody"))
    assert key_of(client("staging", "organizations", tmp_path)) == "SHELL"


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(
    ("keys", "region", "key", "where"),
    [
        (None, None, "SHELL", "eu-west-1"),
        ({}, None, "SHELL", "eu-west-1"),
        ({"region": "eu-north-1"}, None, "SHELL", "eu-north-1"),
        ({"region": "eu-north-1"}, "us-west-2", "SHELL", "us-west-2"),
        ({"profile": "management"}, None, "PROFILE", "eu-west-1"),
        ({"profile": "management", "region": "eu-north-1"}, None, "PROFILE", "eu-north-1"),
    ],
)
def test_the_file_comes_before_the_shell(
    tmp_path: Path, keys: dict[str, Any] | None, region: str | None, key: str, where: str
) -> None:
    root = tmp_path if keys is None else write(tmp_path, **keys)
    made = client("prod", "sts", root, region)
    assert (key_of(made), made.meta.region_name) == (key, where)


def test_without_any_region_there_is_one(tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    shell.delenv("AWS_REGION")
    assert client("prod", "iam", tmp_path).meta.endpoint_url == "https://iam.amazonaws.com"
    assert client("prod", "sts", tmp_path).meta.region_name == "us-east-1"


@pytest.mark.usefixtures("shell")
def test_roles_are_assumed_in_their_order(tmp_path: Path) -> None:
    other = ROLE.replace("Administrator", "Second")
    roles = [{"roleArn": ROLE, "sessionName": "one", "duration": "1h"}, {"roleArn": other, "sessionName": "two"}]
    with mock_aws():
        who = client("prod", "sts", write(tmp_path, assumeRoles=roles)).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::123456789012:assumed-role/Second/two"


def test_a_change_of_the_shell_is_seen(tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    assert key_of(client("prod", "sts", tmp_path)) == "SHELL"
    shell.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    assert key_of(client("prod", "sts", tmp_path)) == "ANOTHER"


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"profile": {"secure": "v1:x"}}, r"aws:profile is \{'secure': 'v1:x'\}; allowed: plain text"),
        ({"assumeRoles": ROLE}, "aws:assumeRoles is .*; allowed: a list of roles, each with its roleArn"),
        (
            {"assumeRoles": [{"sessionName": "x"}]},
            "aws:assumeRoles is .*; allowed: a list of roles, each with its role",
        ),
        ({"assumeRoles": [{"roleArn": ROLE, "tags": {}}]}, "aws:assumeRoles has tags, .*; allowed: roleArn, "),
        ({"accessKey": {"secure": "v1:x"}}, "aws:accessKey is set, .*; allowed: aws:profile"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=rf"^stacks/org/Pulumi\.prod\.yaml: {problem}"):
        client("prod", "sts", write(tmp_path, **keys))


def test_an_error_is_one_message(tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsFailed, match=r"could not be found; whose credentials these are: invoke doctor --env prod"):
        client("prod", "sts", write(tmp_path, profile="nobody"))
    with mock_aws(), pytest.raises(UserError) as refused, errors("prod", "listing the users"):
        client("prod", "iam", tmp_path / "none").get_user(UserName="nobody")
    assert isinstance(refused.value, AwsFailed)
    assert refused.value.code == "NoSuchEntity"
    assert str(refused.value).startswith("listing the users failed: NoSuchEntity: ")
    with pytest.raises(ZeroDivisionError), errors("prod", "counting"):
        print(1 / 0)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        shell.delenv(name)
    with pytest.raises(AwsFailed, match="Unable to locate credentials"):
        client("prod", "sts", write(tmp_path, assumeRoles=[{"roleArn": ROLE}]))
    assert aws.AwsFailed("x").code is None
    with pytest.raises(AwsFailed, match="Unable to locate credentials") as nobody, errors("prod", "asking"):
        raise NoCredentialsError
    assert nobody.value.code is None


def test_a_call_does_not_hang(tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    shell.setattr(aws, "ATTEMPTS", 1)
    config = client("prod", "sts", tmp_path).meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert config.retries["mode"] == "adaptive"
    with pytest.raises(AwsFailed, match="asking STS failed: Could not connect"), errors("prod", "asking STS"):
        client("prod", "sts", tmp_path).get_caller_identity()


def test_boto3_waits_until_a_client_is_wanted() -> None:
    code = "import sys, tasks, automation.operations; print('boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
