"""Remembers the inputs of each stack's last deployment on this machine, to skip stacks that have not changed.

There is one file per stack in `.inputs/`. It is written when an update has succeeded, and deleted before the next
update begins. It contains the inputs and the digest of the resulting state: if somebody else has changed the state
since then, the stack runs again. Of a stack that runs each time, it says why.
"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from automation.backend.states import States, digest
from automation.skipping.inputs import FOLDER, Inputs, Reader, Stamps, differing
from automation.skipping.reads import Reads
from shared.layers import StackId
from shared.private_folders import private_folder

_UNKNOWN = "unknown"
_CONFIGURATION = "configuration"
_REWRITTEN = "configuration as the engine left it"


class Ledger:
    """The last deployments of the stacks in the backend with the URL `backend`."""

    def __init__(self, root: Path, backend: str, states: States, reader: Reader) -> None:
        self._root = root
        self._folder = root / FOLDER / digest(backend)[:16]
        self._states = states
        self._reader = reader
        self._begun: dict[StackId, tuple[Inputs, Stamps]] = {}
        self._opened = time.time_ns()
        self._lock = threading.Lock()

    def differs(self, stack: StackId) -> list[str]:
        """What has changed since the stack's last successful deployment; empty if the stack need not run."""
        record = _record(self._file(stack))
        always = self._reader.always(stack) or _unknown(record)
        if always:
            return always
        try:
            inputs, whole = dict(record["inputs"]), str(record["state"])
            reads = Reads.of_json(record["reads"])
        except (ValueError, KeyError, TypeError):
            return ["not deployed from here yet"]
        now = {**self._reader.of(stack), **self._reader.besides(stack, reads)}
        if now.get(_CONFIGURATION) in _written(record):
            now[_CONFIGURATION] = inputs[_CONFIGURATION]
        found = differing(inputs, now)
        state = self._states.of(stack)
        return found if state and state.whole == whole else [*found, "state"]

    def always(self, stack: StackId) -> list[str]:
        """What in the stack's files, variables or state makes it run each time; mostly empty."""
        return self._reader.always(stack)

    def configuration_differs(self, stack: StackId) -> bool:
        """Whether the stack's file is not the one of its last successful deployment from here. Reads no state."""
        return self._reader.configuration(stack) not in _written(_record(self._file(stack)))

    def begin(self, stack: StackId) -> None:
        """Forget the last deployment, because an update begins."""
        self.forget(stack)
        with self._lock:
            self._begun[stack] = self._reader.of(stack), self._reader.stamps(stack)

    def forget(self, stack: StackId) -> None:
        """Forget the last deployment of the stack."""
        self._file(stack).unlink(missing_ok=True)

    def end(self, stack: StackId, reads: Reads | None, unknown: Sequence[str] = ()) -> None:
        """Remember a successful update with what its program has read; None if that is not known.

        `unknown` is what it has read that makes it run each time. Nothing is remembered if an input was changed during
        the update, even if it was changed back.
        """
        state = self._states.read(stack)
        with self._lock:
            before, written = self._begun.pop(stack)
        if unknown:
            self._write(stack, {_UNKNOWN: list(unknown)})
            return
        now, stamps = self._reader.of(stack), self._reader.stamps(stack)
        changed = set(differing(before, now))
        if written.gets_key(stamps):
            changed.discard(_CONFIGURATION)
        if reads is None or state is None or self._reader.always(stack) or changed:
            return
        if not written.until(stamps) or not self._reader.untouched(reads, self._opened):
            return
        inputs = {**before, **self._reader.besides(stack, replace(reads, invokes=())), **reads.by_input()}
        record = {"inputs": inputs, "reads": reads.as_json(), "state": state.whole}
        rewritten = {_REWRITTEN: now[_CONFIGURATION]} if now.get(_CONFIGURATION) != before.get(_CONFIGURATION) else {}
        self._write(stack, record | rewritten)

    def _write(self, stack: StackId, record: Mapping[str, Any]) -> None:
        file = self._file(stack)
        private_folder(self._root / FOLDER)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps(record) + "\n")
        new.replace(file)

    def _file(self, stack: StackId) -> Path:
        return self._folder / stack.project / f"{stack.name}.json"


def run_each_time(stack: StackId, root: Path) -> list[str]:
    """What the stack's program has read, in a deployment from here, that makes it run each time, whatever its backend;
    mostly empty."""
    files = sorted((root / FOLDER).glob(f"*/{stack.project}/{stack.name}.json"))
    return list(dict.fromkeys(text for file in files for text in _unknown(_record(file))))


def _record(file: Path) -> Mapping[str, Any]:
    """What is kept in the file; nothing if there is none, or it is damaged."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _written(record: Mapping[str, Any]) -> set[str]:
    """The digests of the stack's file, as it was deployed and as the engine left it, which adds a key where there is
    none. A file without one may be checked out again, as in CI."""
    try:
        return {str(found) for found in (record["inputs"][_CONFIGURATION], record.get(_REWRITTEN)) if found}
    except (KeyError, TypeError):
        return set()


def _unknown(record: Mapping[str, Any]) -> list[str]:
    found = record.get(_UNKNOWN)
    return [str(each) for each in found] if isinstance(found, list) else []
