"""HTTP connections to the emulated AWS: kept open, as clients of AWS expect, one thread each.

It is also an HTTP proxy, for the names below that of S3 Control; see `sandbox.s3_control`.
"""

import io
from urllib.parse import urlsplit

from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Response

from sandbox.emulator.sso_admin.portal import TOKEN_HEADER
from sandbox.s3_control import HOST

SERVED = ("127.0.0.1", "localhost", HOST)


class ConnectionHandler(WSGIRequestHandler):
    """Answers the requests of one connection. It does not log them: `/_sandbox/calls` counts them.

    werkzeug's own handler closes the connection after each request, since the application may not have read all of the
    body. Here the body is read first, so the connection stays open.
    """

    protocol_version = "HTTP/1.1"
    # Buffer a whole answer, and send it without delay.
    wbufsize = -1
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        if TOKEN_HEADER in self.headers:
            # werkzeug drops headers with an underscore.
            environ[f"HTTP_{TOKEN_HEADER.upper().replace('-', '_')}"] = self.headers[TOKEN_HEADER]
        try:
            # If the body comes in chunks, werkzeug gives a stream that knows its end.
            ends = environ.get("wsgi.input_terminated")
            body = environ["wsgi.input"].read(*([] if ends else [int(environ.get("CONTENT_LENGTH") or 0)]))
        except (OSError, ValueError):
            # Nobody knows where the next request would begin.
            self.close_connection = True
            self._send(Response("the body cannot be read\n", 400, mimetype="text/plain"))
            return
        environ["wsgi.input"] = io.BytesIO(body)
        environ["wsgi.input_terminated"] = True
        refused = self._refused()
        if refused:
            self._send(Response(f"{refused}\n", 403, mimetype="text/plain"))
        else:
            self._send(Response.from_app(self.server.app, environ, buffered=True))

    def _refused(self) -> str | None:
        """Why a request that came to the proxy is not served, if it is not: nothing goes astray to another host."""
        if self.path.startswith(("/", "*")):
            return None
        asked = urlsplit(self.path if "://" in self.path else f"//{self.path}")
        host = (asked.hostname or "").lower()
        if self.command != "CONNECT" and (host in SERVED or host.endswith(f".{HOST}")):
            return None
        return f"the proxy of the sandbox serves {HOST} only, and not {self.path}"

    def _send(self, response: Response) -> None:
        content, status, headers = response.get_wsgi_response(self.environ)
        self.send_response(response.status_code, status.partition(" ")[2])
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"".join(content))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
