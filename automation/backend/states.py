"""Digests of the stacks' states in the backend, each read once per run, to see whether a state or output changed."""

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
    """Digests of a stack's state and, if other stacks read it, of its outputs. Secrets stay encrypted."""

    whole: str
    outputs: str = ""


class States:
    """The states of the stacks in the backend with the URL `backend`.

    In a folder backend (file://) the files are read directly. Any other backend is read with `export`, by the engine.
    """

    def __init__(self, backend: str, export: Export) -> None:
        self._folder = folder_of(backend)
        self._export = export
        self._known: dict[StackId, State | None] = {}
        self._lock = threading.Lock()
        self.reads = 0
        """The number of states read so far."""

    def of(self, stack: StackId) -> State | None:
        """The stack's state from the last read; the first call reads it. None if the stack does not exist."""
        with self._lock:
            if stack in self._known:
                return self._known[stack]
        return self.read(stack)

    def read(self, stack: StackId) -> State | None:
        """The stack's state, read again. None if the stack does not exist."""
        found = self._read(stack)
        with self._lock:
            self.reads += 1
            self._known[stack] = found
        return found

    def whole(self, stack: StackId) -> Mapping[str, Any]:
        """The stack's state itself, with encrypted secrets, in the format of `Stacks.export`; empty if it does not
        exist. Nothing is remembered."""
        if self._folder:
            file = stack_file(self._folder, stack)
            try:
                return exported(file.read_bytes())
            except ValueError:
                pass  # cut off, which the engine reports
            except FileNotFoundError:
                # Then it is compressed; the engine need not be started to find nothing.
                if not file.with_name(f"{file.name}.gz").exists():
                    return {}
        return self._export(stack) or {}

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
    if LAYERS[stack.layer].per_account:  # no stack reads its outputs, and there may be hundreds
        return State(digest(content))
    return State(digest(content), digest(_outputs(exported(content))))


def digest(value: Any) -> str:
    """The SHA-256 digest of bytes, or of any other value as JSON."""
    content = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _outputs(state: Mapping[str, Any]) -> Any:
    resources = (state.get("deployment") or {}).get("resources") or []
    return next((each.get("outputs") for each in resources if each.get("type") == "pulumi:pulumi:Stack"), None)
