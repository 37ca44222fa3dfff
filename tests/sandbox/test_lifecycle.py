"""The emulator as a background process: one at a time, kept across runs, never mistaken for another program."""

import http.server
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from engine.aws_plugin import EMBEDDED, OFFICIAL, AwsPlugin, provider_version
from engine.install import Engine
from sandbox import lifecycle
from sandbox.environment import shell_environment
from sandbox.layout import Emulator, Layout, read_record, write_record
from sandbox.lifecycle import WARM_PROVIDER, start, start_emulator, status, stop
from shared.errors import SandboxError
from shared.layers import ROOT
from tests.machine import program, stand_in

NORMAL = stand_in()


def quiet(_line: str) -> None:
    return None


def test_start_runs_it_in_the_background_and_status_says_where(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "the-users-own")
    lines: list[str] = []
    emulator = start_emulator(root, lines.append, command=NORMAL)
    assert lines == [f"sandbox: the emulated AWS listens on {emulator.url}"]
    assert emulator.url == f"http://127.0.0.1:{emulator.port}"
    now = status(root)
    assert (now.emulator, now.accounts, now.requests) == (emulator, 2, 7)
    assert json.loads((root / ".sandbox" / "emulator.json").read_text()) == {
        "pid": emulator.pid,
        "port": emulator.port,
        "url": emulator.url,
    }
    log = (root / ".sandbox" / "emulator.log").read_text()
    assert f"state {root / '.sandbox' / 'aws'}, leaked []" in log
    assert emulator.pid is not None
    assert os.getsid(emulator.pid) != os.getsid(0)


def test_a_second_start_keeps_the_first_one(root: Path) -> None:
    first = start_emulator(root, quiet, command=NORMAL)
    assert start_emulator(root, pytest.fail, command=NORMAL) == first


def test_starts_at_the_same_time_make_one(root: Path) -> None:
    # Processes, as two terminals are: a lock that held only between threads would pass otherwise.
    program = (
        "import sys; from pathlib import Path; from sandbox.lifecycle import start_emulator; "
        "print(start_emulator(Path(sys.argv[1]), lambda line: None, command=tuple(sys.argv[2:])).pid)"
    )
    command = [sys.executable, "-c", program, str(root), *NORMAL]

    def run(_number: int) -> str:
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    with ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(run, range(3)))
    assert len(pids) == 1
    assert (root / ".sandbox" / "emulator.log").read_text().count("listening") == 1


