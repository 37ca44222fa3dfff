"""Runs that end before their time: the next one has to end where an undisturbed one would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from automation import operations
from automation.backend import locks, pending, resources
from automation.imports import identities as imported_ids
from automation.processes import end_session, session_of
from automation.results import CANCELLED_EXIT
from shared.layers import ROOT, StackId
from tests.automation.small_repository import Repository
from tests.states import in_state

RED = {"color": "red"}
SLOW = {"color": "red", "seconds": 3}

ORG = StackId("org", "sandbox")

DRIVER = """
import sys
from pathlib import Path

from automation import operations
from automation.reporting.display import make_console
from engine.install import find_engine
from automation.environments import environment
from automation.runs import make_run
from shared.layers import ROOT

root = Path(sys.argv[1])
logs = root / "logs"
logs.mkdir()
run = make_run(environment("sandbox", root), find_engine(ROOT), make_console(), logs, root, parallel=2)
sys.exit(operations.deploy(run, run.stacks, yes=True, interactive=False))
"""


@pytest.fixture
def slow(repository: Repository) -> Repository:
    """One stack, which takes a while to create one of its items."""
    repository.plan("org", {"quick": RED, "slow": SLOW})
    return repository


def start(repository: Repository) -> subprocess.Popen[str]:
    """A deployment of everything by a process of its own, which has reached the slow item."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(repository.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until((repository.shelf / "slow.json").exists)
    # Both are begun at once; what a test does next is to hit the slow one only.
    until(lambda: "quick" in recorded(repository))
    return process


def recorded(repository: Repository) -> list[str]:
    """The names of what the stack's state has at this moment, while its engine is at work."""
    try:
        return [each.name for each in in_state(repository.state, ORG)]
    except (FileNotFoundError, ValueError):  # being written
        return []


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for `condition`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def deploy_again(repository: Repository) -> str:
    """Deploy everything in this process; it has to end well. What it printed."""
    run = repository.run()
    code = operations.deploy(run, run.stacks, yes=True, interactive=False)
    printed = repository.printed.getvalue()
    assert code == 0, printed
    state = run.engine.export(ORG)
    assert state
    assert sorted(each.name for each in resources.held(state)) == ["quick", "slow"]
    assert not state["deployment"].get("pending_operations")
    assert repository.items() == {"quick": "red", "slow": "red"}
    return printed


def engine_pid(repository: Repository) -> int:
    """The engine at work on the slow stack."""
    found = locks.locks(repository.state.as_uri(), ORG)
    assert len(found) == 1
    return found[0].pid


def kill_both(repository: Repository, process: subprocess.Popen[str]) -> int:
    """Kill a run and its engine; the engine's process. What the engine has started goes on: the next run ends it."""
    pid = engine_pid(repository)
    process.kill()
    os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert session_of(pid), "nothing is left that the next run would have to end"
    return pid


def test_ctrl_c_lets_running_stacks_finish(slow: Repository) -> None:
    never = slow.plan("identity", {"never": RED})
    process = start(slow)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == CANCELLED_EXIT, printed
    assert "stopping: each stack finishes" in printed
    assert "never" not in slow.items()
    assert locks.locks(slow.state.as_uri(), ORG) == []
    never.config_file(slow.root).unlink()
    assert "removed the lock" not in deploy_again(slow)


