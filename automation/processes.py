"""Engine processes. Each runs in its own session, so that the run decides how it ends.

Ctrl-C in a terminal reaches only the run, which then asks each engine to finish what it is doing and to record it.
An engine also survives a killed run: its output goes to a file, so it can complete its update.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
from pulumi.automation import CommandError, CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error

from automation.queue import Cancelled


class Processes:
    """The engine processes of one run."""

    def __init__(self) -> None:
        self.calls = 0
        """The number of engine commands that were run."""
        self._lock = threading.RLock()
        self._running: set[subprocess.Popen[str]] = set()
        self.stopping = False

    def run(self, command: list[str], cwd: str, env: Mapping[str, str], log: Path | None) -> tuple[int, str, str]:
        """Run a command; returns the exit code, stdout and stderr. With a `log`, it and stdout get all output."""
        if log is None:
            with self._started(command, cwd, env, subprocess.PIPE, subprocess.PIPE) as process:
                out, err = process.communicate()
            return process.returncode, out, err
        with log.open("a+", encoding="utf-8") as file:
            before = file.seek(0, os.SEEK_END)
            with self._started(command, cwd, env, file, subprocess.STDOUT) as process:
                process.wait()
            file.seek(before)
            return process.returncode, file.read(), ""

    def interrupt(self) -> None:
        """Ask every engine to stop after it has finished and recorded the resources that it is working on.

        From then on no engine is started: an attempt raises `automation.queue.Cancelled`.
        """
        for process in self._stop():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill every engine with its language hosts and providers."""
        for process in self._stop():
            end_session(process.pid)

    def _stop(self) -> list[subprocess.Popen[str]]:
        with self._lock:
            self.stopping = True
            return list(self._running)

    @contextmanager
    def _started(
        self, command: list[str], cwd: str, env: Mapping[str, str], stdout: int | IO[str], stderr: int
    ) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            if self.stopping:
                raise Cancelled
            self.calls += 1
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)


class EngineKilled(CommandError):
    """The engine was killed by `signal`, for example `SIGKILL`."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(result)
        self.signal = signal.Signals(-result.code).name


class EngineCommand(PulumiCommand):
    """The `pulumi` command for the Automation API, run through `Processes`.

    The output of a command also goes to the file `log`, if there is one. Commands that run a program get `options`.
    """

    def __init__(
        self,
        command: PulumiCommand,
        processes: Processes,
        log: Path | None = None,
        options: Callable[[], list[str]] = list,
    ) -> None:
        # The engine's version is already known; the inherited constructor would run the engine to ask for it again.
        self.command = command.command
        self.version = command.version
        self._processes = processes
        self._log = log
        self._options = options

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,  # noqa: ARG002 - the signature of the Automation API
        on_error: OnOutput | None = None,  # noqa: ARG002
    ) -> CommandResult:
        """Run one command. Raises `pulumi.automation.CommandError` if it fails, and `EngineKilled` if it is killed."""
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        options = self._options() if args[0] in ("up", "preview") else []
        command = [self.command, "--non-interactive", *args, *options]
        code, out, err = self._processes.run(command, cwd, env, self._log)
        result = CommandResult(stdout=out, stderr=err if self._log is None else out, code=code)
        if code < 0:
            raise EngineKilled(result)
        if code != 0:
            raise create_command_error(result)
        return result


def session_of(pid: int) -> list[int]:
    """The ids of the processes in the session whose leader is process `pid`."""
    found = []
    for other in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(other) == pid:
                found.append(other)
    return found


def end_session(pid: int) -> None:
    """Kill every process in the session whose leader is process `pid`, even if the leader itself has ended.

    A killed engine leaves its language host and providers running.
    """
    for other in session_of(pid):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(other, signal.SIGKILL)
