"""A command and all processes that it starts: how long they took, how many there were, how much memory they had.

Linux only: nowhere else is it known what part of a process's memory others share.
"""

from __future__ import annotations

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
        self._mark = mark
        self._known = dict.fromkeys(psutil.process_iter(), False)

    def look(self) -> list[psutil.Process]:
        """The processes alive now."""
        alive = set(psutil.process_iter())
        self._known = {process: ours for process, ours in self._known.items() if process in alive}
        for process in alive - self._known.keys():
            with suppress(psutil.Error):  # it has ended, or is another user's
                # Empty while a process turns into another program, and once it has ended: looked at again.
                if variables := process.environ():
                    self._known[process] = variables.get(MARK) == self._mark
                    self.count += self._known[process]
        return [process for process, ours in self._known.items() if ours]

    def kill(self) -> None:
        """End all of them at once."""
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
    """Run `command` to its end, or to a limit, and measure it. What it prints goes to `output`.

    `beside` is a process whose memory is measured apart. What the command leaves behind is killed.
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
    """The proportional set size of the processes together, in bytes: memory that several share counts once.
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
    """Whether a process ends within `LOOK_SECONDS`; returns as soon as it does."""
    try:
        process.wait(LOOK_SECONDS)
    except psutil.TimeoutExpired:
        return False
    return True


def is_provider(arguments: Sequence[str]) -> bool:
    """Whether a process with these arguments is an AWS provider, the embedded or the official one."""
    return "sandbox.provider" in arguments or any(each.endswith("/pulumi-resource-aws") for each in arguments[:1])


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


def _is_ended(process: psutil.Process) -> bool:
    """Whether a process is gone, or waits for its parent to notice that it has ended."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
