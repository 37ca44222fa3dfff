"""What is asked of the small Pulumi Cloud, and what it answers."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.pulumi_cloud.stacks import CONFLICT, EMPTY, Refused, Stack, Update

CAPABILITIES = ("batch-encrypt", "begin-update", "stack-outputs")

Who = tuple[str, str]
"""The kind of an access token, and the token."""

Call = Callable[..., Any]


class Cloud:
    """The service at `url`. `users` has who owns a token; all are members of `organizations`, the first of which is
    everybody's default. `calls` are the requests since it was emptied last. `trusted` has the tokens of CI jobs that an
    organization has said it trusts, each with the organization."""

    def __init__(self, organizations: tuple[str, ...], users: dict[str, str]) -> None:
        self.url = ""
        self.organizations = organizations
        self.users = users
        self.stacks: dict[tuple[str, ...], Stack] = {}
        self.calls: list[str] = []
        self.trusted: dict[str, str] = {}
        self._lock = threading.RLock()

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, who: tuple[str, str]) -> Any:
        with self._lock:
            self.calls.append(f"{method} {path}")
            if path == "/api/capabilities":
                return {"capabilities": [{"capability": each, "version": 1} for each in CAPABILITIES]}
            if (method, path) == ("POST", "/api/oauth/token"):
                return self._exchange(body)
            for pattern, (kind, call) in _ROUTES.items():
                found = re.fullmatch(pattern, f"{method} {path}")
                if found:
                    names = [unquote(each) for each in found.groups()]
                    return self._called(kind, call, names, query, body, who)
            raise Refused(404, f"Not Found: {method} {path}")

    def _exchange(self, body: dict[str, str]) -> dict[str, Any]:
        """https://www.pulumi.com/docs/reference/cloud-rest-api/oauth-token-exchange/"""
        kinds = {"grant_type": "grant-type:token-exchange", "subject_token_type": "token-type:id_token"}
        for name, value in kinds.items():
            if body.get(name) != f"urn:ietf:params:oauth:{value}":
                raise Refused(400, f"Bad Request: unsupported {name}")
        kind = "urn:pulumi:token-type:access_token:organization"
        organization = self.trusted.get(body.get("subject_token", ""))
        if body.get("requested_token_type") != kind or body.get("audience") != f"urn:pulumi:org:{organization}":
            raise Refused(401, "Unauthorized: no policy of the organization allows this token")
        token = f"pul-{len(self.users)}"
        self.users[token] = f"a job of {organization}"
        seconds = int(body["expiration"])
        return {
            "access_token": token,
            "issued_token_type": kind,
            "token_type": "token",
            "expires_in": seconds,
            "scope": "",
        }

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


def _create(cloud: Cloud, names: list[str], body: Any) -> Any:
    owner, project, name = *names, body["stackName"]
    if (owner, project, name) in cloud.stacks:
        raise Refused(409, f"Conflict: Stack '{owner}/{project}/{name}' already exists")
    cloud.stacks[owner, project, name] = Stack(
        owner, project, name, body.get("tags") or {}, body.get("state") or dict(EMPTY)
    )
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
