"""A small Pulumi Cloud: what the engine's client asks it for, answered as that client understands it.

The requests are those of https://github.com/pulumi/pulumi/blob/v3.274.1/pkg/backend/httpstate/client/client.go, and the
answers have the types of https://github.com/pulumi/pulumi/tree/v3.274.1/sdk/go/common/apitype. What the service itself
does between them (who may do what, how long a lease lasts, which words an error has) is not public; of its limits,
teams and policies there is nothing here. It says that it can do little (`CAPABILITIES`), so the engine writes whole
states and no journal.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CAPABILITIES = ("batch-encrypt", "begin-update", "stack-outputs")
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


class Cloud:
    """The service at `url`. `users` has who owns a token; all are members of `organizations`, the first of which is
    everybody's default. `calls` are the requests since it was emptied last."""

    def __init__(self, organizations: tuple[str, ...], users: dict[str, str]) -> None:
        self.url = ""
        self.organizations = organizations
        self.users = users
        self.stacks: dict[tuple[str, ...], Stack] = {}
        self.calls: list[str] = []
        self._lock = threading.RLock()

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, who: tuple[str, str]) -> Any:
        with self._lock:
            self.calls.append(f"{method} {path}")
            if path == "/api/capabilities":
                return {"capabilities": [{"capability": each, "version": 1} for each in CAPABILITIES]}
            for pattern, (kind, call) in _ROUTES.items():
                found = re.fullmatch(pattern, f"{method} {path}")
                if found:
                    names = [unquote(each) for each in found.groups()]
                    return self._called(kind, call, names, query, body, who)
            raise Refused(404, f"Not Found: {method} {path}")

    def _called(self, kind: str, call: Call, names: list[str], query: dict[str, str], body: Any, who: Who) -> Any:
        if kind == "update":
            stack = self._stack(names[:3])
            update = stack.updates.get(names[3])
            if update is None:
                raise Refused(404, f"Not Found: Update '{names[3]}' not found")
            if who[0] != "update-token" or who[1] != update.token or not update.token:
                raise Refused(403, "Forbidden: The update's lease is no longer valid")
            return call(stack, update, body)
        login = self.users.get(who[1])
        if who[0] != "token" or login is None:
            raise Refused(401, "Unauthorized: No credentials provided or are invalid.")
        if kind == "user":
            return call(self, login, query)
        if names[0] not in (login, *self.organizations):
            raise Refused(404, f"Not Found: Organization '{names[0]}' not found")
        if kind == "project":
            return call(self, names, body)
        return call(self, self._stack(names[:3]), login, query, body, *names[3:])

    def _stack(self, names: list[str]) -> Stack:
        try:
            return self.stacks[tuple(names)]
        except KeyError:
            raise Refused(404, f"Not Found: Stack '{'/'.join(names)}' not found") from None


Who = tuple[str, str]
Call = Callable[..., Any]


def _create(cloud: Cloud, names: list[str], body: Any) -> Any:
    key = (*names, body["stackName"])
    if key in cloud.stacks:
        raise Refused(409, f"Conflict: Stack '{'/'.join(key)}' already exists")
    cloud.stacks[key] = Stack(*key, tags=body.get("tags") or {}, state=body.get("state") or dict(EMPTY))
    return {}


def _project(cloud: Cloud, names: list[str], _body: Any) -> Any:
    if not any(key[:2] == tuple(names) for key in cloud.stacks):
        raise Refused(404, "Not Found: Project not found")
    return {}


def _delete(cloud: Cloud, stack: Stack, _login: str, query: dict[str, str], _body: Any) -> Any:
    if stack.at_work():
        raise Refused(409, CONFLICT)
    if stack.resources() and query.get("force") != "true":
        raise Refused(400, "Bad Request: Stack still contains resources.")
    del cloud.stacks[(stack.organization, stack.project, stack.name)]
    return {}


def _begin(_cloud: Cloud, stack: Stack, login: str, _query: dict[str, str], body: Any) -> Any:
    program, kind = body["program"], body["updateKind"]
    dry = kind == "preview" or program["options"]["dryRun"]
    update = stack.begin(kind, login, program, dry=dry)
    if body.get("tags"):
        stack.tags = body["tags"]
    started = {"updateID": update.identity, "version": update.version, "token": update.token}
    return {**started, "deployment": stack.state, "stack": stack.described()}


def _import(_cloud: Cloud, stack: Stack, login: str, _query: dict[str, str], body: Any) -> Any:
    update = stack.begin("import", login, {}, dry=False)
    stack.state = body
    stack.end(update, "succeeded")
    return {"updateId": update.identity}


def _cancel(_cloud: Cloud, stack: Stack, _login: str, _query: dict[str, str], _body: Any, identity: str) -> Any:
    active = stack.at_work()
    if active is None or active.identity != identity:
        raise Refused(409, "Conflict: The Update has already completed")
    stack.end(active, "failed")
    return {}


def _checkpoint(stack: Stack, _update: Update, body: Any) -> Any:
    stack.state = {name: body[name] for name in ("version", "features", "deployment") if body.get(name)}
    return {}


def _events(_stack: Stack, update: Update, body: Any) -> Any:
    for event in body["events"]:
        update.changes = (event.get("summaryEvent") or {}).get("resourceChanges", update.changes)
    return {}


def _renew(_stack: Stack, update: Update, body: Any) -> Any:
    update.lease = time.time() + body["duration"]
    return {"token": update.token}


