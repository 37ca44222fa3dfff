"""What the backend has of each stack, read once a run: whether it is what it was, and what it exports."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automation.backend.state_files import exported, folder_of, stack_file
from shared.layers import LAYERS, StackId

Export = Callable[[StackId], Mapping[str, Any] | None]


@dataclass(frozen=True)
class State:
    """Digests of a stack's whole state and, for one that others read, of its outputs, secrets encrypted as they are."""

    whole: str
    outputs: str = ""


class States:
    """The states of the stacks in the backend with the address `backend`.

    Those of a folder (file://) are read as they are; any other backend is asked through the engine, by `export`.
    """

    def __init__(self, backend: str, export: Export) -> None:
        self._folder = folder_of(backend)
        self._export = export
        self._known: dict[StackId, State | None] = {}
        self._lock = threading.Lock()
        self.reads = 0
        """How many states were read."""

    def of(self, stack: StackId) -> State | None:
        """The stack's state when it was last read; None for a stack that does not exist."""
        with self._lock:
            if stack in self._known:
                return self._known[stack]
        return self.read(stack)

    def read(self, stack: StackId) -> State | None:
        """The stack's state as it is now."""
        found = self._read(stack)
        with self._lock:
            self.reads += 1
            self._known[stack] = found
        return found

    def _read(self, stack: StackId) -> State | None:
        if self._folder:
            file = stack_file(self._folder, stack)
            try:
                return _of_file(stack, file.read_bytes())
            except FileNotFoundError:
                if not file.with_name(f"{file.name}.gz").exists():
                    return None
        state = self._export(stack)
        if state is None:
            return None
        return State(digest(state), digest(_outputs(state)))


def _of_file(stack: StackId, content: bytes) -> State:
    if LAYERS[stack.layer].per_account:  # read by none, and there may be hundreds
        return State(digest(content))
    return State(digest(content), digest(_outputs(exported(content))))


def digest(value: Any) -> str:
    """What equal values, and practically no others, have in common; bytes as they are, all else as JSON."""
    content = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _outputs(state: Mapping[str, Any]) -> Any:
    resources = (state.get("deployment") or {}).get("resources") or []
    return next((each.get("outputs") for each in resources if each.get("type") == "pulumi:pulumi:Stack"), None)
