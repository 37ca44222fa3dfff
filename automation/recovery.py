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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from automation.events import Problem, Resource
from automation.processes import end_session
from automation.queue import Cancelled
from automation.stacks import StackFailed, locked_message
from shared.layers import StackId

WAIT_SECONDS = 600.0
"""How long to wait for an earlier run's engine that is still at work on a stack."""


@dataclass(frozen=True)
class Lock:
    """A lock of a stack in a file backend: whose process it is, and since when."""

    file: Path
    pid: int
    host: str
    since: str


def locks(backend: str, stack: StackId) -> list[Lock]:
    """The locks of `stack` in the backend with the address `backend`; none unless that is a folder (file://)."""
    address = urlsplit(backend)
    if address.scheme != "file":
        return []
    folder = Path(unquote(address.path)) / ".pulumi" / "locks" / "organization" / stack.project / stack.name
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            content = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):  # freed, or being written, at this moment
            continue
        found.append(Lock(file, int(content["pid"]), str(content["hostname"]), str(content["timestamp"])))
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
    """A resource that a killed run was creating: it may be in AWS, and is not in the state."""

    resource: Resource
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The inputs of the provider that it was made with."""


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
        )
        for operation in pending
        if operation["type"] == "creating" and operation["resource"]["urn"] not in known
    ]


def adopted(state: Mapping[str, Any], identities: Mapping[str, str]) -> dict[str, Any]:
    """`state` with the pending creations whose URN is in `identities` as resources with that id.

    Their properties are what the program asked for: a refresh has to follow. (The engine's own way, `pulumi
    refresh --import-pending-creates`, forgets them in version 3.259.0.)
    """
    resources, pending = _parts(state)
    added = [
        {**operation["resource"], "id": identities[operation["resource"]["urn"]]}
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
