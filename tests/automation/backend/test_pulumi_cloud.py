"""What only Pulumi Cloud has: organizations, and a service that encrypts."""

import os
import subprocess

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


def test_a_stack_is_in_one_organization_and_those_of_others_are_not_these(
    here: Repository, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.stacks[("other", "org", "prod")] = Stack("other", "org", "prod")
    cloud.stacks[("other", "identity", "prod")] = Stack("other", "identity", "prod")
    run = deploy(here)
    assert cloud.stacks[(OWNER, "org", "prod")].resources()
    assert cloud.stacks[("other", "org", "prod")].resources() == []

    def seen() -> tuple[set[tuple[str, str]], str]:
        backend = checks.backend(here.engine, os.environ, here.root)
        assert backend.ok
        return run.engine.existing(ORG.folder(here.root)), backend.what

    found = last_deployment(ORG, cloud.url, run.engine.ask)
    assert found.why == "its last deployment was not from a git repository"
    assert seen() == ({("org", "prod")}, f"{cloud.url} as here, in organization {OWNER}")
    monkeypatch.setenv("PULUMI_DEFAULT_ORGANIZATION", "other")
    assert seen() == ({("org", "prod"), ("identity", "prod")}, f"{cloud.url} as here, in organization other")


def test_what_the_service_has_encrypted_is_decrypted_in_a_scratch_backend_too(here: Repository) -> None:
    pulumi(here, "stack", "init")
    pulumi(here, "config", "set", "--secret", "org:word", "hush")
    assert "hush" not in ORG.config_file(here.root).read_text()
    engine = here.run("prod").engine
    engine.preview_new(ORG, ignored, engine.export(ORG))  # before it has a state, and after
    here.plan("org", {"org": RED}, environment="prod", secret=True)
    deploy(here)
    engine.preview_new(ORG, ignored, engine.export(ORG))
