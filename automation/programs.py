"""The programs of a run: the language host that all of them share, and what each of them has read."""

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
    """What a program has read: files, and everything else as a person calls it, such as `the variable HOME`."""

    files: list[Path]
    others: list[str]


class Programs:
    """The language host of one run, started when the first program is to run. See `automation.language_host`.

    What it prints itself goes to a file in `logs`.
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
        """Start the host, without waiting until it can be used: a program will be run soon."""
        with self._lock:
            ended = self._process is not None and self._process.poll() is not None
            if self._script.is_file() and (self._process is None or ended):
                self._start()

    def options(self) -> list[str]:
        """What makes an engine use the host; nothing where it cannot be had, so that the engine's own is used."""
        self.prepare()
        with self._lock:
            if self._address is None and self._process and self._process.stdout:
                self._address = self._process.stdout.readline().strip()
            return [f"--client={self._address}"] if self._address else []

    def stop(self) -> None:
        """End the host, once the programs that it is running have ended."""
        with self._lock:
            if self._process and self._process.stdin:
                self._process.stdin.close()
                self._process.wait()
            if self._folder:
                self._folder.cleanup()
            self._process = self._address = self._folder = None

    def seen(self, stack: StackId) -> Seen | None:
        """What the stack's program has read in its last update; None if that is not known."""
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
                # Ctrl-C in the terminal is not meant for it, and it outlives a run that is killed.
                start_new_session=True,
            )
