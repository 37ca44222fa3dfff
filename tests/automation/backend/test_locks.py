"""The locks of runs that ended before their time: which are waited for, which are removed, and what is ended first."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automation.backend import locks
from automation.processes import session_of
from automation.queue import Cancelled
from automation.stacks import StackFailed
from shared.layers import StackId
from tests.automation.fake_engine import gone_process, lock_of

ORG = StackId("org", "sandbox")

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program that goes on for a minute, under the name that is given; each leads a session of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        program = tmp_path / name
        shutil.copy("/bin/sleep", program)
        started.append(subprocess.Popen([program, "60"], start_new_session=True))
        comm = Path(f"/proc/{started[-1].pid}/comm")
        until(lambda: comm.read_text() == f"{name}\n")
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def free(backend: Path, stopped: Callable[[], bool] = lambda: False, seconds: float = locks.WAIT_SECONDS) -> list[str]:
    """Free the stack's locks; what was said."""
    said: list[str] = []
    locks.free_locks(backend.as_uri(), ORG, said.append, stopped, seconds)
    return said


def removed(pid: int) -> str:
    return f"removed the lock of a run that was killed (process {pid}, 2026-01-01T00:00:00Z)"


def test_the_lock_of_a_process_that_is_gone_is_removed(tmp_path: Path) -> None:
    pid = gone_process()
    file = lock_of(tmp_path, ORG, pid)
    assert free(tmp_path) == [removed(pid)]
    assert list(file.parent.iterdir()) == []


def test_the_locks_of_other_stacks_stay(tmp_path: Path) -> None:
    pid = gone_process()
    others = [lock_of(tmp_path, stack, pid) for stack in (StackId("org", "prod"), StackId("identity", "sandbox"))]
    assert free(tmp_path) == []
    assert [file.exists() for file in others] == [True, True]


def test_what_a_killed_engine_has_started_is_ended_before_its_lock_is_removed(tmp_path: Path) -> None:
    """Its language host and its provider could still change something."""
    with subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo; wait"], stdout=subprocess.PIPE, start_new_session=True
    ) as engine:
        assert engine.stdout
        assert engine.stdout.readline() == b"\n"
        engine.kill()
        engine.wait()
        assert len(session_of(engine.pid)) == 1
        lock_of(tmp_path, ORG, engine.pid)
        assert free(tmp_path) == [removed(engine.pid)]
        until(lambda: session_of(engine.pid) == [])


def test_an_engine_that_is_at_work_is_waited_for(tmp_path: Path, start: Start) -> None:
    engine = start("pulumi")
    file = lock_of(tmp_path, ORG, engine.pid)
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(file.exists())
        if len(asked) == 3:
            file.unlink()
        return False

    assert free(tmp_path, stopped) == [
        f"another run is at work on this stack (process {engine.pid}), waiting for it to end"
    ]
    assert asked == [True, True, True]
    assert engine.poll() is None


def test_an_engine_that_is_killed_meanwhile_is_not_waited_for_any_longer(tmp_path: Path, start: Start) -> None:
    engine = start("pulumi")
    lock_of(tmp_path, ORG, engine.pid)

    def stopped() -> bool:
        # Nobody has asked what became of it: it is a zombie, as one is whose run was killed as well.
        engine.kill()
        return False

    assert free(tmp_path, stopped)[1:] == [removed(engine.pid)]


@pytest.mark.parametrize("name", ["sleep", "python3"])
def test_a_program_that_got_the_number_since_is_not_waited_for_and_left_alone(
    tmp_path: Path, start: Start, name: str
) -> None:
    innocent = start(name)
    file = lock_of(tmp_path, ORG, innocent.pid)
    assert free(tmp_path, seconds=0.5) == [removed(innocent.pid)]
    assert not file.exists()
    time.sleep(0.05)
    assert innocent.poll() is None


def test_waiting_has_an_end(tmp_path: Path, start: Start) -> None:
    file = lock_of(tmp_path, ORG, start("pulumi").pid)
    with pytest.raises(StackFailed, match="pulumi cancel -s sandbox --cwd stacks/org"):
        free(tmp_path, seconds=0.01)
    assert file.exists()


def test_waiting_ends_when_the_run_is_stopped(tmp_path: Path, start: Start) -> None:
    file = lock_of(tmp_path, ORG, start("pulumi").pid)
    with pytest.raises(Cancelled):
        free(tmp_path, lambda: True)
    assert file.exists()


def test_a_lock_of_another_machine_stays(tmp_path: Path) -> None:
    file = lock_of(tmp_path, ORG, gone_process(), host="elsewhere")
    said: list[str] = []
    with pytest.raises(StackFailed, match="pulumi cancel -s sandbox --cwd stacks/org"):
        locks.free_locks(tmp_path.as_uri(), ORG, said.append, lambda: False)
    assert file.exists()
    assert said == []


def test_an_empty_lock_is_nobody_s(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "org" / "sandbox"
    folder.mkdir(parents=True)
    for name in ("x.json", "x.json.18eaed4f045c93b1.tmp"):
        (folder / name).touch()
    assert free(tmp_path) == []
    assert len(list(folder.iterdir())) == 2, "it may be being written"
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    assert free(tmp_path) == ["removed an empty lock, of a run that found the disk full"]
    assert list(folder.iterdir()) == []


def test_other_backends_locks_are_not_touched() -> None:
    assert locks.locks("s3://bucket", ORG) == []