def test_a_second_ctrl_c_ends_everything_at_once(slow: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start(slow)
    pid = engine_pid(slow)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    until(lambda: session_of(pid) == [])
    monkeypatch.setattr(imported_ids, "identities", by_name)
    printed = deploy_again(slow)
    assert "removed the lock of a run that was killed" in printed
    assert "org: importing shelf:index:Item slow, which an earlier run was killed" in printed


def test_engines_outlive_a_run_that_is_killed(slow: Repository) -> None:
    slow.plan("org", {"quick": RED, "slow": {"color": "red", "seconds": 6}})
    process = start(slow)
    process.kill()
    process.communicate(timeout=10)
    assert "another run is at work on this stack" in deploy_again(slow)


def test_what_to_do_is_said_where_the_id_is_not_known(slow: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = kill_both(slow, start(slow))

    monkeypatch.setattr(imported_ids, "identities", lambda _creations: {})
    run = slow.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 1
    until(lambda: session_of(pid) == [])
    printed = slow.printed.getvalue()
    assert f"removed the lock of a run that was killed (process {pid}" in printed
    assert "shelf:index:Item slow: it is not known whether this, which an earlier run was killed" in printed
    assert "import it: `invoke --help import`, or delete it in AWS if nobody uses it; then run this again" in printed


@pytest.mark.parametrize("environment", ["sandbox", "prod"])
def test_what_is_there_already_is_taken_over_in_the_sandbox_by_the_second_run(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setattr(imported_ids, "identities", by_name)
    repository.plan("org", {"slow": RED}, environment=environment)
    (repository.shelf / "slow.json").write_text(json.dumps({"name": "slow", "color": "blue", "seconds": 0}))

    def deploy() -> int:
        run = repository.run(environment)
        return operations.deploy(run, run.stacks, yes=True, interactive=False)

    for _ in range(1 if environment == "sandbox" else 2):
        assert deploy() == 1
        printed = repository.printed.getvalue()
        assert "shelf:index:Item slow: " in printed
        assert (
            "import it: `invoke --help import`, or delete it in AWS if nobody uses it; then run this again" in printed
        )
        assert "importing" not in printed
        assert repository.items() == {"slow": "blue"}
    if environment == "sandbox":
        assert deploy() == 0
        expected = "org: importing shelf:index:Item slow, which an earlier run had begun to create (slow)"
        assert expected in repository.printed.getvalue()
        assert repository.items() == {"slow": "red"}
        # Done is done: one that is made by hand in the place of it is a surprise again.
        assert not list((repository.root / ".sandbox" / "attempts").iterdir())


@pytest.mark.parametrize(
    ("environment", "following"),
    [("sandbox", "run this again, which"), ("prod", "pulumi cancel -s prod --cwd stacks/org")],
)
def test_a_killed_engine_and_the_lock_that_it_leaves(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, environment: str, following: str
) -> None:
    monkeypatch.setattr(imported_ids, "identities", by_name)
    repository.plan("org", {"slow": SLOW}, environment=environment)
    run = repository.run(environment)
    pids: list[int] = []

    def kill() -> None:
        until((repository.shelf / "slow.json").exists)
        pids.extend(lock.pid for lock in locks.locks(repository.state.as_uri(), StackId("org", environment)))
        os.kill(pids[0], signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 1
    killing.join()
    printed = repository.printed.getvalue()
    assert "the engine was killed (SIGKILL) while it was at work on the stack" in printed
    assert following in printed
    again = repository.run(environment)
    code = operations.deploy(again, again.stacks, yes=True, interactive=False)
    printed = repository.printed.getvalue()
    if environment == "sandbox":
        assert code == 0
        assert f"removed the lock of a run that was killed (process {pids[0]}" in printed
        until(lambda: session_of(pids[0]) == [])
    else:
        assert code == 1
        assert "removed the lock" not in printed
        assert "the stack is locked by another run" in printed
        command = "pulumi cancel -s prod --cwd stacks/org"
        assert command in printed
        subprocess.run([*command.split(), "--yes"], cwd=repository.root, check=True, capture_output=True)
        assert locks.locks(repository.state.as_uri(), StackId("org", "prod")) == []
        # Elsewhere no process is ended but those of the run itself: these are the test's own to end.
        end_session(pids[0])


def test_a_creation_that_never_happened_is_made(slow: Repository) -> None:
    pid = kill_both(slow, start(slow))
    (slow.shelf / "slow.json").unlink()
    deploy_again(slow)
    until(lambda: session_of(pid) == [])


def by_name(creations: list[pending.Creation]) -> dict[str, str]:
    """The shelf's ids are the items' names."""
    return {each.resource.urn: str(each.inputs["name"]) for each in creations}
