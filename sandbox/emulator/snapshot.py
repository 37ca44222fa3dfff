"""Saving what is in the emulated AWS before a change is answered, and restoring it.

One SQLite database in the state folder. What a call changed goes into it as one transaction: a process
that is killed at any moment leaves what the last answered call left, and never half of a change.
There is a record for each backend and for each part of an organization, so that a change costs the same
however many accounts there are. The records are moto's objects as Python pickles them, and are read by the
same version of moto only.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.emulator import pickling, world
from sandbox.emulator.uses import Place

FILE = "snapshot"
FORMAT = 2

LOCK_SECONDS = 2.0
"""How long the emulator that ran before may take to let go of the file."""


class SnapshotError(Exception):
    """The saved state cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True)
class _Record:
    """What was last saved of an object; `attributes` is None if only its pickled content says whether it changed."""

    digest: bytes
    attributes: Mapping[str, Any] | None


class Keeper:
    """Keeps the state folder up to date. Not made for threads: a lock of the caller's is held around every use.

    `used` is where something may have changed since the last save.
    """

    def __init__(self, folder: Path):
        self.used: set[Place] = set()
        self._path = folder / FILE
        self._saved: dict[Place, dict[str, _Record]] = {}
        self._database: sqlite3.Connection | None = None

    def restore(self) -> bool:
        """Open the state folder and restore what was saved; False if nothing was. Raises `SnapshotError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._path.exists():
                self._create()
            self._database = self._open()
        except (OSError, sqlite3.OperationalError) as error:
            raise SnapshotError(
                f"the saved state of the emulated AWS, {self._path}, cannot be opened: {error}"
            ) from None
        except sqlite3.DatabaseError as error:
            raise self._unreadable(f"is damaged ({error})") from None
        try:
            found = self._read(self._database)
            backends = {place: pickling.load(contents) for place, contents in found.items()}
            world.fill(backends)
        except SnapshotError:
            raise
        except Exception as error:
            raise self._unreadable(f"is damaged ({error})") from None
        for place, backend in backends.items():
            objects = _objects(backend)
            self._saved[place] = {
                part: _Record(_digest(content), _attributes(objects[part]))
                for part, content in found[place].items()
                if part in objects
            }
        return bool(backends)

    def save(self) -> None:
        """Write what changed where something was `used`. Raises `SnapshotError`; the next save then tries again."""
        rows: list[tuple[str, bytes, bytes]] = []
        gone: list[tuple[str]] = []
        saved: dict[Place, dict[str, _Record]] = {}
        for place in self.used:
            before, objects = self._saved.get(place, {}), _objects(world.find(place))
            saved[place] = {}
            for part, found in objects.items():
                record = before.get(part)
                if record is None or record.attributes is None or record.attributes != vars(found):
                    content = pickling.dump(found)
                    new = _Record(_digest(content), _attributes(found))
                    if record is None or record.digest != new.digest:
                        rows.append((_name(place, part), new.digest, content))
                    record = new
                saved[place][part] = record
            gone += [(_name(place, part),) for part in before.keys() - objects.keys()]
        if rows or gone:
            self._write(rows, gone)
        self._saved.update(saved)
        self.used.clear()

    def save_anew(self) -> None:
        """Write everything after something else took the place of all that was there. Raises `SnapshotError`."""
        self.used |= self._saved.keys() | world.places()
        self.save()

    def close(self) -> None:
        """Let go of the state folder."""
        if self._database is not None:
            self._database.close()

    def _create(self) -> None:
        # Put in its place in one step: a file without the tables is a damaged one.
        for left in self._path.parent.glob(f"{FILE}*"):
            left.unlink()
        new = self._path.with_suffix(".new")
        with closing(sqlite3.connect(new, isolation_level=None)) as database:
            # Changes go to a log beside the file. The setting is kept in the file.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE version (format INTEGER, moto TEXT)")
            database.execute("INSERT INTO version VALUES (?, ?)", (FORMAT, version("moto")))
            database.execute("CREATE TABLE records (name TEXT PRIMARY KEY, digest BLOB, content BLOB)")
        new.replace(self._path)

    def _open(self) -> sqlite3.Connection:
        # Any thread answers a request, one at a time.
        database = sqlite3.connect(self._path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        # No second emulator uses this state.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A change is written when its commit returns, if perhaps not yet on the disk itself: a process that is killed
        # loses nothing, a machine that loses its power at most the last moments.
        database.execute("PRAGMA synchronous = NORMAL")
        # The lock is taken with the first look.
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return database

    def _read(self, database: sqlite3.Connection) -> dict[Place, dict[str, bytes]]:
        """The content of every record, by where its backend is and the part of it."""
        written_by = database.execute("SELECT format, moto FROM version").fetchone()
        if written_by != (FORMAT, version("moto")):
            raise self._unreadable(f"was written by another version (format and moto {written_by})")
        faults = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if faults != "ok":
            raise self._unreadable(f"is damaged ({faults})")
        found: dict[Place, dict[str, bytes]] = {}
        for name, digest, content in database.execute("SELECT name, digest, content FROM records"):
            service, account_id, region, part = name.split("/")
            if digest != _digest(content):
                raise self._unreadable(f"is damaged ({name})")
            found.setdefault((service, account_id, region), {})[part] = content
        return found

    def _write(self, rows: list[tuple[str, bytes, bytes]], gone: list[tuple[str]]) -> None:
        if self._database is None:
            raise SnapshotError("the state folder is not open")
        try:
            with self._database as database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
                database.executemany("DELETE FROM records WHERE name = ?", gone)
        except sqlite3.Error as error:
            raise SnapshotError(f"the change cannot be saved in {self._path}: {error}") from None

    def _unreadable(self, why: str) -> SnapshotError:
        return SnapshotError(
            f"the saved state of the emulated AWS, {self._path}, {why}. "
            "Run `invoke sandbox.reset` to start from an empty one."
        )


def _objects(backend: Any) -> dict[str, Any]:
    """What there is a record of: the backend, unless it is None, as "", and its parts by id."""
    return {} if backend is None else {"": backend, **pickling.parts_of(backend)}


def _attributes(found: Any) -> dict[str, Any] | None:
    """Of an organization and its parts, whose attributes are simple, a copy to see by whether one was changed."""
    if not isinstance(found, pickling.COMPARED):
        return None
    return {name: copy(value) if isinstance(value, list | dict | set) else value for name, value in vars(found).items()}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _name(place: Place, part: str) -> str:
    return "/".join((*place, part))
