"""The programs of a run: the language host that they share, and what each program has read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.language_host.asked import deployed_file
from engine.install import HOST_EXEC, Engine
from shared.layers import StackId


@dataclass(frozen=True)
class Invoke:
    """A call of a data source. `provider` is the explicit provider, empty for the default one; `result` is None if the
    call failed. https://www.pulumi.com/docs/iac/concepts/functions/provider-functions/"""

    token: str
    arguments: dict[str, Any]
    provider: str
    result: dict[str, Any] | None


@dataclass(frozen=True)
class Seen:
    """What a program has read. All paths are absolute, and links in them are not followed."""

    files: tuple[str, ...] = ()
    """Files that it has opened."""
    folders: tuple[str, ...] = ()
    """Folders whose names it has listed."""
    modules: tuple[str, ...] = ()
    """Its own modules, as files."""
    looked_at: tuple[str, ...] = ()
    """Paths of which it has asked whether they exist, or where they are."""
    background: tuple[str, ...] = ()
    """Paths that packages have opened or asked for, for their own ends."""
    assets: tuple[str, ...] = ()
    """Paths that the engine reads for it, which may be relative to the program's folder."""
    references: tuple[str, ...] = ()
    """The stacks to which it has made references, such as `organization/org/prod`."""
    variables: tuple[str, ...] = ()
    """Environment variables that packages have asked for."""
    asked: tuple[str, ...] = ()
    """Environment variables that it has asked for itself."""
    imports: tuple[str, ...] = ()
    """What it imports from outside the repository, such as `json` or `collections.abc:Mapping`."""
    packages: tuple[str, ...] = ()
    """The top-level names of all that was imported from installed packages."""
    others: tuple[str, ...] = ()
    """Everything else, as text for the user, such as `the network`."""
    invokes: tuple[Invoke, ...] = ()
    organization: str = "organization"
    """The first part of the names of stacks in the backend."""


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

    def deployed(self, stack: StackId, resources: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Tell the host what is deployed (by URN), if that is known, before the stack is deployed."""
        self.prepare()
        if self._folder and resources is not None:
            found = {urn: {"id": each.get("id", ""), "outputs": each.get("outputs")} for urn, each in resources.items()}
            deployed_file(Path(self._folder.name), stack.project, stack.name).write_text(json.dumps(found))

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
        invokes = tuple(Invoke(**each) for each in found.pop("invokes"))
        organization = found.pop("organization")
        return Seen(invokes=invokes, organization=organization, **{kind: tuple(each) for kind, each in found.items()})

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
