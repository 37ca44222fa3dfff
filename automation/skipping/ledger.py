"""What each stack was last deployed from on this machine, so that it is not run again for nothing.

A file a stack in `.inputs/`, written when an update has ended well and deleted before the next one begins. It holds
the inputs and the state that the update left: a stack whose state somebody else has changed since is run.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from automation.backend.states import States, digest
from automation.skipping.inputs import Inputs, Reader, differing
from shared.layers import StackId

FOLDER = ".inputs"


class Ledger:
    """The last deployments of the stacks in the backend with the address `backend`."""

    def __init__(self, root: Path, backend: str, states: States, reader: Reader) -> None:
        self._folder = root / FOLDER / digest(backend)[:16]
        self._states = states
        self._reader = reader
        self._begun: dict[StackId, tuple[Inputs, list[int]]] = {}
        self._lock = threading.Lock()

    def differs(self, stack: StackId) -> list[str]:
        """What is not as the stack's last successful deployment left it; nothing if running it would be for nothing."""
        try:
            known = json.loads(self._file(stack).read_text())
            inputs, whole = dict(known["inputs"]), str(known["state"])
        except (OSError, ValueError, KeyError, TypeError):
            return ["not deployed from here yet"]
        found = differing(inputs, self._reader.of(stack))
        state = self._states.of(stack)
        return found if state and state.whole == whole else [*found, "state"]

    def begin(self, stack: StackId) -> None:
        """An update of the stack begins: until it has ended well, nothing is known of it."""
        self._file(stack).unlink(missing_ok=True)
        with self._lock:
            self._begun[stack] = self._reader.of(stack), self._reader.stamps(stack)

    def end(self, stack: StackId, *, sound: bool) -> None:
        """The update has ended well. It is remembered if it was `sound` and its inputs are still what they were:
        a file may have been edited after the program had read it, or before, and put back since."""
        state = self._states.read(stack)
        with self._lock:
            before, written = self._begun.pop(stack)
        if not sound or state is None or differing(before, self._reader.of(stack)):
            return
        if written != self._reader.stamps(stack):
            return
        file = self._file(stack)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"inputs": dict(before), "state": state.whole}) + "\n")
        new.replace(file)

    def _file(self, stack: StackId) -> Path:
        return self._folder / stack.project / f"{stack.name}.json"
