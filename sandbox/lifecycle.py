"""Starting, stopping and resetting the sandbox: the emulated AWS as a background process, and its AWS plugin.

The emulator inherits the lock on `.sandbox/emulator.lock`, so the lock shows reliably whether it runs: the operating
system releases the lock when the process ends, even if it is killed. A process id alone would not be reliable,
because the system can give it to another program.
"""

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
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from engine.aws_plugin import EMBEDDED, AwsPlugin
from engine.install import Engine, Progress, get_engine
from engine.lock import locked
from engine.run_lock import Holder, hold, records
from sandbox.aws_plugin import find_plugin, place_plugin
from sandbox.layout import Emulator, Layout, read_record, write_record
from sandbox.provider.starting import SOCKET
from shared.errors import SandboxError
from shared.layers import ROOT

LOOPBACK = "127.0.0.1"
COMMAND = (sys.executable, "-m", "sandbox.emulator")
WARM_PROVIDER = (sys.executable, "-P", "-m", "sandbox.provider.warm")

START_SECONDS = 60.0
"""How long a start may take. The emulator reads its saved state during this time."""

ANSWER_SECONDS = 10.0
"""How long a running emulator may take to answer. After that it counts as hung."""

STOP_SECONDS = 10.0
"""How long the emulator may take to save its state and end. After that it is killed."""


@dataclass(frozen=True)
class Status:
    """The status of the sandbox. `emulator` is None unless the emulator runs and answers. `accounts` is the number of
    its AWS accounts, and `requests` the number of AWS calls since it was started."""

    emulator: Emulator | None
    accounts: int
    requests: int
    plugin: AwsPlugin | None


def start(
    root: Path = ROOT,
    progress: Progress = print,
    *,
    engine: Engine | None = None,
    command: tuple[str, ...] = COMMAND,
) -> Emulator:
    """Make the sandbox ready: engine, AWS plugin and emulated AWS. Only what is missing is installed or started.

    `command` starts the emulator; `--port` and `--state` are added to it. Raises `SandboxError`, and
    `shared.errors.EngineError` if there is no engine and none can be installed.
    """
    layout = Layout(root.resolve())
    layout.create()
    with locked(layout.folder / "start.lock", lambda: progress("sandbox: another run is starting it, waiting")):
        plugin = place_plugin(engine or get_engine(root, progress), layout.root, progress)
        return _start_emulator(layout, progress, command, WARM_PROVIDER if plugin.kind == EMBEDDED else ())


def start_emulator(root: Path = ROOT, progress: Progress = print, *, command: tuple[str, ...] = COMMAND) -> Emulator:
    """Start only the emulated AWS, for a test or a program that needs no engine. Raises `SandboxError`."""
    layout = Layout(root.resolve())
    layout.create()
    with locked(layout.folder / "start.lock", lambda: progress("sandbox: another run is starting it, waiting")):
        return _start_emulator(layout, progress, command)


def stop(root: Path = ROOT, progress: Progress = print, *, wait: bool = False) -> bool:
    """Stop the emulated AWS and keep its state; returns whether it was running.

    Raises `SandboxError`, and `shared.errors.UsageError` while a run is at work, unless it may `wait` for its end.
    """
    layout = Layout(root.resolve())
    layout.create()
    with _without_runs(layout, progress, wait), locked(layout.folder / "start.lock"):
        return _stop_emulator(layout, progress)


def reset(root: Path = ROOT, progress: Progress = print, *, wait: bool = False) -> None:
    """Stop the emulated AWS and delete its state and the Pulumi state of the sandbox's stacks.

    The engine and the plugins stay. Raises what `stop` raises.
    """
    layout = Layout(root.resolve())
    layout.create()
    with _without_runs(layout, progress, wait), locked(layout.folder / "start.lock"):
        _stop_emulator(layout, progress)
        # The workspaces record which stack is selected in each folder, and those stacks no longer exist.
        # The lock that keeps runs away is in the state, which goes last.
        for folder in (layout.aws, layout.attempts, layout.pulumi_home / "workspaces", layout.state):
            if folder.exists():
                shutil.rmtree(folder)
        layout.state.mkdir()  # shells with the sandbox's environment go on working
    progress("sandbox: the emulated AWS and its Pulumi state are empty")


