"""Digests of the stacks' states in the backend, each read once per run, to see whether a state or output changed."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automation.backend.state_files import exported, folder_of, stack_file
from shared.layers import LAYERS, StackId

Export = Callable[[StackId], Mapping[str, Any] | None]

_BOOKKEEPING = frozenset({"created", "modified", "sourcePosition", "stackTrace"})
"""What the engine writes of a resource for people to read. An update that changes nothing may change these: they are
times, and places in the program's and the SDK's code on the machine of the last update."""


@dataclass(frozen=True)
class State:
    """Digests of a stack's state and, if other stacks read it, of its outputs.

    `whole` is made of all that matters to a later update, so an update by anybody that changes nothing leaves it as it
    is. Secrets stay encrypted. The engine encrypts all of them anew in each update, so a state with a secret always
    differs after one.

    `refreshed` says whether the engine reads a resource from the cloud before each update, as its provider asked for.
    """

    whole: str
    outputs: str = ""
    refreshed: bool = False


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
        return None if state is None else _of(stack, state)


def _of_file(stack: StackId, content: bytes) -> State:
    try:
        return _of(stack, exported(content))
    except ValueError:  # cut off: it equals no state, so an engine reads it and reports it
        return State(digest(content), digest(content))


def _of(stack: StackId, state: Mapping[str, Any]) -> State:
    deployment = state.get("deployment") or {}
    resources = deployment.get("resources") or []
    refreshed = any(each.get("refreshBeforeUpdate") for each in resources)
    outputs = "" if LAYERS[stack.layer].per_account else digest(_outputs(resources))  # no stack reads an account's
    return State(digest(_what_matters(deployment)), outputs, refreshed)


def _what_matters(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a state that a later update reads.
    https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#DeploymentV3

    It leaves out what is known not to matter, so that anything new in a later engine's states counts. The order of the
    resources is the one in which they were registered, which differs from update to update. The secrets provider's
    own state says how to decrypt: with a wrong one an update fails.
    """
    pending = deployment.get("pending_operations") or []
    found = {name: value for name, value in deployment.items() if name != "manifest" and value}
    return {
        **found,
        "resources": _sorted(deployment.get("resources") or []),
        "pending_operations": _sorted([{**each, "resource": _plain(each.get("resource") or {})} for each in pending]),
        "secrets_providers": (deployment.get("secrets_providers") or {}).get("type"),
    }


def _sorted(found: Iterable[Mapping[str, Any]]) -> str:
    return digest("\n".join(sorted(_json(_plain(each)) for each in found)).encode())


def _plain(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found = {name: value for name, value in resource.items() if name not in _BOOKKEEPING}
    # An update writes every property, and a refresh only those that depend on anything.
    properties = found.pop("propertyDependencies", None) or {}
    depending = {name: urns for name, urns in properties.items() if urns}
    return {**found, "propertyDependencies": depending} if depending else found


def _outputs(resources: Iterable[Mapping[str, Any]]) -> Any:
    return next((each.get("outputs") for each in resources if each.get("type") == "pulumi:pulumi:Stack"), None)


def digest(value: Any) -> str:
    """The SHA-256 digest of bytes, or of any other value as JSON."""
    return hashlib.sha256(value if isinstance(value, bytes) else _json(value).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
