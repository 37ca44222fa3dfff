"""The programs of a run: the language host that they share, and what each program has read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.install import HOST_EXEC, Engine
from shared.layers import StackId


@dataclass(frozen=True)
class Seen:
    """What a program has read: files, and everything else as text for the user, such as `the variable HOME`."""

    files: list[Path]
    others: list[str]


class Programs:
    """The language host of one run. It is started when the first program is about to run: `automation.language_host`.

    Its own output goes to a file in `logs`.
    """

    def __init__(self, engine: Engine, root: Path, logs: Path) -> None:
        self._log = logs / "language-host.log"
        self._script = Path(engine.language_host).with_name(HOST_EXEC)
        self._root = root
        self.engine_folder = self._script.parent
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._address: str | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Start the host without waiting for it, because a program will run soon."""
        with self._lock:
            ended = self._process is not None and self._process.poll() is not None
            if self._script.is_file() and (self._process is None or ended):
                self._start()

    def options(self) -> list[str]:
        """The options that make an engine use this host; empty if it is not available: the engine then uses its own."""
        self.prepare()
        with self._lock:
            if self._address is None and self._process and self._process.stdout:
                self._address = self._process.stdout.readline().strip()
            return [f"--client={self._address}"] if self._address else []

    def stop(self) -> None:
        """Wait until the host's programs have ended, and end the host."""
        with self._lock:
            if self._process and self._process.stdin:
                self._process.stdin.close()
                self._process.wait()
            if self._folder:
                self._folder.cleanup()
            self._process = self._address = self._folder = None

    def seen(self, stack: StackId) -> Seen | None:
        """What the stack's program has read in its last update; None if that is unknown."""
        if self._folder is None:
            return None
        try:
            found = json.loads((Path(self._folder.name) / f"{stack.project}.{stack.name}.json").read_text())
        except (OSError, ValueError):
            return None
        return Seen([Path(name) for name in found["files"]], list(found["others"]))

    def _start(self) -> None:
        self._address = None
        self._folder = tempfile.TemporaryDirectory(prefix="pulumi-")
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "automation.language_host", str(self._script), self._folder.name],
                cwd=self._root,
                env=dict(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                # Ctrl-C in the terminal must not end it, and it must survive a killed run.
                start_new_session=True,
            )
