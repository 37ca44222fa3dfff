"""Which backend the engine uses, as it decides that itself."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from automation.backend.login import backend_of, cloud_of
from engine.install import Engine


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "stacks" / "org"
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: org\nruntime: python\n")
    return tmp_path


def logged_in(folder: Path, current: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "credentials.json").write_text(json.dumps({"current": current}))


def test_a_login_with_the_engine_is_found(root: Path, pulumi_engine: Engine) -> None:
    home, backend = root / "home", root / "state"
    backend.mkdir()
    variables = {"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true", "HOME": str(root)}
    command = [pulumi_engine.command.command, "login", backend.as_uri()]
    subprocess.run(command, env={"PATH": os.environ["PATH"], **variables}, check=True, capture_output=True)
    assert backend_of(variables, root) == backend.as_uri()


def test_what_counts_first(root: Path) -> None:
    logged_in(root / ".pulumi", "s3://of-the-user")
    assert backend_of({"HOME": str(root)}, root) == "s3://of-the-user"
    logged_in(root / "home", "s3://of-home")
    variables = {"HOME": str(root), "PULUMI_HOME": str(root / "home")}
    assert backend_of(variables, root) == "s3://of-home"
    logged_in(root / "credentials", "s3://of-credentials?region=eu-central-1")
    variables["PULUMI_CREDENTIALS_PATH"] = str(root / "credentials")
    assert backend_of(variables, root) == "s3://of-credentials?region=eu-central-1"
    assert backend_of({**variables, "PULUMI_BACKEND_URL": "gs://given"}, root) == "gs://given"
    with (root / "stacks" / "org" / "Pulumi.yaml").open("a") as file:
        file.write("backend:\n  url: s3://of-the-project\n")
    assert backend_of(variables, root) == ""


@pytest.mark.parametrize(
    "current", ["https://api.pulumi.com", "gs://state", "file://~", "s3://state?role=arn:aws:iam::1:role/x", 1, None]
)
def test_a_login_that_is_the_engine_s_alone(root: Path, current: object) -> None:
    logged_in(root / ".pulumi", current)
    assert backend_of({"HOME": str(root)}, root) == ""


@pytest.mark.parametrize("content", ["", "[]", "\x00"])
def test_a_login_that_cannot_be_read(root: Path, content: str) -> None:
    logged_in(root / ".pulumi", "s3://state")
    (root / ".pulumi" / "credentials.json").write_text(content)
    assert backend_of({"HOME": str(root)}, root) == ""


def test_pulumi_cloud_by_its_variable_or_by_the_last_login(root: Path) -> None:
    variables = {"HOME": str(root)}
    assert cloud_of(variables) == ""
    logged_in(root / ".pulumi", "s3://state")
    assert cloud_of(variables) == ""
    logged_in(root / ".pulumi", "https://api.pulumi.com")
    assert cloud_of(variables) == "https://api.pulumi.com"
    assert cloud_of({**variables, "PULUMI_BACKEND_URL": "file:///state"}) == ""
    assert cloud_of({**variables, "PULUMI_BACKEND_URL": "http://127.0.0.1:1/"}) == "http://127.0.0.1:1"
