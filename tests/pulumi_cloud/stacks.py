"""The stacks of the small Pulumi Cloud, and their updates."""

from __future__ import annotations

import base64
import hashlib
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

LEASE_SECONDS = 300.0
"""How long an update has its stack without saying that it is still at work."""

EMPTY = {"version": 3, "deployment": {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}}}

CONFLICT = "Conflict: Another update is currently in progress."
"""The words by which Pulumi's Automation API knows it."""


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass
class Update:
    """An update of a stack, also one that is only previewed."""

    identity: str
    kind: str
    author: str
    program: dict[str, Any]
    started: float = field(default_factory=time.time)
    version: int = 0
    result: str = "in-progress"
    ended: float = 0.0
    changes: dict[str, int] = field(default_factory=dict)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    lease: float = field(default_factory=lambda: time.time() + LEASE_SECONDS)

    def entry(self) -> dict[str, Any]:
        """It in the history."""
        metadata = self.program.get("metadata") or {}
        return {
            "kind": self.kind,
            "startTime": int(self.started),
            "message": metadata.get("message", ""),
            "environment": metadata.get("environment") or {},
            "config": self.program.get("config") or {},
            "result": self.result,
            "endTime": int(self.ended),
            "version": self.version,
            "resourceChanges": self.changes,
        }


@dataclass
class Stack:
    """A stack, with all its updates."""

    organization: str
    project: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=lambda: dict(EMPTY))
    history: list[Update] = field(default_factory=list)
    updates: dict[str, Update] = field(default_factory=dict)
    active: Update | None = None
    key: bytes = field(default_factory=lambda: os.urandom(32))

    def summary(self) -> dict[str, Any]:
        last = {"lastUpdate": int(self.history[-1].started)} if self.history else {}
        names = {"orgName": self.organization, "projectName": self.project, "stackName": self.name}
        return {"id": self.name, **names, **last, "resourceCount": len(self.resources())}

    def described(self) -> dict[str, Any]:
        at_work = self.at_work()
        operation = at_work and {"kind": at_work.kind, "author": at_work.author, "started": int(at_work.started)}
        return {
            **self.summary(),
            **({"currentOperation": operation} if operation else {}),
            # The last one if none is at work: then cancelling is refused, and not silent.
            "activeUpdate": (at_work or (self.history[-1] if self.history else None) or _NOBODY).identity,
            "tags": self.tags,
            "version": len(self.history),
        }

    def resources(self) -> list[dict[str, Any]]:
        return (self.state["deployment"] or {}).get("resources") or []

    def at_work(self) -> Update | None:
        """The update that has the stack, whose lease may have run out."""
        if self.active and self.active.lease < time.time():
            self.end(self.active, "failed")
        return self.active

    def begin(self, kind: str, author: str, program: dict[str, Any], *, dry: bool) -> Update:
        update = Update(uuid.uuid4().hex, kind, author, program)
        self.updates[update.identity] = update
        if not dry:
            if self.at_work():
                raise Refused(409, CONFLICT)
            self.active = update
            self.history.append(update)
        update.version = len(self.history)
        return update

    def end(self, update: Update, result: str) -> None:
        update.result, update.ended, update.token = result, time.time(), ""
        if self.active is update:
            self.active = None

    def crypt(self, data: bytes, nonce: bytes) -> bytes:
        stream = hashlib.shake_256(self.key + nonce).digest(len(data))
        return bytes(one ^ other for one, other in zip(data, stream, strict=True))

    def encrypted(self, text: str) -> str:
        nonce = os.urandom(16)
        return _text(nonce + self.crypt(base64.b64decode(text), nonce))

    def decrypted(self, text: str) -> str:
        both = base64.b64decode(text)
        return _text(self.crypt(both[16:], both[:16]))


_NOBODY = Update("", "", "", {})


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
