"""What a run's environment holds, and what of the user's own never gets into the sandbox's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from engine.environment import Environment
from engine.install import Engine
from sandbox.environment import SandboxEnvironment, shell_lines
from sandbox.layout import Emulator, Layout, write_record
from shared.errors import EnvironmentNotReady

URL = "http://127.0.0.1:4999"

OWN = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/me",
    "LANG": "C.UTF-8",
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "the-users-token",
    "AWS_ENDPOINT_URL_STS": "https://example.com",
    "AWS_CA_BUNDLE": "/etc/bundle.pem",
    "AWS_REGION": "eu-central-1",
    "PULUMI_ACCESS_TOKEN": "the-users-token",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/home/me/passphrase",
    "PULUMI_PARALLEL": "1",
    "HTTP_PROXY": "http://proxy:3128",
    "NO_PROXY": "intranet,localhost",
}


@pytest.fixture
def sandbox(root: Path) -> Path:
    """A repository whose emulated AWS was started."""
    write_record(Layout(root), Emulator(1, 4999, URL))
    return root


def test_the_sandbox_gets_its_own_set_up_and_nothing_of_the_users(sandbox: Path, engine: Engine) -> None:
    result = SandboxEnvironment(sandbox).variables(engine, OWN)
    folder = sandbox / ".sandbox"
    set_up = {name: value for name, value in result.items() if name.startswith(("AWS_", "PULUMI_"))}
    assert set_up == {
        "AWS_ENDPOINT_URL": URL,
        "AWS_ENDPOINT_URL_S3_CONTROL": "http://s3-control.sandbox.test",
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "AKIASANDBOX000000000",
        "AWS_SECRET_ACCESS_KEY": "sandbox-secret-key",
        "AWS_CONFIG_FILE": str(folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_HOME": str(folder / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    }
    assert "the-users-token" not in result.values()
    assert (folder / "aws-config").read_text() == (folder / "aws-credentials").read_text() == ""
    assert (folder / "state").is_dir()
    assert result["HOME"] == "/home/me"


def test_the_engine_and_this_python_are_first_on_path_once(sandbox: Path, engine: Engine) -> None:
    result = SandboxEnvironment(sandbox).variables(engine, OWN)
    python = str(Path(sys.prefix) / "bin")
    assert result["PATH"].split(os.pathsep) == [str(engine.bin), python, "/usr/bin", "/bin"]
    assert SandboxEnvironment(sandbox).variables(engine, result) == result


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("", "127.0.0.1,localhost"),
        ("intranet,localhost", "intranet,localhost,127.0.0.1"),
        # What would keep S3 Control from the proxy is left out.
        ("intranet,*", "intranet,127.0.0.1,localhost"),
        (".test,sandbox.test, s3-control.sandbox.test,latest", "latest,127.0.0.1,localhost"),
    ],
)
def test_only_calls_to_s3_control_go_through_the_proxy_of_the_sandbox(
    sandbox: Path, engine: Engine, own: str, wanted: str
) -> None:
    result = SandboxEnvironment(sandbox).variables(engine, {**OWN, "NO_PROXY": own, "https_proxy": "http://proxy:3128"})
    assert result["NO_PROXY"] == wanted
    assert result["no_proxy"] == "127.0.0.1,localhost"
    assert result["HTTP_PROXY"] == result["http_proxy"] == URL
    assert result["https_proxy"] == "http://proxy:3128"
    assert "HTTPS_PROXY" not in result


def test_every_other_environment_gets_the_users_own(root: Path, engine: Engine) -> None:
    result = Environment("production", root).variables(engine, OWN)
    assert {**result, "PATH": OWN["PATH"]} == OWN
    assert result["PATH"].startswith(f"{engine.bin}{os.pathsep}")


def test_a_sandbox_that_was_never_started_is_an_error_that_says_what_to_run(root: Path, engine: Engine) -> None:
    with pytest.raises(EnvironmentNotReady, match=r"run `invoke sandbox\.start`"):
        SandboxEnvironment(root).variables(engine, OWN)


def test_a_shell_that_evaluates_the_lines_has_the_same_environment(sandbox: Path, engine: Engine) -> None:
    own = {**OWN, "AWS_ODD": 'it\'s "quoted" $HOME `x`\nand two lines'}
    lines = shell_lines(engine, sandbox, own)
    python = Path(sys.executable).resolve()
    script = f'eval "$LINES"; unset LINES; "{python}" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={**own, "LINES": lines}, capture_output=True, text=True, check=True
    )
    added_by_the_shell = {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
    seen = {name: value for name, value in json.loads(done.stdout).items() if name not in added_by_the_shell}
    assert seen == SandboxEnvironment(sandbox).variables(engine, own)
    assert "unset AWS_PROFILE" in lines.splitlines()


def test_boto3_takes_the_sandbox_and_no_profile_of_the_user(
    sandbox: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = sandbox / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text("[default]\nregion = eu-central-1\n")
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = x\n")
    own = {**OWN, "HOME": str(home)}
    monkeypatch.setattr(os, "environ", SandboxEnvironment(sandbox).variables(engine, own))
    session = boto3.Session()
    found = session.get_credentials()
    assert found is not None
    assert (found.access_key, session.region_name) == ("AKIASANDBOX000000000", "us-west-2")
    assert session.client("iam").meta.endpoint_url == URL
    assert session.available_profiles == []