def test_a_port_that_another_program_takes_between_the_look_and_the_start(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        free = lifecycle._free_port
        ports = iter([taken, free()])
        monkeypatch.setattr(lifecycle, "_free_port", lambda: next(ports))
        assert start_emulator(root, quiet, command=NORMAL).port != taken


def test_stop_ends_it_and_the_next_start_has_the_same_port(root: Path) -> None:
    first = start_emulator(root, quiet, command=NORMAL)
    assert stop(root, quiet) is True
    assert status(root).emulator is None
    assert stop(root, pytest.fail) is False
    second = start_emulator(root, quiet, command=NORMAL)
    assert second.port == first.port
    assert second.pid != first.pid


def test_a_port_that_was_taken_since_is_not_waited_for(root: Path) -> None:
    first = start_emulator(root, quiet, command=NORMAL)
    stop(root, quiet)

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ready": true, "pid": 1}')

    with http.server.HTTPServer(("127.0.0.1", first.port), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        assert status(root).emulator is None
        assert start_emulator(root, quiet, command=NORMAL).port != first.port
        other.shutdown()


def test_one_that_was_killed_is_started_again(root: Path) -> None:
    first = start_emulator(root, quiet, command=NORMAL)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    second = start_emulator(root, quiet, command=NORMAL)
    assert second.pid != first.pid
    assert status(root).emulator == second


def test_a_process_that_got_the_old_ones_id_is_left_alone(root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as innocent:
        try:
            write_record(Layout(root), Emulator(innocent.pid, 1, "http://127.0.0.1:1"))
            assert status(root).emulator is None
            assert stop(root, pytest.fail) is False
            assert start_emulator(root, quiet, command=NORMAL).pid != innocent.pid
            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_one_that_hangs_is_killed_and_started_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(lifecycle, "STOP_SECONDS", 0.5)
    first = start_emulator(root, quiet, command=NORMAL)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSTOP)
    lines: list[str] = []
    second = start_emulator(root, lines.append, command=NORMAL)
    assert "does not answer" in lines[0]
    assert second.pid != first.pid
    assert second.port == first.port, "the first one no longer listens"
    assert status(root).emulator == second


def test_one_that_ends_at_once_is_one_error_with_the_end_of_its_log(root: Path) -> None:
    with pytest.raises(SandboxError) as caught:
        start_emulator(root, quiet, command=stand_in("--mode", "crash"))
    message = str(caught.value)
    assert "ended with exit code 3" in message
    assert "state is not readable" in message
    assert "invoke sandbox.reset" in message
    assert stop(root, pytest.fail) is False


def test_one_that_never_answers_is_ended_after_the_time_limit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "START_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(SandboxError, match=r"gave no answer in \d+ s"):
        start_emulator(root, quiet, command=stand_in("--mode", "deaf"))
    assert time.monotonic() - started < 5
    assert stop(root, pytest.fail) is False


def test_a_running_one_without_a_record_is_an_error_that_names_the_file(root: Path) -> None:
    emulator = start_emulator(root, quiet, command=NORMAL)
    layout = Layout(root)
    layout.record.unlink()
    with pytest.raises(SandboxError, match=r"emulator\.json does not say which process"):
        stop(root, quiet)
    write_record(layout, emulator)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_record_that_is_not_readable_is_as_none(root: Path, text: str) -> None:
    layout = Layout(root)
    layout.folder.mkdir()
    layout.record.write_text(text)
    assert read_record(layout) is None
    assert start_emulator(root, quiet, command=NORMAL).pid is not None


def test_reset_drops_the_state_and_keeps_the_plugins(root: Path) -> None:
    first = start_emulator(root, quiet, command=NORMAL)
    layout = Layout(root)
    kept = layout.pulumi_home / "plugins" / "resource-aws-v1" / "pulumi-resource-aws"
    dropped = [layout.aws / "123456789012.json", layout.state / ".pulumi" / "meta.yaml"]
    dropped.append(layout.pulumi_home / "workspaces" / "org-1-workspace.json")
    for file in [kept, *dropped]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    lifecycle.reset(root, quiet)
    assert kept.exists()
    assert [file for file in dropped if file.exists()] == []
    assert layout.state.is_dir(), "shells with the sandbox's environment have it as their backend"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", first.port))
    lifecycle.reset(root, quiet)


def test_start_gets_the_plugin_and_env_prints_what_a_shell_needs(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SandboxError, match=r"run `invoke sandbox\.start`"):
        shell_environment(root)
    placed: list[Path] = []

    def place(_engine: Engine, where: Path, _report: object) -> AwsPlugin:
        placed.append(where)
        return embedded(where)

    monkeypatch.setattr(lifecycle, "place_plugin", place)
    emulator = start(root, quiet, engine=engine, command=NORMAL)
    assert placed == [root]
    assert f"export AWS_ENDPOINT_URL={emulator.url}" in shell_environment(root).splitlines()
    plugin = status(root).plugin
    assert plugin
    assert (plugin.kind, plugin.version) == (EMBEDDED, provider_version())


def embedded(root: Path) -> AwsPlugin:
    """A plugin of the kind that this repository brings, in place."""
    folder = Layout(root).pulumi_home / "plugins" / f"resource-aws-v{provider_version()}"
    folder.mkdir(parents=True)
    path = program(folder / "pulumi-resource-aws", "exit 0")
    return AwsPlugin(EMBEDDED, provider_version(), path)


def warm_providers(root: Path) -> list[psutil.Process]:
    """The processes that wait to be copied for this root."""
    words = [*WARM_PROVIDER[1:], str(Layout(root).pulumi_home)]
    return [each for each in psutil.process_iter() if _words(each)[1:] == words]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


def test_the_warm_provider_is_there_with_the_emulated_aws_and_ends_with_it(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = embedded(root)
    monkeypatch.setattr(lifecycle, "place_plugin", lambda *_: plugin)
    emulator = start(root, quiet, engine=engine, command=NORMAL)
    (process,) = warm_providers(root)
    stop(root, quiet)
    process.wait(10)
    shutil.copytree(root / ".sandbox", root / "a copy")
    emulator = start(root, quiet, engine=engine, command=NORMAL)
    (process,) = warm_providers(root)
    assert emulator.pid
    os.kill(emulator.pid, signal.SIGKILL)
    process.wait(10)


def test_the_official_plugin_needs_no_warm_provider(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "place_plugin", lambda *_: replace(embedded(root), kind=OFFICIAL))
    start(root, quiet, engine=engine, command=NORMAL)
    assert warm_providers(root) == []


@pytest.mark.parametrize("mode", [None, 0o755, 0o777])
def test_only_this_user_may_enter_the_folder(root: Path, mode: int | None) -> None:
    folder = root / ".sandbox"
    before = os.umask(0o022)
    try:
        if mode is not None:
            folder.mkdir()
            folder.chmod(mode)
        start_emulator(root, quiet, command=NORMAL)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
