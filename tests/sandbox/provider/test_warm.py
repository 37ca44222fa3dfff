"""Providers that are copies of a warm one: as those that are started alone, and never of older code."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.credentials import ACCESS_KEY_ID, MANAGEMENT_ACCOUNT_ID, SECRET_ACCESS_KEY
from sandbox.provider.install import install
from sandbox.provider.starting import SOCKET
from sandbox.provider.table import plugin_version
from shared.layers import ROOT
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.conftest import REGION

SECONDS = 10.0


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Warm:
    """A warm provider in a PULUMI_HOME, with the code of a copy of this repository."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "the code", folder / "home"
        for name in ("sandbox", "shared"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.plugin = install(self.home, Path(sys.executable), self.root)
        words = [sys.executable, "-P", "-m", "sandbox.provider.warm", str(self.home)]
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, env=environment)
        until((self.home / SOCKET).exists, "it does not listen")

    def started(self, **variables: str) -> subprocess.Popen[str]:
        """The plugin as the engine starts it."""
        words = [str(self.plugin), "127.0.0.1:1"]
        variables = {**os.environ, **variables}
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=variables, cwd=self.plugin.parent)

    def copies(self) -> list[int]:
        """The processes that were copied from the warm one."""
        return [pid for pid in _processes() if _words(pid)[-3:] == self.words and pid != self.process.pid]

    @property
    def words(self) -> list[str]:
        return ["-m", "sandbox.provider.warm", str(self.home)]

    def close(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(SECONDS)


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    made = Warm(tmp_path)
    yield made
    made.close()


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _words(pid: int) -> list[str]:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    return int(process.stdout.readline())


def version(port: int) -> str:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        return str(stub.GetPluginInfo(empty_pb2.Empty(), timeout=SECONDS).version)


def test_each_is_a_copy_and_ends_when_told(warm: Warm) -> None:
    processes = [warm.started(), warm.started()]
    ports = [port_of(each) for each in processes]
    assert [version(each) for each in ports] == [plugin_version()] * 2
    assert len(warm.copies()) == 2
    for process in processes:
        process.send_signal(signal.SIGINT)
        assert process.wait(4) == 0, "the engine waits five seconds before it kills"
    until(lambda: not warm.copies(), "a copy outlives its plugin")


def test_whoever_is_killed_takes_its_copy_along(warm: Warm) -> None:
    process = warm.started()
    port_of(process)
    process.kill()
    until(lambda: not warm.copies(), "a copy outlives its plugin")
    engine = subprocess.Popen(
        ["sh", "-c", f"'{warm.plugin}' 127.0.0.1:1 & wait"], stdout=subprocess.PIPE, text=True, cwd=warm.home
    )
    port_of(engine)
    engine.kill()
    until(lambda: not warm.copies(), "a copy outlives the engine")


def test_a_copy_that_is_killed_takes_the_plugin_along(warm: Warm) -> None:
    process = warm.started()
    port_of(process)
    (copy,) = warm.copies()
    os.kill(copy, signal.SIGKILL)
    assert process.wait(SECONDS) == 1


def test_it_has_the_variables_and_the_folder_of_who_starts_it(warm: Warm, emulator: Server) -> None:
    """The warm one has another AWS, or none."""
    ours = {"AWS_ENDPOINT_URL": emulator.url, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID}
    process = warm.started(**ours, AWS_SECRET_ACCESS_KEY=SECRET_ACCESS_KEY, AWS_REGION=REGION)
    channel = grpc.insecure_channel(f"127.0.0.1:{port_of(process)}")
    stub = provider_pb2_grpc.ResourceProviderStub(channel)
    nothing = struct_pb2.Struct()
    stub.Configure(provider_pb2.ConfigureRequest(args=nothing, acceptSecrets=True), timeout=SECONDS)
    asked = provider_pb2.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity", args=nothing)
    assert getattr(stub.Invoke(asked, timeout=SECONDS), "return")["accountId"] == MANAGEMENT_ACCOUNT_ID
    (copy,) = warm.copies()
    assert Path(f"/proc/{copy}/cwd").resolve() == warm.plugin.parent
    process.kill()


def test_without_it_the_plugin_serves_by_itself(warm: Warm) -> None:
    warm.close()
    process = warm.started()
    assert version(port_of(process)) == plugin_version()
    assert _words(process.pid)[1:4] == ["-P", "-m", "sandbox.provider"]
    process.kill()


def test_one_that_does_not_answer_is_not_waited_for_long(warm: Warm) -> None:
    warm.process.send_signal(signal.SIGSTOP)
    process = warm.started()
    assert version(port_of(process)) == plugin_version()
    process.kill()
    warm.process.send_signal(signal.SIGCONT)
    until(lambda: not warm.copies(), "a copy waits for nobody")


def test_changed_code_is_never_served_from_before(warm: Warm) -> None:
    file = warm.root / "sandbox/provider/table.py"
    text = file.read_text()
    file.write_text(text.replace("def plugin_version() -> str:", "def plugin_version() -> str:\n    return '9.9.9'\n"))
    first = warm.started()
    assert version(port_of(first)) == "9.9.9"
    first.kill()
    until(lambda: bool(_asked_again(warm)), "it does not load the new code")


def _asked_again(warm: Warm) -> list[int]:
    process = warm.started()
    assert version(port_of(process)) == "9.9.9"
    found = warm.copies()
    process.kill()
    process.wait()
    return found
