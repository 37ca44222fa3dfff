"""What only Pulumi Cloud has: organizations, and a service that encrypts."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.backend.history import last_deployment
from automation.runs import Run
from engine import checks
from shared.layers import StackId
from tests.automation.backend.conftest import OWNER
from tests.automation.small_repository import Repository
from tests.pulumi_cloud import Cloud, Stack

ORG = StackId("org", "prod")
RED = {"color": "red"}


@pytest.fixture
def here(repository: Repository, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository with one stack, which is not deployed."""
    assert cloud.url
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    monkeypatch.setattr(checks, "caller", lambda _variables: {"account": "111111111111"})
    repository.plan("org", {"org": RED}, environment="prod")
    return repository


def deploy(repository: Repository) -> Run:
    run = repository.run("prod")
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0, repository.printed.getvalue()
    return run


def pulumi(repository: Repository, *words: str) -> str:
    command = [repository.engine.command.command, *words, "--non-interactive", "--stack", ORG.name]
    done = subprocess.run(command, cwd=ORG.folder(repository.root), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ignored(_record: object, _change: object) -> None:
    """Watch nothing."""


def test_a_preview_in_a_scratch_backend_decrypts(here: Repository, cloud: Cloud) -> None:
    pulumi(here, "stack", "init")
    pulumi(here, "config", "set", "--secret", "org:word", "hush")
    assert "hush" not in ORG.config_file(here.root).read_text()
    run = here.run("prod")
    run.engine.preview_new(ORG, ignored, run.engine.export(ORG))
