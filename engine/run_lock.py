"""The locks of runs: which stacks each run works on, so that no second run works on them at the same time.

Each run has one record, a file in a folder that the runs of a backend share. The record says who runs what since when,
and the run holds a file lock on it. The operating system releases that lock when the process ends, even if it is
killed, so a record whose lock is free is of a run that has ended.
"""

import fcntl
import getpass
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from shared.errors import UsageError

POLL_SECONDS = 0.5
"""How often a run that waits looks whether it can begin."""

SHOWN = 5
"""How many stacks a message names."""


@dataclass(frozen=True)
class Holder:
    """A run and its stacks, as `<project>/<stack>`: those it works on, None for all, and those whose outputs it reads.

    A run that `destroys` its stacks takes them away from those that read them.
    """

    user: str
    host: str
    pid: int
    command: str
    since: str
    stacks: tuple[str, ...] | None
    reads: tuple[str, ...] = ()
    destroys: bool = False

    @classmethod
    def here(cls, stacks: Collection[str] | None, reads: Collection[str] = (), *, destroys: bool = False) -> "Holder":
        """This process."""
        return cls(
            _user(),
            socket.gethostname(),
            os.getpid(),
            shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            None if stacks is None else tuple(sorted(stacks)),
            tuple(sorted(reads)),
            destroys,
        )

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since}: {self.command}"

    def is_same_process(self, other: "Holder") -> bool:
        return (self.host, self.pid) == (other.host, other.pid)

    def in_the_way_of(self, other: "Holder") -> list[str] | None:
        """The stacks because of which both runs cannot be at the same time; None if they can, empty if it is all."""
        if self.stacks is None or other.stacks is None:
            return []
        mine, others = set(self.stacks), set(other.stacks)
        common = mine & others
        if self.destroys:
            common |= mine & set(other.reads)
        if other.destroys:
            common |= others & set(self.reads)
        return sorted(common) or None


UNKNOWN = Holder("unknown", "unknown", 0, "its record is empty, as when the disk is full", "unknown", None)


def records(state: Path) -> Path:
    """The folder of the records for a backend that is the folder `state`."""
    return state / "run-locks"


@contextmanager
def hold(folder: Path, mine: Holder, *, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """Keep every other run away from the stacks of `mine`; `folder` has the records.

    While another run is in the way, raises `UsageError`, which names it; with `waiting`, which is called with that
    text, waits for it instead. This process is never in its own way.
    """
    told: str | None = None
    while True:
        with _opened(folder / "lock") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            # The folder may have been removed in between, as by `sandbox.reset`; then this lock keeps nobody away.
            same = _is_file(gate, folder / "lock")
            refusal = _refusal(folder, mine) if same else None
            record = _written(folder, mine) if same and refusal is None else None
        if record:
            break
        if refusal:
            if waiting is None:
                raise UsageError(
                    f"{refusal}\nNothing was changed. Try again when that run has ended, or wait for it with --wait"
                )
            if refusal != told:
                waiting(f"{refusal}\nWaiting for it to end")
                told = refusal
            time.sleep(POLL_SECONDS)
    with record:
        try:
            yield
        finally:
            Path(record.name).unlink(missing_ok=True)


def _refusal(folder: Path, mine: Holder) -> str | None:
    for holder in _holders(folder):
        common = None if holder.is_same_process(mine) else holder.in_the_way_of(mine)
        if common is not None:
            more = [f"and {len(common) - SHOWN} more"] if len(common) > SHOWN else []
            what = f"on {', '.join([*common[:SHOWN], *more])}" if common else "here"
            return f"another run is at work {what}\n  {holder}"
    return None


def _holders(folder: Path) -> Iterator[Holder]:
    """The runs at work. The records of those that have ended are removed."""
    for file in sorted(folder.glob("*.json")):
        with suppress(FileNotFoundError), file.open() as record:  # its run may just have ended
            try:
                fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                yield _read(record)
            else:
                file.unlink()


def _read(record: IO[str]) -> Holder:
    try:
        found = json.loads(record.read())
        stacks = found["stacks"]
        found |= {"stacks": None if stacks is None else tuple(stacks), "reads": tuple(found["reads"])}
        return Holder(**found)
    except (ValueError, TypeError, KeyError):
        return UNKNOWN


def _written(folder: Path, mine: Holder) -> IO[str]:
    file = _opened(folder / f"{mine.host}-{mine.pid}-{time.monotonic_ns()}.json")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with suppress(OSError):  # on a full disk the record stays empty, and still keeps others away
        Path(file.name).write_text(json.dumps(asdict(mine)) + "\n")
    return file


def _opened(file: Path) -> IO[str]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("a")
    except OSError as error:
        raise UsageError(
            f"nothing was changed: the lock that keeps other runs away cannot be made in {file.parent}: "
            f"{error.strerror or error}"
        ) from None


def _is_file(opened: IO[str], file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened.fileno()), file.stat())
    except FileNotFoundError:
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        return str(os.getuid())
