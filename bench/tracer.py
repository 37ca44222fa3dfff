"""Notes when a Python process is ready, what it imports, which gRPC calls it serves and when AWS answers it.

`bench.overhead` puts this file into a copy of the repository as `sitecustomize.py`, which every Python process
that has the copy on its path then imports first, whoever started it. It imports next to nothing itself, so that
what is measured pays for its own imports. Times are of CLOCK_MONOTONIC, which all processes share.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import get_ident
from collections.abc import Callable
from typing import Any

FILE = "BENCH_TRACE"
"""The variable that names the file the notes are added to, a JSON object a line."""

Frame = list[Any]
"""A module that is being imported: its package, and the seconds that imports within it took so far."""

_stacks: dict[int, list[Frame]] = {}
_packages: dict[int, dict[str, float]] = {}


def note(kind: str, name: str, start: float, end: float, packages: dict[str, float] | None = None) -> None:
    """Add one note, at once: a process may be killed at any time."""
    inner = ", ".join(f'"{package}": {seconds:.6f}' for package, seconds in (packages or {}).items())
    line = (
        f'{{"pid": {os.getpid()}, "kind": "{kind}", "name": "{name}", '
        f'"start": {start:.6f}, "end": {end:.6f}, "packages": {{{inner}}}}}\n'
    )
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def _trace_imports() -> None:
    # The interpreter itself calls this for each module that is not loaded yet, and `-X importtime` measures there.
    importing: Any = sys.modules["_frozen_importlib"]
    load = importing._find_and_load

    def find_and_load(name: str, import_: Any) -> Any:
        thread = get_ident()
        stack = _stacks.setdefault(thread, [])
        frame: Frame = [name.partition(".")[0], 0.0]
        stack.append(frame)
        start = time.monotonic()
        try:
            return load(name, import_)
        finally:
            end = time.monotonic()
            stack.pop()
            packages = _packages.setdefault(thread, {})
            packages[frame[0]] = packages.get(frame[0], 0.0) + end - start - frame[1]
            if stack:
                stack[-1][1] += end - start
            else:
                note("import", name, start, end, _packages.pop(thread))
            if name in _PATCHES and name in sys.modules:
                _PATCHES.pop(name)(sys.modules[name])

    importing._find_and_load = find_and_load


def _timed(kind: str, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.monotonic()
        try:
            return call(*args, **kwargs)
        finally:
            note(kind, name, start, time.monotonic())

    return timed


def _trace_served_calls(grpc: Any) -> None:
    class Interceptor(grpc.ServerInterceptor):  # type: ignore[misc]
        def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
            handler = continuation(details)
            if handler is None or handler.unary_unary is None:
                return handler
            return grpc.unary_unary_rpc_method_handler(
                _timed("rpc", details.method.rpartition("/")[2], handler.unary_unary),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )

    make = grpc.server

    def server(pool: Any, handlers: Any = None, interceptors: Any = None, **rest: Any) -> Any:
        return make(pool, handlers, [*(interceptors or ()), Interceptor()], **rest)

    grpc.server = server


def _trace_aws(httpsession: Any) -> None:
    session = httpsession.URLLib3Session
    session.send = _timed("aws", "send", session.send)


_PATCHES: dict[str, Callable[[Any], None]] = {"grpc": _trace_served_calls, "botocore.httpsession": _trace_aws}
"""What is done to a module as soon as it is imported."""

if __name__ == "sitecustomize" and FILE in os.environ:
    _trace_imports()
    note("ready", "python", time.monotonic(), time.monotonic())
