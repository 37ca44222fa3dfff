"""The locks of a stack in a folder backend. A killed run leaves its locks behind.

Each engine that works on the stack has a lock file.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from automation.backend.state_files import folder_of
from automation.events import Problem
from automation.processes import end_session
from automation.queue import Cancelled
from automation.stacks import StackFailed, locked_message
from shared.layers import StackId

WAIT_SECONDS = 600.0
"""How long to wait for the engine of an earlier run that still works on a stack."""

ENGINE = "pulumi"
"""The name of the engine's process."""

WRITING_SECONDS = 0.5
"""An empty lock file that is older than this does not belong to an engine that is just writing it."""


@dataclass(frozen=True)
class Lock:
    """A lock of a stack in a file backend: the process that has it, and since when."""

    file: Path
    pid: int
    host: str
    since: str
    user: str = "unknown"

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since}"


def locks(backend: str, stack: StackId) -> list[Lock]:
    """The locks of `stack` in the backend with the URL `backend`; empty unless that is a folder (file://)."""
    found = []
    for file in _lock_files(backend, stack):
        try:
            content = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):  # it was just released, or is just being written
            continue
        names = ("hostname", "timestamp", "username")
        found.append(Lock(file, int(content["pid"]), *(str(content[name]) for name in names)))
    return found


def _lock_files(backend: str, stack: StackId) -> list[Path]:
    root = folder_of(backend)
    # Every file counts, also one that ends in `.tmp`: the engine takes it for a lock too.
    files = (root / "locks" / "organization" / stack.project / stack.name).glob("*") if root else ()
    return sorted(file for file in files if file.suffix != ".attrs")


def _remove_cut_off(backend: str, stack: StackId) -> bool:
    """Remove empty lock files, which runs leave on a full disk; returns whether there were any."""
    found = False
    for file in _lock_files(backend, stack):
        with suppress(FileNotFoundError):  # it was just released
            # A younger file may just be being written.
            if time.time() - file.stat().st_mtime > WRITING_SECONDS and not file.read_bytes().strip():
                file.unlink()
                found = True
    return found


def free_locks(
    backend: str,
    stack: StackId,
    progress: Callable[[str], None],
    stopped: Callable[[], bool],
    seconds: float = WAIT_SECONDS,
) -> None:
    """Wait for processes that still work on `stack`, and remove the locks of processes that have ended.

    Raises `StackFailed` for a lock of another machine and for a lock that is not released within `seconds`, and
    `automation.queue.Cancelled` when `stopped` returns true.
    """
    if _remove_cut_off(backend, stack):
        progress("removed an empty lock, of a run that found the disk full")
    end = time.monotonic() + seconds
    waiting_for: set[int] = set()
    while found := locks(backend, stack):
        for lock in found:
            if lock.host != socket.gethostname() or time.monotonic() > end:
                raise StackFailed([Problem(locked_message(stack, map(str, found)))])
            program = _program(lock.pid)
            if program and ENGINE in program:
                if lock.pid not in waiting_for:
                    progress(f"another run is at work on this stack (process {lock.pid}), waiting for it to end")
                waiting_for.add(lock.pid)
                continue
            if program is None:
                # The language hosts and providers of a killed engine go on and could still change resources: kill
                # them. If another program has this process id now, none of them is left, because the system does not
                # reuse the id of a session in use.
                end_session(lock.pid)
            for file in (lock.file, lock.file.with_name(f"{lock.file.name}.attrs")):
                file.unlink(missing_ok=True)
            progress(f"removed the lock of a run that was killed (process {lock.pid}, {lock.since})")
        if stopped():
            raise Cancelled
        if waiting_for:
            time.sleep(0.2)


def _program(pid: int) -> str | None:
    """The name of the program of process `pid`; None if there is no such process any more."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return None
