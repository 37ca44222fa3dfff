"""Saving what is in the emulated AWS before a change is answered, and restoring it.

The state folder has one SQLite database. What a call changed is one transaction: a process that is killed at any
moment leaves what the last answered call left, never half of a change. Each backend and each part of an organization
has a record of its own, so that a change costs the same however many accounts there are. The records are pickles of
moto's objects; only the same version of moto reads them.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.emulator.store import backends, pickling
from sandbox.emulator.store.dirty_tracking import BackendKey

FILE = "snapshot"
FORMAT = 2

LOCK_SECONDS = 2.0
"""How long the emulator that ran before may take to let go of the file."""


class StoreError(Exception):
    """The saved state cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True)
class _Record:
    """What was last saved of an object. Without `attributes`, only pickling it again shows whether it changed."""

    digest: bytes
    attributes: Mapping[str, Any] | None


class Store:
    """The state folder, kept up to date. Not made for threads: the caller holds a lock around every use.

    `dirty` are the backends that may have changed since the last save.
    """

    def __init__(self, folder: Path):
        self.dirty: set[BackendKey] = set()
        self._path = folder / FILE
        self._saved: dict[BackendKey, dict[str, _Record]] = {}
        self._database: sqlite3.Connection | None = None

    def restore(self) -> bool:
        """Open the state folder and restore what was saved; False if nothing was. Raises `StoreError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._path.exists():
                self._create()
            self._database = self._open()
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(f"the saved state of the emulated AWS, {self._path}, cannot be opened: {error}") from None
        except sqlite3.DatabaseError as error:
            raise self._unreadable(f"is damaged ({error})") from None
        try:
            found = self._read(self._database)
            restored = {key: pickling.load(contents) for key, contents in found.items()}
            backends.replace_all(restored)
        except StoreError:
            raise
        except Exception as error:
            raise self._unreadable(f"is damaged ({error})") from None
        for key, backend in restored.items():
            objects = _objects(backend)
            self._saved[key] = {
                part: _Record(_digest(content), _attributes(objects[part]))
                for part, content in found[key].items()
                if part in objects
            }
        return bool(restored)

    def save(self) -> None:
        """Write what changed of the `dirty` backends. Raises `StoreError`; the next save then tries again."""
        rows: list[tuple[str, bytes, bytes]] = []
        gone: list[tuple[str]] = []
        saved: dict[BackendKey, dict[str, _Record]] = {}
        for key in self.dirty:
            before, objects = self._saved.get(key, {}), _objects(backends.find(key))
            saved[key] = {}
            for part, found in objects.items():
                record = before.get(part)
                if record is None or record.attributes is None or record.attributes != vars(found):
                    content = pickling.dump(found)
                    new = _Record(_digest(content), _attributes(found))
                    if record is None or record.digest != new.digest:
                        rows.append((_record_name(key, part), new.digest, content))
                    record = new
                saved[key][part] = record
            gone += [(_record_name(key, part),) for part in before.keys() - objects.keys()]
        if rows or gone:
            self._write(rows, gone)
        self._saved.update(saved)
        self.dirty.clear()

    def save_anew(self) -> None:
        """Write everything, after all backends were replaced. Raises `StoreError`."""
        self.dirty |= self._saved.keys() | backends.keys()
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
        # The first read takes the lock.
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return database

    def _read(self, database: sqlite3.Connection) -> dict[BackendKey, dict[str, bytes]]:
        """The content of every record, by backend and by part of it."""
        written_by = database.execute("SELECT format, moto FROM version").fetchone()
        if written_by != (FORMAT, version("moto")):
            raise self._unreadable(f"was written by another version (format and moto {written_by})")
        faults = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if faults != "ok":
            raise self._unreadable(f"is damaged ({faults})")
        found: dict[BackendKey, dict[str, bytes]] = {}
        for name, digest, content in database.execute("SELECT name, digest, content FROM records"):
            service, account_id, region, part = name.split("/")
            if digest != _digest(content):
                raise self._unreadable(f"is damaged ({name})")
            found.setdefault((service, account_id, region), {})[part] = content
        return found

    def _write(self, rows: list[tuple[str, bytes, bytes]], gone: list[tuple[str]]) -> None:
        if self._database is None:
            raise StoreError("the state folder is not open")
        try:
            with self._database as database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
                database.executemany("DELETE FROM records WHERE name = ?", gone)
        except sqlite3.Error as error:
            raise StoreError(f"the change cannot be saved in {self._path}: {error}") from None

    def _unreadable(self, why: str) -> StoreError:
        return StoreError(
            f"the saved state of the emulated AWS, {self._path}, {why}. "
            "Run `invoke sandbox.reset` to start from an empty one."
        )


def _objects(backend: Any) -> dict[str, Any]:
    """What is saved of a backend: itself under the name "", and its parts by id."""
    return {} if backend is None else {"": backend, **pickling.parts_of(backend)}


def _attributes(found: Any) -> dict[str, Any] | None:
    """A copy of the attributes, to see later whether one was changed; only of an organization and its parts, whose
    attributes are simple."""
    if not isinstance(found, pickling.COMPARED):
        return None
    return {name: copy(value) if isinstance(value, list | dict | set) else value for name, value in vars(found).items()}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _record_name(key: BackendKey, part: str) -> str:
    return "/".join((*key, part))
