"""Runs a command and measures the command and all processes that it starts: time, number and memory.

Linux only: other systems do not tell which part of a process's memory is shared.
"""

import subprocess
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

MARK = "BENCH_RUN"
"""The environment variable that marks the processes of one command. Child processes inherit it, also in a new
session and after their parent has ended."""

LOOK_SECONDS = 0.05
"""How often to look for new processes. A process that lives shorter than this may not be counted."""

MEMORY_SECONDS = 0.25
"""The shortest time between two measurements of memory. With many processes a measurement takes longer and is made
less often."""

MEMORY_SHARE = 0.05
"""The share of one core that measuring memory may use."""

LEFT_SECONDS = 5.0
"""How long processes that a command leaves running may take to end."""


@dataclass(frozen=True)
class Limits:
    """When to stop a command: after `seconds`, or when the machine has less than `free_bytes` of free memory."""

    seconds: float = 45 * 60
    free_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class Measured:
    """The result of a measured command.

    `why` says why it did not end well, or is None if it did. `stopped` is true if a limit ended it. `peak_bytes` is
    the largest sum of the proportional set sizes of all its processes, and `peak_processes` the number of processes
    at that time. `beside_bytes` is the largest proportional set size of the process `beside` (see `measure`).
    """

    seconds: float
    processes: int
    peak_bytes: int
    peak_processes: int
    beside_bytes: int
    why: str | None = None
    stopped: bool = False


class Tree:
    """The processes marked with `mark`. Processes that are older than this object are ignored."""

    def __init__(self, mark: str) -> None:
        self.count = 0
        """The number of different processes seen so far."""
        self._mark = mark
        self._known = dict.fromkeys(psutil.process_iter(), False)

    def look(self) -> list[psutil.Process]:
        """The processes that are alive now."""
        alive = set(psutil.process_iter())
        self._known = {process: ours for process, ours in self._known.items() if process in alive}
        for process in alive - self._known.keys():
            with suppress(psutil.Error):  # it has ended, or belongs to another user
                # The environment is empty during an exec and after the end: such a process is read again next time.
                if variables := process.environ():
                    self._known[process] = variables.get(MARK) == self._mark
                    self.count += self._known[process]
        return [process for process, ours in self._known.items() if ours]

    def kill(self) -> None:
        """Kill all of them."""
        while processes := [each for each in self.look() if not _is_ended(each)]:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
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
    """Run `command` until it ends or reaches a limit, and measure it. Its output goes to `output`.

    `beside` is a process whose memory is measured separately. Processes that the command leaves running are killed.
    """
    mark = uuid.uuid4().hex
    tree = Tree(mark)
    watched = [each for each in psutil.process_iter() if each.pid == beside]
    peak = peak_processes = beside_peak = 0
    why = None
    started = time.monotonic()
    process = psutil.Popen(
        command, cwd=cwd, env={**env, MARK: mark}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
    next_sum = started
    try:
        while not _ends(process):
            processes = tree.look()
            now = time.monotonic()
            if now < next_sum:
                continue
            spent = time.thread_time()
            used = memory(processes)
            if used > peak:
                peak, peak_processes = used, len(processes)
            beside_peak = max(beside_peak, memory(watched))
            why = _over(limits, now - started, used, processes)
            if why:
                break
            next_sum = now + max(MEMORY_SECONDS, (time.thread_time() - spent) / MEMORY_SHARE)
        seconds = time.monotonic() - started
    finally:
        left = time.monotonic() + (LEFT_SECONDS if process.poll() is not None else 0)
        while tree.look() and time.monotonic() < left:
            time.sleep(LOOK_SECONDS)
        tree.kill()
        code = process.wait()
    stopped = why is not None
    if code and not stopped:
        why = f"exit code {code}"
    return Measured(seconds, tree.count, peak, peak_processes, beside_peak, why, stopped)


def memory(processes: Iterable[psutil.Process]) -> int:
    """The sum of the proportional set sizes of `processes`, in bytes. Memory that they share counts once.
    https://docs.kernel.org/filesystems/proc.html"""
    total = 0
    for process in processes:
        with suppress(psutil.Error):  # it has ended
            total += process.memory_full_info().pss
    return total


def _over(limits: Limits, seconds: float, used: int, processes: Iterable[psutil.Process]) -> str | None:
    if seconds > limits.seconds:
        return f"over the time limit of {limits.seconds / 60:.0f} min"
    if psutil.virtual_memory().available < limits.free_bytes:
        providers = sum(is_provider(_arguments(each)) for each in processes)
        return f"out of memory at {used / 1024**3:.1f} GiB with {providers} providers"
    return None


def _ends(process: psutil.Popen) -> bool:
    """Wait for at most `LOOK_SECONDS` until the process ends; returns whether it has ended."""
    try:
        process.wait(LOOK_SECONDS)
    except psutil.TimeoutExpired:
        return False
    return True


def is_provider(arguments: Sequence[str]) -> bool:
    """Whether a process with these arguments is an AWS provider, embedded or official."""
    return "sandbox.provider" in arguments or any(each.endswith("/pulumi-resource-aws") for each in arguments[:1])


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


def _is_ended(process: psutil.Process) -> bool:
    """Whether a process has ended or is a zombie."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
