"""Digests of the stacks' states in the backend, each read once per run, to see whether a state or output changed."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automation.backend.bucket_urls import address_of
from automation.backend.buckets import Bucket, OnlyTheEngine
from automation.backend.known_states import KnownStates
from automation.backend.state_files import exported, folder_of, stack_file, stacks_in
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

    In a folder backend (file://) the files are read directly, and in one of S3 the objects. Any other backend is read
    with `export`, by the engine, and so is whatever cannot be read here. `kept` is a folder that keeps the digests of
    the states in a bucket, so that only those are read that have changed since.
    """

    def __init__(self, backend: str, export: Export, kept: Path | None = None) -> None:
        self._folder = folder_of(backend)
        address = address_of(backend)
        self._bucket = Bucket(address) if address else None
        self._kept = KnownStates(kept / digest(backend)[:16]) if kept else None
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
        return self._take(stack, again=False)

    def read(self, stack: StackId) -> State | None:
        """The stack's state, read again, after somebody may have written it. None if the stack does not exist."""
        return self._take(stack, again=True)

    def listed(self, *, again: bool = False) -> set[tuple[str, str]] | None:
        """Project and stack name of every stack; None if only the engine knows them. A bucket is listed once, and
        `again` only if so told."""
        if self._folder and (self._folder / "stacks").is_dir():
            return stacks_in(self._folder)
        if self._bucket:
            with suppress(OnlyTheEngine):
                return self._bucket.stacks(again=again)
        return None

    def whole(self, stack: StackId) -> Mapping[str, Any]:
        """The stack's state itself, with encrypted secrets, in the format of `Stacks.export`; empty if it does not
        exist. Nothing is remembered."""
        # One that is cut off is a matter of the engine, which reports it.
        with suppress(OnlyTheEngine, ValueError):
            content = self._content(stack)
            return exported(content) if content else {}
        return self._export(stack) or {}

    def _content(self, stack: StackId) -> bytes | None:
        """The state as it is written in the backend now; None if there is none."""
        if self._folder:
            return _file_content(self._folder, stack)
        if not self._bucket:
            raise OnlyTheEngine
        there = self._bucket.mark(stack) or self._bucket.mark(stack, again=True)
        return self._bucket.read(stack)[0] if there else None

    def _take(self, stack: StackId, *, again: bool) -> State | None:
        try:
            found = self._read(stack, again=again)
        except OnlyTheEngine:
            state = self._export(stack)
            found = None if state is None else _of(stack, state)
        with self._lock:
            self.reads += 1
            self._known[stack] = found
        return found

    def _read(self, stack: StackId, *, again: bool) -> State | None:
        if self._folder or not self._bucket:
            content = self._content(stack)
            return None if content is None else _of_file(stack, content)
        before = self._bucket.mark(stack)
        mark = self._bucket.mark(stack, again=True) if again else before
        if again and mark == before:
            # An update writes the state each time, so it was written elsewhere: this is not the engine's bucket.
            raise OnlyTheEngine
        if mark is None:
            return None
        found = self._kept.of(stack, mark) if self._kept else None
        with suppress(TypeError):  # of another form, as when it was damaged
            if found:
                return State(**found)
        content, mark = self._bucket.read(stack)
        state = _of_file(stack, content)
        if self._kept:
            self._kept.keep(stack, mark, asdict(state))
        return state

    def resources(self, stack: StackId) -> dict[str, dict[str, Any]] | None:
        """URN → resource, with encrypted secrets; None where the engine would have to be started to read them."""
        if not self._folder:
            return None
        resources = (self.whole(stack).get("deployment") or {}).get("resources") or []
        return {each["urn"]: each for each in resources if not each.get("delete")}


def _file_content(folder: Path, stack: StackId) -> bytes | None:
    file = stack_file(folder, stack)
    packed = [other for end in (".gz", ".zst") if (other := file.with_name(f"{file.name}{end}")).exists()]
    if packed:  # there may be several, of which the engine takes the last one written
        if file.exists() or len(packed) > 1 or packed[0].suffix != ".gz":
            raise OnlyTheEngine
        file = packed[0]
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


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
    resources is the one in which they were registered, and that of dependencies is of a set in the program: both differ
    from update to update. The secrets provider's own state says how to decrypt: with a wrong one an update fails.
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
    depending = {name: sorted(urns) for name, urns in properties.items() if urns}
    if found.get("dependencies"):
        found["dependencies"] = sorted(found["dependencies"])
    return {**found, "propertyDependencies": depending} if depending else found


def _outputs(resources: Iterable[Mapping[str, Any]]) -> Any:
    return next((each.get("outputs") for each in resources if each.get("type") == "pulumi:pulumi:Stack"), None)


def digest(value: Any) -> str:
    """The SHA-256 digest of bytes, or of any other value as JSON."""
    return hashlib.sha256(value if isinstance(value, bytes) else _json(value).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
