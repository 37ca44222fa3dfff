"""An S3 (and KMS) for benchmarks and tests: moto's server in a process of its own, which writes down every call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Server:
    """The server at `url`; `log` has a line for each call."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def client(self, service: Any = "s3") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def bucket(self, name: str) -> str:
        """Make the bucket; the URL of a backend in it."""
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return f"s3://{name}?region={REGION}&endpoint={self.url}&s3ForcePathStyle=true&awssdk=v2"

    def key(self) -> str:
        """Make a key; the URL of a secrets provider that encrypts with it."""
        found = self.client("kms").create_key()["KeyMetadata"]["KeyId"]
        return f"awskms://{found}?region={REGION}&endpoint={self.url}&awssdk=v2"

    def calls(self) -> list[str]:
        """All calls since the last time, as `GET /bucket/key?query`."""
        found = self._log.read_text().splitlines()
        self._log.write_text("")
        return found


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server with nothing in it, which is ended afterwards."""
    log = folder / "calls"
    log.touch()
    command = [sys.executable, "-m", "bench.s3", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port:
                raise RuntimeError("moto's server has not started")
            yield Server(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()


def _serve(log: Path) -> None:
    application = DomainDispatcherApplication(create_backend_app)

    def counted(variables: dict[str, Any], respond: Any) -> Any:
        query = f"?{variables['QUERY_STRING']}" if variables["QUERY_STRING"] else ""
        target = str(variables.get("HTTP_X_AMZ_TARGET", ""))
        with log.open("a") as opened:
            opened.write(f"{variables['REQUEST_METHOD']} {variables['PATH_INFO']}{query}{target}\n")
        return application(variables, respond)

    server = make_server("127.0.0.1", 0, counted, threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
