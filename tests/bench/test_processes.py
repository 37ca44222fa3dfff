"""Measuring a small real tree of processes."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.processes import Limits, Measured, is_provider, measure, memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows proportional set sizes")

MEGABYTE = 2**20
HOLD = "import time; held = bytearray(b'x' * {size}); time.sleep({seconds})"


def run(tmp_path: Path, script: str, limits: Limits | None = None, beside: int | None = None) -> Measured:
    with (tmp_path / "output").open("wb") as output:
        return measure(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=dict(os.environ),
            output=output,
            limits=limits or Limits(free_bytes=0),
            beside=beside,
        )


def is_gone(pid: int) -> bool:
    """Whether a process has ended; nobody may have noticed yet."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_memory_and_processes_of_the_whole_tree_are_counted(tmp_path: Path) -> None:
    holding = f'{sys.executable} -c "{HOLD.format(size=40 * MEGABYTE, seconds=1.5)}"'
    measured = run(tmp_path, f"{holding} & setsid {holding} & wait", beside=os.getpid())
    assert measured.why is None
    # bash and two Pythons, one of them in a session of its own.
    assert measured.processes >= measured.peak_processes >= 3
    assert 80 * MEGABYTE < measured.peak_bytes < 250 * MEGABYTE
    assert 1.5 < measured.seconds < 20
    assert measured.beside_bytes > 5 * MEGABYTE


def test_what_a_command_leaves_behind_is_not_its_time_and_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.processes.LEFT_SECONDS", 0.2)
    measured = run(tmp_path, "setsid sleep 300 & echo $! > pid; sleep 0.3")
    assert measured.why is None
    assert measured.seconds < 10
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_command_that_fails_says_so(tmp_path: Path) -> None:
    measured = run(tmp_path, "echo no; exit 3")
    assert (measured.why, measured.stopped) == ("exit code 3", False)
    assert (tmp_path / "output").read_text() == "no\n"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(seconds=0.3, free_bytes=0), "over the time limit of 0 min"),
        (Limits(free_bytes=2**60), "out of memory at 0.0 GiB with 0 providers"),
    ],
)
def test_a_limit_ends_the_whole_tree(tmp_path: Path, limits: Limits, why: str) -> None:
    began = time.monotonic()
    measured = run(tmp_path, "setsid sleep 300 & echo $! > pid; sleep 300", limits)
    assert (measured.why, measured.stopped) == (why, True)
    assert is_gone(int((tmp_path / "pid").read_text()))
    assert time.monotonic() - began < 30


def test_memory_of_this_process_and_of_one_that_has_ended() -> None:
    assert 5 * MEGABYTE < memory([psutil.Process()]) < psutil.virtual_memory().total
    ended = psutil.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert memory([ended]) == 0


def test_providers_are_known_by_their_arguments() -> None:
    assert is_provider(["/venv/bin/python", "-P", "-m", "sandbox.provider", "127.0.0.1:1"])
    assert is_provider(["/home/plugins/resource-aws-v7/pulumi-resource-aws", "127.0.0.1:1"])
    assert not is_provider(["pulumi", "up"])
