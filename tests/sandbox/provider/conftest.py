"""The provider's service in this process, against an emulator of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Packed  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox import s3_control
from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.provider import wire
from sandbox.provider.aws import RetryPolicy
from sandbox.provider.server import Provider
from sandbox.provider.wire import Values
from tests.sandbox.emulator.conftest import Server, start_server

REGION = "eu-west-1"
SHORT = RetryPolicy(throttled=3, concurrent=3, finalizing=3, principal=2, assume=2, appear=2, account=5)

_Diff = provider_pb2.DiffResponse


class Failed(Exception):
    """The call ended with an error; `partial` is the resource that was made all the same."""

    def __init__(self, message: str, partial: Any = None) -> None:
        super().__init__(message)
        self.partial = partial


class Refused(Exception):
    """Check found `failures`: reasons by property."""

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__(str(failures))
        self.failures = failures


class Context:
    """The part of a gRPC context that the service uses."""

    def __init__(self) -> None:
        self.trailers: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.trailers = dict(metadata)

    def abort(self, _code: Any, message: str) -> None:
        partial = None
        if "grpc-status-details-bin" in self.trailers:
            status = status_pb2.Status.FromString(self.trailers["grpc-status-details-bin"])
            packed = Packed()
            packed.CopyFrom(status.details[0])
            partial = provider_pb2.ErrorResourceInitFailed()
            assert packed.Unpack(partial)
        raise Failed(message, partial)


@dataclass
class Made:
    """A resource as the engine would have it in its state."""

    id: str
    inputs: Values
    outputs: Values


@dataclass
class Engine:
    """Calls the service as the Pulumi engine does; values in and out are plain ones."""

    provider: Provider = field(default_factory=lambda: Provider(SHORT))

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.provider, method)(request, Context())

    def configure(self, **settings: Any) -> None:
        self.call("Configure", provider_pb2.ConfigureRequest(args=wire.encode(settings)))

    def check(self, token: str, news: Values, olds: Values | None = None, name: str = "x", **more: Any) -> Values:
        request = provider_pb2.CheckRequest(
            urn=urn(token, name), olds=wire.encode(olds or {}), news=wire.encode(news), randomSeed=b"seed", **more
        )
        answer = self.call("Check", request)
        if answer.failures:
            raise Refused({failure.property: failure.reason for failure in answer.failures})
        return wire.decode(answer.inputs).values

    def diff(self, token: str, made: Made, news: Values, ignored: tuple[str, ...] = ()) -> Any:
        request = provider_pb2.DiffRequest(
            id=made.id,
            urn=urn(token),
            olds=wire.encode(made.outputs),
            old_inputs=wire.encode(made.inputs),
            news=wire.encode(news),
            ignoreChanges=ignored,
        )
        answer = self.call("Diff", request)
        assert (answer.changes == _Diff.DIFF_SOME) == bool(answer.diffs)
        assert set(answer.detailedDiff) == set(answer.diffs)
        return answer

    def create(self, token: str, news: Values, timeout: float = 0) -> Made:
        checked = self.check(token, news)
        request = provider_pb2.CreateRequest(urn=urn(token), properties=wire.encode(checked), timeout=timeout)
        answer = self.call("Create", request)
        return Made(answer.id, checked, wire.decode(answer.properties).values)

    def read(self, token: str, id_: str, made: Made | None = None) -> Made | None:
        """A refresh of `made`, or without it an import."""
        request = provider_pb2.ReadRequest(
            id=id_,
            urn=urn(token),
            properties=wire.encode(made.outputs if made else {}),
            inputs=wire.encode(made.inputs if made else {}),
        )
        answer = self.call("Read", request)
        if not answer.id:
            return None
        return Made(answer.id, wire.decode(answer.inputs).values, wire.decode(answer.properties).values)

    def update(self, token: str, made: Made, news: Values) -> Made:
        checked = self.check(token, news, made.inputs)
        request = provider_pb2.UpdateRequest(
            id=made.id,
            urn=urn(token),
            olds=wire.encode(made.outputs),
            old_inputs=wire.encode(made.inputs),
            news=wire.encode(checked),
        )
        answer = self.call("Update", request)
        return Made(made.id, checked, wire.decode(answer.properties).values)

    def delete(self, token: str, made: Made) -> None:
        request = provider_pb2.DeleteRequest(
            id=made.id,
            urn=urn(token),
            properties=wire.encode(made.outputs),
            old_inputs=wire.encode(made.inputs),
        )
        self.call("Delete", request)

    def invoke(self, token: str, **arguments: Any) -> Values:
        answer = self.call("Invoke", provider_pb2.InvokeRequest(tok=token, args=wire.encode(arguments)))
        return wire.decode(getattr(answer, "return")).values


def urn(token: str, name: str = "x") -> str:
    """The URN of a resource inside a component."""
    return f"urn:pulumi:t::p::acme:index:Thing${token}::{name}"


@pytest.fixture(scope="session")
def one_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("emulator"))
    yield server
    server.stop()


@pytest.fixture
def emulator(one_emulator: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """An empty emulator, and an environment in which boto3 knows of no other AWS."""
    one_emulator.reset()
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", one_emulator.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", s3_control.ENDPOINT)
    for name, value in (("http_proxy", one_emulator.url), ("no_proxy", "127.0.0.1")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    return one_emulator


@pytest.fixture
def engine(emulator: Server) -> Engine:
    """The service, configured for the management account."""
    assert emulator
    made = Engine()
    made.configure(region=REGION)
    return made
