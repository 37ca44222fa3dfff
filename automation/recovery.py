"""What an earlier run that was killed may have left behind: locks, and operations in mid-air.

The state of a self-managed backend has a lock file for each engine at work on a stack, and the
stack's state has each resource that was being created, updated or deleted as a pending operation.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation.events import StepEventStateMetadata

from automation.events import Problem, Resource
from automation.processes import end_session
from automation.queue import Cancelled
from automation.stacks import StackFailed, locked_message
from automation.state_files import folder_of
from shared.layers import StackId

WAIT_SECONDS = 600.0
"""How long to wait for an earlier run's engine that is still at work on a stack."""

_MASK = "[secret]"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - says that a value is one
"""How a state marks a secret: https://github.com/pulumi/pulumi/blob/v3.274.1/sdk/go/common/resource/sig/sig.go"""

WRITING_SECONDS = 0.5
"""How old an empty lock has to be to be nobody's."""


@dataclass(frozen=True)
class Lock:
    """A lock of a stack in a file backend: whose process it is, and since when."""

    file: Path
    pid: int
    host: str
    since: str


def locks(backend: str, stack: StackId) -> list[Lock]:
    """The locks of `stack` in the backend with the address `backend`; none unless that is a folder (file://)."""
    found = []
    for file in _lock_files(backend, stack):
        try:
            content = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):  # freed, or being written, at this moment
            continue
        found.append(Lock(file, int(content["pid"]), str(content["hostname"]), str(content["timestamp"])))
    return found


def _lock_files(backend: str, stack: StackId) -> list[Path]:
    root = folder_of(backend)
    # With `.tmp` at the end, too, the engine takes it for a lock.
    files = (root / "locks" / "organization" / stack.project / stack.name).glob("*") if root else ()
    return sorted(file for file in files if file.suffix != ".attrs")


def _remove_cut_off(backend: str, stack: StackId) -> bool:
    """Remove locks that say nothing: they are of runs that found the disk full. Whether there were any."""
    found = False
    for file in _lock_files(backend, stack):
        with suppress(FileNotFoundError):  # freed at this moment
            # Younger ones may be being written.
            if time.time() - file.stat().st_mtime > WRITING_SECONDS and not file.read_bytes().strip():
                file.unlink()
                found = True
    return found


def free_locks(
    backend: str,
    stack: StackId,
    report: Callable[[str], None],
    stopped: Callable[[], bool],
    seconds: float = WAIT_SECONDS,
) -> None:
    """Get the locks of `stack` out of the way: wait for a process that is at work, remove what a dead one left.

    Raises `StackFailed` for a lock of another machine and for one that is not freed within `seconds`, and
    `automation.queue.Cancelled` once `stopped` says so.
    """
    if _remove_cut_off(backend, stack):
        report("removed an empty lock, of a run that found the disk full")
    end = time.monotonic() + seconds
    waiting_for: set[int] = set()
    while found := locks(backend, stack):
        for lock in found:
            if lock.host != socket.gethostname() or time.monotonic() > end:
                raise StackFailed([Problem(locked_message(stack))])
            if _is_engine(lock.pid):
                if lock.pid not in waiting_for:
                    report(f"another run is at work on this stack (process {lock.pid}), waiting for it to end")
                waiting_for.add(lock.pid)
                continue
            # Language hosts and providers go on without their engine, and could still change something.
            end_session(lock.pid)
            for file in (lock.file, lock.file.with_name(f"{lock.file.name}.attrs")):
                file.unlink(missing_ok=True)
            report(f"removed the lock of a run that was killed (process {lock.pid}, {lock.since})")
        if stopped():
            raise Cancelled
        if waiting_for:
            time.sleep(0.2)


def _is_engine(pid: int) -> bool:
    """Whether `pid` is a running engine, and not some program that got the number since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        name = Path(f"/proc/{pid}/comm").read_text()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # no /proc on this system
        return True
    return "pulumi" in name and state != "Z"


@dataclass(frozen=True)
class Creation:
    """A resource that a run began to create: it may be in AWS, and is not in the state."""

    resource: Resource
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The inputs of the provider that it was made with."""
    parent: Resource | None = None
    made_by: Resource | None = None
    """The provider itself."""


