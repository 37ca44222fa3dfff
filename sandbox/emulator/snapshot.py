"""Saving what is in the emulated AWS, and restoring it.

One file, written beside the old one and put in its place in one step. It holds moto's objects as
Python pickles them, so it is read by the same version of moto only, and only moto's and this
package's classes are made from it.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from moto.iam.models import AWSManagedPolicy
from moto.organizations.models import organizations_backends

from sandbox.emulator import world
from sandbox.emulator.aws_policies import aws_policy

FILE = "snapshot"
FORMAT = 1
COALESCE_SECONDS = 0.1
"""How long a change waits for further ones before it is written."""

_SAFE = frozenset(
    {
        ("builtins", "dict"),
        ("builtins", "frozenset"),
        ("builtins", "set"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("copyreg", "_reconstructor"),
        ("builtins", "object"),
        ("datetime", "datetime"),
        ("datetime", "timezone"),
        ("datetime", "timedelta"),
        ("re", "_compile"),
    }
)


class SnapshotError(Exception):
    """The saved state cannot be read; the message says why and what to do."""


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        # An AWS managed policy is known by its ARN: its text is not saved for every account.
        if isinstance(obj, AWSManagedPolicy):
            return _restore_aws_policy, (obj.arn, obj.account_id, obj.id, obj.attachment_count)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _SAFE:
            return super().find_class(module, name)
        if module.startswith(("moto.", "sandbox.emulator.")):
            found = super().find_class(module, name)
            # Not what those modules import.
            if found is _restore_aws_policy or (isinstance(found, type) and found.__module__ == module):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of the emulated AWS")


def _restore_aws_policy(arn: str, account_id: str, policy_id: str, attachment_count: int) -> AWSManagedPolicy:
    policy = aws_policy(arn, account_id)
    policy.id = policy_id
    policy.attachment_count = attachment_count
    return policy


def dump() -> bytes:
    """Everything, as the content of a snapshot; nothing may change meanwhile."""
    backends = {
        service: {account_id: dict(regions) for account_id, regions in accounts.items()}
        for service, accounts in world.BACKENDS.items()
    }
    body = io.BytesIO()
    _Pickler(body, protocol=pickle.HIGHEST_PROTOCOL).dump((backends, organizations_backends.master_accounts))
    data = body.getvalue()
    head = {"format": FORMAT, "moto": version("moto"), "sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps(head).encode() + b"\n" + data


def load(content: bytes) -> None:
    """Put everything back as `dump` found it. Raises `SnapshotError` and then leaves nothing half restored."""
    head_line, _, data = content.partition(b"\n")
    try:
        head = json.loads(head_line)
        if (head["format"], head["moto"]) != (FORMAT, version("moto")):
            raise SnapshotError(f"was written by another version (moto {head['moto']}, format {head['format']})")
        if head["sha256"] != hashlib.sha256(data).hexdigest():
            raise SnapshotError("is damaged")
        backends, members = _Unpickler(io.BytesIO(data)).load()
    except SnapshotError:
        raise
    except Exception as error:
        raise SnapshotError(f"is damaged ({error})") from None
    world.empty()
    for service, accounts in backends.items():
        for account_id, regions in accounts.items():
            for region, backend in regions.items():
                world.BACKENDS[service][account_id][region] = backend
    organizations_backends.master_accounts.update(members)


class Keeper:
    """Keeps the state folder up to date: changes are written together, within a fraction of a second.

    `lock` is held while the state is read. Writing failures go to `report` and are tried again.
    """

    def __init__(self, folder: Path, lock: threading.RLock, report: Callable[[str], None]):
        self._path = folder / FILE
        self._lock = lock
        self._report = report
        self._writing = threading.Lock()
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def restore(self) -> bool:
        """Restore what was saved; False if nothing was. Raises `SnapshotError`."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SnapshotError(self._unreadable(f"cannot be read: {error.strerror}")) from None
        try:
            load(content)
        except SnapshotError as error:
            raise SnapshotError(self._unreadable(str(error))) from None
        return True

    def start(self) -> None:
        """Begin to write changes."""
        self._thread.start()

    def changed(self) -> None:
        """Something changed and is to be written soon."""
        self._changed.set()

    def stop(self) -> None:
        """Write everything and end."""
        self._stopping = True
        self._changed.set()
        self._thread.join()
        self.write()

    def write(self) -> None:
        """Write everything now; not to be called while the lock is held. Raises `OSError`."""
        with self._writing:
            with self._lock:
                content = dump()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(self._path)

    def _run(self) -> None:
        while True:
            self._changed.wait()
            if self._stopping:
                return
            time.sleep(COALESCE_SECONDS)
            self._changed.clear()
            try:
                self.write()
            except OSError as error:
                self._report(f"the state cannot be saved, trying again: {error}")
                self._changed.set()
                time.sleep(1)

    def _unreadable(self, why: str) -> str:
        return (
            f"the saved state of the emulated AWS, {self._path}, {why}. "
            "Run `invoke sandbox.reset` to start from an empty one."
        )
