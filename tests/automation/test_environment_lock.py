"""Commands that change stacks have them for themselves; what only reads does not care."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from automation import operations
from engine.run_lock import records
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.holders import another_run

ORG, IDENTITY = StackId("org", "prod"), StackId("identity", "prod")


def deploy(fake: FakeRun) -> int:
    return operations.deploy(fake.run, [IDENTITY], yes=True, interactive=False)


def refresh(fake: FakeRun) -> int:
    return operations.refresh(fake.run, [IDENTITY])


def destroy(fake: FakeRun) -> int:
    return operations.destroy(
        fake.run, [IDENTITY], include_protected=False, confirm="prod", yes=True, interactive=False
    )


@pytest.fixture
def fake(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, [ORG, IDENTITY], {ORG: {}, IDENTITY: {}})


@pytest.mark.parametrize("command", [deploy, refresh, destroy])
def test_a_command_that_changes_a_stack_is_refused_while_another_run_is_at_work_on_it(
    fake: FakeRun, tmp_path: Path, command: Callable[[FakeRun], int]
) -> None:
    with another_run(records(tmp_path / ".runs"), ["identity/prod"]):
        with pytest.raises(UsageError, match="another run is at work on identity/prod"):
            command(fake)
        assert fake.engine.done == []
    with another_run(records(tmp_path / ".runs"), ["org/prod", "identity/dev"]):
        assert command(fake) == 0
    # When it is over, nothing is left behind.
    assert list(records(tmp_path / ".runs").glob(f"*-{os.getpid()}-*.json")) == []


def test_with_wait_it_begins_when_the_other_run_has_ended(fake: FakeRun, tmp_path: Path) -> None:
    fake.run.wait = True
    with another_run(records(tmp_path / ".runs"), ["identity/prod"]) as other:
        waited = fake.run.console.print
        fake.run.console.print = lambda *text, **how: (waited(*text, **how), other.kill(), other.wait())  # type: ignore
        assert deploy(fake) == 0
    assert "another run is at work on identity/prod" in fake.printed


def test_what_only_reads_is_not_kept_away(fake: FakeRun, tmp_path: Path) -> None:
    with another_run(records(tmp_path / ".runs"), None):
        assert operations.preview(fake.run, [IDENTITY]) == 0
        assert operations.drift(fake.run, [IDENTITY]) == 0


def test_a_stack_that_another_run_may_be_creating_is_not_created_beside_it(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, [ORG, IDENTITY])
    with another_run(records(tmp_path / ".runs"), ["org/prod"]):
        with pytest.raises(UsageError, match="another run is at work on org/prod"):
            deploy(fake)
        assert fake.engine.done == []
    deploy(fake)
    assert fake.engine.done == ["create org", "create identity", "up identity"]


def test_what_others_read_is_not_destroyed_under_them(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, [ORG], {ORG: {}})
    with (
        another_run(records(tmp_path / ".runs"), ["accounts/prod.web"], ["org/prod"]),
        pytest.raises(UsageError, match="another run is at work on org/prod"),
    ):
        operations.destroy(fake.run, [ORG], include_protected=False, confirm="prod", yes=True, interactive=False)


def test_runs_of_two_copies_of_the_repository_share_a_folder_backend(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "copy").mkdir()
    fake = FakeRun(tmp_path / "copy", [ORG, IDENTITY], {ORG: {}, IDENTITY: {}}, (tmp_path / "state").as_uri())
    with (
        another_run(records(tmp_path / "state"), ["identity/prod"]),
        pytest.raises(UsageError, match="another run is at work on identity/prod"),
    ):
        deploy(fake)
