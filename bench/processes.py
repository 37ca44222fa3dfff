"""A command and all processes that it starts: how long they took, how many there were, how much memory they had.

Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MARK = "BENCH_RUN"
"""The variable that marks the processes of one command: they inherit it, also into sessions of their own and when
their parent is gone."""

LOOK_SECONDS = 0.05
"""How often new processes are looked for. One that lives shorter than this may not be counted."""

MEMORY_SECONDS = 0.25
"""How often memory is added up, at most: it takes longer the more processes there are, and is done less often then."""

MEMORY_SHARE = 0.05
"""The part of a core that adding up memory may take."""

LEFT_SECONDS = 5.0
"""How long what a command leaves behind may take to end."""


@dataclass(frozen=True)
class Limits:
    """When a command is stopped: after `seconds`, or when the machine has less than `free_bytes` of memory left."""

    seconds: float = 45 * 60
    free_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class Measured:
    """What a command took.

    `why` says why it did not end well, None if it did; `stopped` whether a limit ended it. `peak_bytes` is the
    largest sum of the proportional set sizes of all its processes, `peak_processes` how many were alive then,
    `beside_bytes` the largest proportional set size of the process that was watched beside it.
    """

    seconds: float
    processes: int
    peak_bytes: int
    peak_processes: int
    beside_bytes: int
    why: str | None = None
    stopped: bool = False


class Tree:
    """The processes that have the mark `mark`; those that were there before it was made are not looked at."""

    def __init__(self, mark: str) -> None:
        self.count = 0
        """How many different processes were seen."""
        self._wanted = f"{MARK}={mark}".encode()
        self._known = dict.fromkeys(_pids(), False)

    def look(self) -> list[int]:
        """The processes alive now."""
        alive = _pids()
        self._known = {pid: ours for pid, ours in self._known.items() if pid in alive}
        for pid in alive - self._known.keys():
            variables = _read(pid, "environ")
            # Empty while a process turns into another program, and once it has ended: looked at again.
            if variables:
                self._known[pid] = self._wanted in variables.split(b"\0")
                self.count += self._known[pid]
        return [pid for pid, ours in self._known.items() if ours]

    def kill(self) -> None:
        """End all of them at once."""
        while pids := [pid for pid in self.look() if not _is_ended(pid)]:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)


def measure(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: BinaryIO,
    limits: Limits,
    beside: int | None = None,
) -> Measured:
    """Run `command` to its end, or to a limit, and measure it. What it prints goes to `output`.

    `beside` is a process whose memory is measured apart. What the command leaves behind is killed.
    """
    mark = uuid.uuid4().hex
    tree = Tree(mark)
    peak = peak_processes = beside_peak = 0
    why = None
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=cwd, env={**env, MARK: mark}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
    ended = os.pidfd_open(process.pid)
    next_sum = started
    try:
        while not select.select([ended], [], [], LOOK_SECONDS)[0]:
            pids = tree.look()
            now = time.monotonic()
            if now < next_sum:
                continue
            spent = time.thread_time()
            used = memory(pids)
            if used > peak:
                peak, peak_processes = used, len(pids)
            beside_peak = max(beside_peak, memory([beside]) if beside else 0)
            why = _over(limits, now - started, used, pids)
            if why:
                break
            next_sum = now + max(MEMORY_SECONDS, (time.thread_time() - spent) / MEMORY_SHARE)
        seconds = time.monotonic() - started
    finally:
        os.close(ended)
        left = time.monotonic() + (LEFT_SECONDS if process.poll() is not None else 0)
        while tree.look() and time.monotonic() < left:
            time.sleep(LOOK_SECONDS)
        tree.kill()
        code = process.wait()
    stopped = why is not None
    if code and not stopped:
        why = f"exit code {code}"
    return Measured(seconds, tree.count, peak, peak_processes, beside_peak, why, stopped)


def memory(pids: Iterable[int]) -> int:
    """The proportional set size of the processes together, in bytes: memory that several share counts once.
    https://docs.kernel.org/filesystems/proc.html"""
    total = 0
    for pid in pids:
        for line in _read(pid, "smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def free_memory() -> int:
    """Memory of this machine that can be had without swapping, in bytes."""
    return _machine_memory("MemAvailable:")


def total_memory() -> int:
    """Memory of this machine, in bytes."""
    return _machine_memory("MemTotal:")


def _machine_memory(name: str) -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _over(limits: Limits, seconds: float, used: int, pids: Sequence[int]) -> str | None:
    if seconds > limits.seconds:
        return f"over the time limit of {limits.seconds / 60:.0f} min"
    if free_memory() < limits.free_bytes:
        providers = sum(is_provider(command_line(pid)) for pid in pids)
        return f"out of memory at {used / 1024**3:.1f} GiB with {providers} providers"
    return None


def command_line(pid: int) -> list[str]:
    """The arguments of a process; none once it has ended."""
    return _read(pid, "cmdline").decode(errors="replace").split("\0")[:-1]


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used itself, in steps of a hundredth of a second; 0 once it is gone."""
    # The name, in brackets, may have spaces.
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def is_provider(arguments: Sequence[str]) -> bool:
    """Whether a process with these arguments is an AWS provider, the embedded or the official one."""
    return "sandbox.provider" in arguments or any(each.endswith("/pulumi-resource-aws") for each in arguments[:1])


def _pids() -> set[int]:
    # Twenty times a second: pathlib would take several times as long.
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended, or is another user's
        return b""


def _is_ended(pid: int) -> bool:
    """Whether a process is gone, or waits for its parent to notice that it has ended."""
    return b") Z " in (status := _read(pid, "stat")) or not status
