"""What the tests of the run queue share."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from automation import caller, guards
from automation.inventory import closed, comparison
from automation.inventory.identities import Identities
from engine.install import Engine
from tests.automation.small_repository import Repository


@pytest.fixture(autouse=True)
def no_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    """These stacks are in no AWS: `drift` finds nothing there, unless a test gives it something."""
    monkeypatch.setattr(comparison, "read_organization", lambda _environment, _root: None)
    monkeypatch.setattr(comparison, "read_identities", lambda _environment, _root: Identities())
    monkeypatch.setattr(closed, "current_state", lambda _environment, _root, _account: "ACTIVE")


@pytest.fixture(scope="session")
def engine(pulumi_engine: Engine) -> Engine:
    """The engine of this machine."""
    return pulumi_engine


@pytest.fixture
def repository(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty small repository, with this process's environment set for its engine."""
    return _in_use(Repository(tmp_path, engine), monkeypatch)


def _in_use(made: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "AWS_")):
            monkeypatch.delenv(name)
    for name, value in {
        "PULUMI_HOME": str(made.root / "home"),
        "PULUMI_BACKEND_URL": made.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "SHELF": str(made.shelf),
        "PATH": os.pathsep.join([str(made.engine.bin), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
    }.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests of a module keep what is made once for all of them."""
    return tmp_path_factory.mktemp("kept")


Prepare = Callable[[Callable[[Repository], object]], Repository]


@pytest.fixture
def prepared(engine: Engine, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Prepares a small repository, such as by deploying it, once a module: each test gets it as it was then, at the
    same place."""

    def prepare(how: Callable[[Repository], object]) -> Repository:
        root, copy = kept / "repository", kept / "copy"
        if root.exists():
            shutil.rmtree(root)
        if copy.exists():
            shutil.copytree(copy, root, symlinks=True)
            return _in_use(Repository(root, engine), monkeypatch)
        made = _in_use(Repository(root, engine), monkeypatch)
        how(made)
        shutil.copytree(root, copy, symlinks=True)
        return made

    return prepare


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> tuple[guards.Guard, ...]:
    """Runs over these stacks of ours have no AWS that could say whose their credentials are. The value is all guards
    that users have."""
    everyone_s = guards.GUARDS
    monkeypatch.setattr(guards, "GUARDS", tuple(guard for guard in guards.GUARDS if guard is not caller.require))
    return everyone_s


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of AWS Organizations in an AWS of moto's, with nothing in it."""
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("organizations", region_name="us-east-1")
