"""The emulated AWS as a WSGI application: authentication, authorization, dispatch to moto, faults, counts and saving.

What a test can ask of the emulator itself is under `/_sandbox/`: `health`, `calls`, `authorizations`, `reset` and
`faults` here, the others in `controls`. `authorizations` are the decisions on calls, see `authorization.decisions`.

moto's backends are not made for threads, so one request at a time reaches them. The delay of a fault holds up no other
request.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.iam.models import iam_backends
from werkzeug.wrappers import Response

from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from sandbox.emulator.authorization.authorize import authorize, check_session
from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.authorization.needs import needs
from sandbox.emulator.authorization.parameters import parameters
from sandbox.emulator.errors import AwsError, error_response
from sandbox.emulator.missing import check_operation, missing_operation, missing_service
from sandbox.emulator.organizations.models import all_organizations
from sandbox.emulator.organizations.responses import OrganizationsResponse
from sandbox.emulator.server import controls
from sandbox.emulator.server.calls import RESPONSES, Call, identify
from sandbox.emulator.server.faults import FaultError, Faults
from sandbox.emulator.store import backends
from sandbox.emulator.store.dirty_tracking import tracked
from sandbox.emulator.store.snapshot import Store, StoreError
from sandbox.emulator.sts.authentication import authenticate
from sandbox.emulator.sts.callers import Caller

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL = "/_sandbox/"


class ServerRequest(Request):
    """A request that came over HTTP, in the form that moto takes."""

    from_wsgi_server = True


class Application:
    """The emulated AWS with its state in a folder. Raises `StoreError` if the saved state cannot be read."""

    def __init__(self, state: Path):
        self._lock = threading.RLock()
        self._faults = Faults()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._decisions = Decisions()
        self._requests = 0
        backends.install()
        backends.empty()
        self._store = Store(state)
        if not self._store.restore():
            backends.seed()
            self._store.save_anew()

    def close(self) -> None:
        """Close the state folder; everything is saved already."""
        with self._lock:
            self._store.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = ServerRequest(environ)
        response = self._control(request) if request.path.startswith(CONTROL) else self._answer(request)
        if environ.get("sandbox.lost"):
            # werkzeug's server passes its socket. The write then fails, as if the client had left.
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return response(environ, start_response)

    # AWS

    def _answer(self, request: ServerRequest) -> Response:
        call = identify(request)
        if call is None:
            return Response("MissingAuthenticationToken: the request is not signed\n", 403, mimetype="text/plain")
        with self._lock:
            self._requests += 1
            self._calls[(call.service, call.action or "")] += 1
        try:
            self._apply_fault(call, request)
            with self._lock:
                try:
                    return self._dispatch(call, request)
                finally:
                    # Before the answer is sent. After a failure too: the call may have changed something before it.
                    self._store.save()
        except (AwsError, ServiceException) as error:
            failure: AwsError | ServiceException = error
        except StoreError as error:
            failure = AwsError("InternalFailure", str(error), 500)
        except Exception:
            traceback.print_exc()
            failure = AwsError("InternalFailure", f"The sandbox failed at {call.service}:{call.action}.", 500)
        return error_response(request, call.model, call.action, failure)

    def _apply_fault(self, call: Call, request: ServerRequest) -> None:
        fault = self._faults.take(call.service, call.action)
        if fault is None:
            return
        request.environ["sandbox.lost"] = fault.lost
        if fault.of_the_account is not None:
            request.environ["sandbox.account_fault"] = fault.of_the_account
            return
        time.sleep(fault.delay_seconds)
        if fault.code:
            raise AwsError(fault.code, fault.message, fault.status)

    def _dispatch(self, call: Call, request: ServerRequest) -> Response:
        self._pass_time()
        self._authenticate(call, request)
        if call.emulated:
            check_operation(call.model, call.action)
        self._authorize(call, request)
        if not call.emulated:
            raise missing_service(request, call.service)
        answering = RESPONSES[call.service][1]()
        answering.setup_class(request)
        if isinstance(answering, OrganizationsResponse):
            answering.check_caller()
        try:
            with tracked(self._store.dirty if call.changes else set()):
                status, headers, body = answering.call_action()
        except NotImplementedError:
            caller = request.environ["sandbox.caller"].arn
            raise missing_operation(call.service, call.model, call.action, caller) from None
        return Response(body, int(status), {name: str(value) for name, value in headers.items() if name != "status"})

    def _pass_time(self) -> None:
        """Do what has become due by the emulator's clock: accounts are made, closed, and gone."""
        with tracked(self._store.dirty):
            for organization in all_organizations():
                made, closed = organization.finish_accounts(), organization.finish_closures()
                if made or closed:
                    self._store.dirty.add(("organizations", organization.account_id, organization.region_name))

    def _authenticate(self, call: Call, request: ServerRequest) -> None:
        """Find out who calls, and tell moto the account; an account that the client itself claims is ignored."""
        request.environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        if call.access_key_id is None:
            request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = MANAGEMENT_ACCOUNT_ID
            return
        caller = authenticate(call.access_key_id, request.headers.get("X-Amz-Security-Token"))
        request.environ["sandbox.caller"] = caller
        request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = caller.account_id

    def _authorize(self, call: Call, request: ServerRequest) -> None:
        """Raise AWS's refusal unless the caller may make the call. Of a service that is not here, some have no name."""
        if call.access_key_id is None or call.action is None:
            return
        caller: Caller = request.environ["sandbox.caller"]
        check_session(call.service, call.action, caller)
        given = parameters(request, call.model, call.action) if call.emulated else {}
        request.environ["sandbox.parameters"] = given
        request.environ["sandbox.decisions"] = self._decisions
        needed = needs(call.service, call.action, given, caller, call.region)
        authorize(call.model, needed, caller, call.region, self._decisions)

    # The sandbox itself

    def _control(self, request: ServerRequest) -> Response:
        name = request.path.removeprefix(CONTROL).rstrip("/")
        handlers: dict[tuple[str, str], Callable[[ServerRequest], Any]] = {
            ("GET", "health"): self._health,
            ("GET", "calls"): self._count,
            ("POST", "calls/reset"): lambda _request: self._calls.clear(),
            ("GET", "authorizations"): lambda _request: self._decisions.describe(),
            ("POST", "authorizations/reset"): lambda _request: self._decisions.clear(),
            ("POST", "reset"): self._reset,
            ("POST", "faults"): lambda request: self._faults.add(_json(request)),
            ("DELETE", "faults"): lambda _request: self._faults.clear(),
            ("GET", "clock"): lambda _request: controls.clock(),
            ("POST", "clock"): lambda request: self._change(controls.move_clock, request),
            ("POST", "settings"): lambda request: self._change(controls.change_settings, request),
            ("POST", "accounts"): lambda request: self._change(controls.change_account, request),
            ("POST", "standalone-accounts"): lambda request: self._change(controls.sign_up, request),
            ("POST", "root-access-keys"): lambda request: self._change(controls.root_key, request),
            ("POST", "scheduled-backups"): lambda request: self._change(self._scheduled_backups, request),
            ("GET", "mail"): lambda _request: controls.mail(),
            ("POST", "identity-center"): lambda request: self._change(controls.enable_identity_center, request),
            ("POST", "sign-in"): lambda request: self._change(controls.sign_in, request),
        }
        handler = handlers.get((request.method, name))
        if "Origin" in request.headers:
            return _json_response({"error": "a web page has no business here"}, 403)
        if handler is None:
            known = ", ".join(f"{method} {CONTROL}{path}" for method, path in handlers)
            return _json_response({"error": f"{request.method} {request.path}: there are {known}"}, 404)
        try:
            with self._lock:
                return _json_response(handler(request))
        except (FaultError, controls.ControlError) as error:
            return _json_response({"error": str(error)}, 400)
        except StoreError as error:
            return _json_response({"error": str(error)}, 500)

    def _health(self, _request: ServerRequest) -> dict[str, Any]:
        # Also the accounts that are closed or in no organization.
        return {"ready": True, "pid": os.getpid(), "accounts": len(iam_backends), "requests": self._requests}

    def _change(self, change: Callable[[Any], Any], request: ServerRequest) -> Any:
        with tracked(self._store.dirty):
            answer = change(_json(request))
        self._pass_time()
        self._store.save()
        return answer

    def _scheduled_backups(self, body: Any) -> Any:
        return controls.scheduled_backups(body, self._decisions)

    def _count(self, _request: ServerRequest) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (service, action), number in sorted(self._calls.items()):
            found.setdefault(service, {})[action] = number
        return found

    def _reset(self, _request: ServerRequest) -> None:
        self._faults.clear()
        self._calls.clear()
        self._decisions.clear()
        backends.empty()
        backends.seed()
        self._store.save_anew()


def _json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise FaultError(f"the body is not JSON: {error}") from None


def _json_response(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content if content is not None else {}) + "\n", status, mimetype="application/json")