def _complete(stack: Stack, update: Update, body: Any) -> Any:
    stack.end(update, "succeeded" if body["status"] == "succeeded" else "failed")
    return {}


def _outputs(_cloud: Cloud, stack: Stack, _login: str, _query: dict[str, str], _body: Any) -> Any:
    root = next((each for each in stack.resources() if each["type"] == "pulumi:pulumi:Stack"), {})
    providers = (stack.state["deployment"] or {}).get("secrets_providers")
    return {"outputs": root.get("outputs") or {}, **({"secretsProviders": providers} if providers else {})}


def _history(_cloud: Cloud, stack: Stack, _login: str, query: dict[str, str], _body: Any) -> Any:
    size, page = int(query.get("pageSize", "0")), int(query.get("page", "1"))
    newest = [each.entry() for each in reversed(stack.history)]
    return {"updates": newest[(page - 1) * size : page * size] if size else newest}


def _latest(_cloud: Cloud, stack: Stack, _login: str, _query: dict[str, str], _body: Any) -> Any:
    if not stack.history:
        raise Refused(404, "Not Found: no previous deployment")
    return {"info": stack.history[-1].entry()}


def _me(cloud: Cloud, login: str, _query: dict[str, str]) -> Any:
    members = [{"githubLogin": each, "name": each} for each in (login, *cloud.organizations)]
    return {"id": login, "githubLogin": login, "name": login, "email": "", "organizations": members}


def _list(cloud: Cloud, login: str, query: dict[str, str]) -> Any:
    wanted = {"orgName": query.get("organization"), "projectName": query.get("project")}
    mine = [stack.summary() for stack in cloud.stacks.values() if stack.organization in (login, *cloud.organizations)]
    return {"stacks": [each for each in mine if all(value in (None, each[name]) for name, value in wanted.items())]}


_STACK = r"/api/stacks/([^/]+)/([^/]+)/([^/]+)"
_UPDATE = rf"{_STACK}/update/([^/]+)"
_ROUTES: dict[str, tuple[str, Call]] = {
    "GET /api/user": ("user", _me),
    "GET /api/user/stacks": ("user", _list),
    "GET /api/user/organizations/default": ("user", lambda cloud, *_: {"GitHubLogin": cloud.organizations[0]}),
    "POST /api/stacks/([^/]+)/([^/]+)": ("project", _create),
    "HEAD /api/stacks/([^/]+)/([^/]+)": ("project", _project),
    f"GET {_STACK}": ("stack", lambda _cloud, stack, *_: stack.described()),
    f"DELETE {_STACK}": ("stack", _delete),
    f"PATCH {_STACK}/tags": ("stack", lambda _cloud, stack, _login, _query, body: stack.tags.update(body)),
    f"GET {_STACK}/export": ("stack", lambda _cloud, stack, *_: stack.state),
    f"GET {_STACK}/outputs": ("stack", _outputs),
    f"POST {_STACK}/import": ("stack", _import),
    f"GET {_STACK}/updates": ("stack", _history),
    f"GET {_STACK}/updates/latest": ("stack", _latest),
    f"POST {_STACK}/begin-update": ("stack", _begin),
    f"POST {_STACK}/encrypt": (
        "stack",
        lambda _cloud, stack, _login, _query, body: {"ciphertext": stack.encrypted(body["plaintext"])},
    ),
    f"POST {_STACK}/batch-encrypt": (
        "stack",
        lambda _cloud, stack, _login, _query, body: {"ciphertexts": [*map(stack.encrypted, body["plaintexts"])]},
    ),
    f"POST {_STACK}/decrypt": (
        "stack",
        lambda _cloud, stack, _login, _query, body: {"plaintext": stack.decrypted(body["ciphertext"])},
    ),
    f"POST {_STACK}/batch-decrypt": (
        "stack",
        lambda _cloud, stack, _login, _query, body: {
            "plaintexts": {each: stack.decrypted(each) for each in body["ciphertexts"]}
        },
    ),
    f"POST {_STACK}/decrypt/log(?:-batch)?-decryption": ("stack", lambda *_: {}),
    # The result of an import of a state, which is done at once.
    f"GET {_UPDATE}": ("stack", lambda *_: {"status": "succeeded", "events": []}),
    f"POST {_UPDATE}/cancel": ("stack", _cancel),
    f"PATCH {_UPDATE}/checkpoint": ("update", _checkpoint),
    f"POST {_UPDATE}/events/batch": ("update", _events),
    f"POST {_UPDATE}/renew_lease": ("update", _renew),
    f"POST {_UPDATE}/complete": ("update", _complete),
}
"""Method and path → who may call it and for what (`user`, `project`, `stack`, or `update` with its lease), and what it
does."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece
    cloud: Cloud

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        try:
            body = json.loads(content) if content else None
            code, found = 200, self.cloud.answer(self.command, url.path, query, body, (kind, token)) or {}
        except Refused as error:
            code, found = error.code, {"code": error.code, "message": str(error)}
        written = json.dumps(found).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(written)

    do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = do_PUT = _serve

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def served(*organizations: str, users: dict[str, str]) -> Iterator[Cloud]:
    """A service without stacks, which is ended afterwards."""
    cloud = Cloud(organizations, users)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud": cloud}))
    server.daemon_threads = True
    # An engine that has what it wanted ends without waiting for the rest.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
