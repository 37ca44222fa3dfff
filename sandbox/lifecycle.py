"""Starting, stopping and resetting the sandbox: the emulated AWS as a background process, and its AWS plugin.

The emulator inherits the lock of `.sandbox/emulator.lock`, so that whether one of ours runs is
known for certain: the operating system frees the lock when the process ends, however it ends, and
a process id that was given to some other program since is never taken for it.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.aws_plugin import AwsPlugin
from engine.install import Engine, Progress, get_engine
from engine.lock import locked
from sandbox.aws_plugin import find_plugin, place_plugin
from sandbox.layout import Emulator, Layout, read_record, write_record
from shared.errors import SandboxError
from shared.layers import ROOT

LOOPBACK = "127.0.0.1"
COMMAND = (sys.executable, "-m", "sandbox.emulator")

START_SECONDS = 60.0
"""How long a start may take; the emulator reads its saved state in this time."""

ANSWER_SECONDS = 10.0
"""How long a running emulator may take to answer before it counts as hung."""

STOP_SECONDS = 10.0
"""How long the emulator may take to end before it is killed; it has saved its state by then."""


@dataclass(frozen=True)
class Status:
    """What the sandbox is doing. `emulator` is None unless it runs and answers; then `accounts` is the number
    of AWS accounts in it and `requests` the number of calls it has answered since it was started."""

    emulator: Emulator | None
    accounts: int
    requests: int
    plugin: AwsPlugin | None


def start(
    root: Path = ROOT,
    report: Progress = print,
    *,
    engine: Engine | None = None,
    command: tuple[str, ...] = COMMAND,
) -> Emulator:
    """Make the sandbox ready: engine, AWS plugin, emulated AWS. Each is left as it is if it is there.

    `command` starts the emulator; it is given `--port` and `--state`. Raises `SandboxError`, and
    `shared.errors.EngineError` if no engine can be got.
    """
    layout = Layout(root.resolve())
    with locked(layout.folder / "start.lock", lambda: report("sandbox: another run is starting it, waiting")):
        place_plugin(engine or get_engine(root, report), layout.root, report)
        return _start_emulator(layout, report, command)


def start_emulator(root: Path = ROOT, report: Progress = print, *, command: tuple[str, ...] = COMMAND) -> Emulator:
    """Start the emulated AWS alone, for a test or a program that needs no engine. Raises `SandboxError`."""
    layout = Layout(root.resolve())
    with locked(layout.folder / "start.lock", lambda: report("sandbox: another run is starting it, waiting")):
        return _start_emulator(layout, report, command)


def stop(root: Path = ROOT, report: Progress = print) -> bool:
    """Stop the emulated AWS; what is in it is kept. Whether it was running. Raises `SandboxError`."""
    layout = Layout(root.resolve())
    with locked(layout.folder / "start.lock"):
        return _stop_emulator(layout, report)


def reset(root: Path = ROOT, report: Progress = print) -> None:
    """Stop the emulated AWS and drop what is in it, with the Pulumi state of the sandbox's stacks.

    The engine and the plugins stay. Raises `SandboxError`.
    """
    layout = Layout(root.resolve())
    with locked(layout.folder / "start.lock"):
        _stop_emulator(layout, report)
        # The engine remembers which stack is selected in each folder; those stacks are gone.
        for folder in (layout.aws, layout.state, layout.attempts, layout.pulumi_home / "workspaces"):
            if folder.exists():
                shutil.rmtree(folder)
    report("sandbox: the emulated AWS and its Pulumi state are empty")


def status(root: Path = ROOT) -> Status:
    """What the sandbox is doing now; nothing is changed."""
    layout = Layout(root.resolve())
    record = read_record(layout)
    health = _health(record) if record else None
    plugin = find_plugin(layout.root)
    if record is None or health is None:
        return Status(None, accounts=0, requests=0, plugin=plugin)
    return Status(record, int(health.get("accounts", 0)), int(health.get("requests", 0)), plugin)


def _start_emulator(layout: Layout, report: Progress, command: tuple[str, ...]) -> Emulator:
    record = read_record(layout)
    if _runs(layout):
        if record and _until(lambda: _health(record) is not None, ANSWER_SECONDS):
            return record
        report("sandbox: the emulated AWS runs and does not answer, starting it again")
        _stop_emulator(layout, report)
    # The port is kept: shells that were given the sandbox's environment go on working.
    port = record.port if record and _is_free(record.port) else _free_port()
    emulator = _launch(layout, port, command)
    report(f"sandbox: the emulated AWS listens on {emulator.url}")
    return emulator


def _launch(layout: Layout, port: int, command: tuple[str, ...]) -> Emulator:
    started = time.monotonic()
    url = f"http://{LOOPBACK}:{port}"
    layout.aws.mkdir(parents=True, exist_ok=True)
    # Should this process be killed before it knows the new process id, the record must not name an old one.
    write_record(layout, Emulator(None, port, url))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    with layout.log.open("ab") as log, (layout.folder / "emulator.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        before = log.tell()
        process = subprocess.Popen(
            [*command, "--port", str(port), "--state", str(layout.aws)],
            cwd=layout.root,
            env={**own, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C in the terminal that started it is not meant for it.
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
    emulator = Emulator(process.pid, port, url)
    try:
        write_record(layout, emulator)
        _until(lambda: process.poll() is not None or _health(emulator) is not None, START_SECONDS)
        if process.poll() is None and _health(emulator) is not None:
            return emulator
    except BaseException:
        process.kill()
        raise
    code = process.poll()
    process.kill()
    process.wait()
    took = time.monotonic() - started
    what = f"gave no answer in {took:.0f} s" if code is None else f"ended with exit code {code}"
    with layout.log.open("rb") as log:
        log.seek(before)
        last = b"\n".join(log.read().strip().splitlines()[-15:]).decode(errors="replace")
    raise SandboxError(
        f"the emulated AWS {what}; its log, {layout.log}, ends with:\n{last or '(nothing)'}\n"
        "Run `invoke sandbox.reset` to start from an empty one."
    )


def _stop_emulator(layout: Layout, report: Progress) -> bool:
    if not _runs(layout):
        return False
    record = read_record(layout)
    if record is None or record.pid is None:
        raise SandboxError(
            f"an emulated AWS of this repository runs, but {layout.record} does not say which process it is: "
            f"end the process that has {layout.folder / 'emulator.lock'} open, then try again"
        )
    for sent, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        with suppress(ProcessLookupError):
            os.kill(record.pid, sent)
        if _until(lambda: not _runs(layout), seconds):
            write_record(layout, Emulator(None, record.port, record.url))
            report("sandbox: the emulated AWS is stopped")
            return True
    raise SandboxError(f"the emulated AWS, process {record.pid}, does not end")


def _runs(layout: Layout) -> bool:
    """Whether an emulator that was started here is alive: it holds the lock."""
    layout.folder.mkdir(parents=True, exist_ok=True)
    with (layout.folder / "emulator.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _health(emulator: Emulator) -> dict[str, Any] | None:
    """What the emulator says of itself; None unless it answers, is ready, and is the process on record."""
    # Never through a proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{emulator.url}/_sandbox/health", timeout=2.0) as response:
            health = json.load(response)
    except (OSError, ValueError, http.client.HTTPException):
        return None
    if not isinstance(health, dict) or health.get("ready") is not True or health.get("pid") != emulator.pid:
        return None
    return health


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds, for at most `seconds`; whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as listener:
        # As servers do: an address whose last connections are being closed is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port
