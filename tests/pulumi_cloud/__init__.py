"""A small Pulumi Cloud: what the engine's client asks it for, answered as that client understands it.

The requests are those of https://github.com/pulumi/pulumi/blob/v3.274.1/pkg/backend/httpstate/client/client.go, and the
answers have the types of https://github.com/pulumi/pulumi/tree/v3.274.1/sdk/go/common/apitype. What the service itself
does between them (who may do what, how long a lease lasts, which words an error has) is not public; of its limits,
teams and policies there is nothing here. It says that it can do little (`service.CAPABILITIES`), so the engine writes
whole states and no journal.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pulumi_cloud.service import Cloud as Cloud
from tests.pulumi_cloud.stacks import Refused
from tests.pulumi_cloud.stacks import Stack as Stack


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
            body = self._body(content.decode())
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

    def _body(self, text: str) -> Any:
        if self.headers.get("Content-Type") == "application/x-www-form-urlencoded":
            return {name: values[-1] for name, values in parse_qs(text).items()}
        return json.loads(text) if text else None

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
