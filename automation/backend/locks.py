"""The locks of a stack in a folder backend, which a run that was killed leaves behind.

There is a file for each engine at work on the stack.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

from __future__ import annotations

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
"""How long to wait for an earlier run's engine that is still at work on a stack."""

ENGINE = "pulumi"
"""What an engine's process is called."""

WRITING_SECONDS = 0.5
"""How old an empty lock has to be to be nobody's."""


@dataclass(frozen=True)
class Lock:
    """A lock of a stack in a file backend: whose process it is, and since when."""

    file: Path
    pid: int
    host: str
    since: str


def locks(backend: str, stack: StackId) -> list[Lock]:
    """The locks of `stack` in the backend with the address `backend`; none unless that is a folder (file://)."""
    found = []
    for file in _lock_files(backend, stack):
        try:
            content = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):  # freed, or being written, at this moment
            continue
        found.append(Lock(file, int(content["pid"]), str(content["hostname"]), str(content["timestamp"])))
    return found


def _lock_files(backend: str, stack: StackId) -> list[Path]:
    root = folder_of(backend)
    # With `.tmp` at the end, too, the engine takes it for a lock.
    files = (root / "locks" / "organization" / stack.project / stack.name).glob("*") if root else ()
    return sorted(file for file in files if file.suffix != ".attrs")


def _remove_cut_off(backend: str, stack: StackId) -> bool:
    """Remove locks that say nothing: they are of runs that found the disk full. Whether there were any."""
    found = False
    for file in _lock_files(backend, stack):
        with suppress(FileNotFoundError):  # freed at this moment
            # Younger ones may be being written.
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
    """Get the locks of `stack` out of the way: wait for a process that is at work, remove what a dead one left.

    Raises `StackFailed` for a lock of another machine and for one that is not freed within `seconds`, and
    `automation.queue.Cancelled` once `stopped` says so.
    """
    if _remove_cut_off(backend, stack):
        progress("removed an empty lock, of a run that found the disk full")
    end = time.monotonic() + seconds
    waiting_for: set[int] = set()
    while found := locks(backend, stack):
        for lock in found:
            if lock.host != socket.gethostname() or time.monotonic() > end:
                raise StackFailed([Problem(locked_message(stack))])
            program = _program(lock.pid)
            if program and ENGINE in program:
                if lock.pid not in waiting_for:
                    progress(f"another run is at work on this stack (process {lock.pid}), waiting for it to end")
                waiting_for.add(lock.pid)
                continue
            if program is None:
                # Language hosts and providers go on without their engine, and could still change something. If another
                # program has the number by now, none is left: the system keeps the number of a session in use.
                end_session(lock.pid)
            for file in (lock.file, lock.file.with_name(f"{lock.file.name}.attrs")):
                file.unlink(missing_ok=True)
            progress(f"removed the lock of a run that was killed (process {lock.pid}, {lock.since})")
        if stopped():
            raise Cancelled
        if waiting_for:
            time.sleep(0.2)


def _program(pid: int) -> str | None:
    """The name of the program that runs as process `pid`; None if none does any more."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return None