def unfinished(state: Mapping[str, Any]) -> list[Creation]:
    """The pending creations of a `state`, as `Stacks.export` gives it, that are not in the state by now."""
    resources, pending = _parts(state)
    known = {resource["urn"] for resource in resources}
    by_reference = {f"{each['urn']}::{each.get('id', '')}": each.get("inputs", {}) for each in resources}
    return [
        Creation(
            Resource(operation["resource"]["urn"]),
            operation["resource"].get("inputs", {}),
            by_reference.get(operation["resource"].get("provider", ""), {}),
            _resource(operation["resource"].get("parent")),
            _resource(operation["resource"].get("provider", "").rpartition("::")[0]),
        )
        for operation in pending
        if operation["type"] == "creating" and operation["resource"]["urn"] not in known
    ]


def _resource(urn: str | None) -> Resource | None:
    return Resource(urn) if urn else None


def with_pending(state: Mapping[str, Any], failed: Iterable[StepEventStateMetadata]) -> dict[str, Any]:
    """`state` with creations that failed as pending ones, as the engine leaves them when it is killed."""
    operations = []
    for each in failed:
        fields = {
            "urn": each.urn,
            "custom": True,
            "type": each.type,
            "inputs": _readable(each.inputs or {}),
            "parent": each.parent,
            "protect": each.protect,
            "provider": each.provider,
        }
        operations.append({"resource": {key: value for key, value in fields.items() if value}, "type": "creating"})
    deployment = {**(state.get("deployment") or {}), "pending_operations": [*_parts(state)[1], *operations]}
    return {**state, "deployment": deployment}


def _readable(value: Any) -> Any:
    """An input as the engine reads it from a state, where its events have a mask for a secret.

    The value, which is the mask, does not matter: that it is a secret does. The refresh that follows has the value.
    """
    if value == _MASK:
        return {_SIGNATURE: _SECRET, "plaintext": json.dumps(_MASK)}
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return {_SIGNATURE: _SECRET, "plaintext": json.dumps(_MASK)}
        return {key: _readable(each) for key, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list) else value


def adopted(state: Mapping[str, Any], identities: Mapping[str, str]) -> dict[str, Any]:
    """`state` with the pending creations whose URN is in `identities` as resources with that id.

    Their properties are what the program asked for: a refresh has to follow. (The engine's own way, `pulumi
    refresh --import-pending-creates`, forgets them in version 3.259.0.)
    """
    resources, pending = _parts(state)
    added = [
        {
            # A provider reads what is in the state, and where from is part of it: the region of a vault.
            "outputs": operation["resource"].get("inputs", {}),
            **operation["resource"],
            "id": identities[operation["resource"]["urn"]],
        }
        for operation in pending
        if operation["type"] == "creating" and operation["resource"]["urn"] in identities
    ]
    left = [operation for operation in pending if operation["resource"]["urn"] not in identities]
    deployment = {**state["deployment"], "resources": [*resources, *added], "pending_operations": left}
    return {**state, "deployment": deployment}


def _parts(state: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    deployment = state.get("deployment") or {}
    return deployment.get("resources") or [], deployment.get("pending_operations") or []


def is_empty(state: Mapping[str, Any]) -> bool:
    """Whether a state has nothing in it, not even what is pending."""
    return not any(_parts(state))


def protected(state: Mapping[str, Any]) -> list[Resource]:
    """The protected resources of a state: the engine refuses to delete them.
    https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"""
    return [Resource(resource["urn"]) for resource in _parts(state)[0] if resource.get("protect")]


def held(state: Mapping[str, Any]) -> list[Resource]:
    """The resources of a state that are something in AWS: not components, and not providers."""
    return [
        Resource(resource["urn"])
        for resource in _parts(state)[0]
        if resource.get("custom") and not resource["type"].startswith("pulumi:")
    ]