def _without_runs(layout: Layout, progress: Progress, wait: bool) -> AbstractContextManager[None]:
    if not layout.state.is_dir():  # nothing can be at work in it
        return nullcontext()
    return hold(records(layout.state), Holder.here(None), waiting=progress if wait else None)


def status(root: Path = ROOT) -> Status:
    """The status of the sandbox. It changes nothing."""
    layout = Layout(root.resolve())
    record = read_record(layout)
    health = _health(record) if record else None
    plugin = find_plugin(layout.root)
    if record is None or health is None:
        return Status(None, accounts=0, requests=0, plugin=plugin)
    return Status(record, int(health.get("accounts", 0)), int(health.get("requests", 0)), plugin)


def _start_emulator(
    layout: Layout, progress: Progress, command: tuple[str, ...], beside: tuple[str, ...] = ()
) -> Emulator:
    record = read_record(layout)
    if _runs(layout):
        if record and _until(lambda: _health(record) is not None, ANSWER_SECONDS):
            return record
        progress("sandbox: the emulated AWS runs and does not answer, starting it again")
        _stop_emulator(layout, progress)
    # Keep the port, so that shells with the sandbox's environment go on working.
    port = record.port if record and _is_free(record.port) else _free_port()
    try:
        emulator = _launch(layout, port, command, beside)
    except SandboxError:
        if _is_free(port):
            raise
        # Another program was quicker between the look and the start.
        emulator = _launch(layout, _free_port(), command, beside)
    progress(f"sandbox: the emulated AWS listens on {emulator.url}")
    return emulator


def _launch(layout: Layout, port: int, command: tuple[str, ...], beside: tuple[str, ...]) -> Emulator:
    started = time.monotonic()
    url = f"http://{LOOPBACK}:{port}"
    layout.aws.mkdir(parents=True, exist_ok=True)
    # If this process is killed before it writes the new process id, the record must not contain an old one.
    write_record(layout, Emulator(None, port, url))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    with (
        layout.log.open("ab") as log,
        (layout.folder / "emulator.lock").open("a") as lock,
        # The warm provider reads one end until the emulator, which has the other one, is gone.
        _pipe() as (ends, held),
    ):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        before = log.tell()
        start = partial(
            subprocess.Popen[bytes],
            cwd=layout.root,
            stdout=log,
            stderr=log,
            # Ctrl-C in the terminal must not stop the emulator.
            start_new_session=True,
        )
        process = start(
            [*command, "--port", str(port), "--state", str(layout.aws)],
            env={**own, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            pass_fds=[lock.fileno(), held],
        )
        if beside:
            start([*beside, str(layout.pulumi_home)], env={**own, "PYTHONPATH": str(ROOT)}, stdin=ends)
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


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for each in ends:
            os.close(each)


def _stop_emulator(layout: Layout, progress: Progress) -> bool:
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
            (layout.pulumi_home / SOCKET).unlink(missing_ok=True)  # not every program can copy a folder that has one
            progress("sandbox: the emulated AWS is stopped")
            return True
    raise SandboxError(f"the emulated AWS, process {record.pid}, does not end")


def _runs(layout: Layout) -> bool:
    """Whether the emulator of this repository is alive, which means that it holds the lock."""
    layout.create()
    with (layout.folder / "emulator.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _health(emulator: Emulator) -> dict[str, Any] | None:
    """The emulator's health; None unless it answers, is ready and is the process in the record."""
    # Without a proxy: the address is on this machine.
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
    """Wait until `condition` is true, for at most `seconds`; returns whether it is."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as listener:
        # As a server does: a port whose last connections are still closing counts as free.
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
