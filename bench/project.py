"""What a contestant works in: a copy of the repository with a sandbox of its own and as many accounts as wanted."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.backend.resources import held
from automation.backend.state_files import exported
from automation.environments import environment
from bench.configuration import write_configuration
from bench.copies import copy_repository, user_environment
from engine.aws_plugin import EMBEDDED, plugin_in
from engine.install import Engine
from sandbox.layout import Emulator, Layout, read_record
from sandbox.provider.starting import SOCKET
from shared.layers import SANDBOX


@dataclass(frozen=True)
class Project:
    """A copy at `root` whose sandbox runs; `env` has the variables of a shell that was given it."""

    root: Path
    env: dict[str, str]

    @classmethod
    def make(cls, root: Path, accounts: int, engine: Engine, name: str = SANDBOX) -> Project:
        """Copy the repository to the new folder `root`, with the files of the environment `name` alone, and start its
        sandbox with nothing deployed."""
        copy_repository(root)
        write_configuration(root, accounts, name)
        user = user_environment(root)
        # A user's Python keeps what it has compiled; the first contestant must not be the one to do it.
        user.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in (_COMPILE, _START):
            subprocess.run(command, cwd=root, env=user, check=True, stdout=subprocess.DEVNULL)
        _without_warm_provider(root)
        return cls(root, environment(SANDBOX, root).variables(engine, user))

    @property
    def emulator(self) -> Emulator:
        """The emulated AWS."""
        emulator = read_record(Layout(self.root))
        if emulator is None:
            raise RuntimeError(f"the sandbox of {self.root} was never started")
        return emulator

    def forget_calls(self) -> None:
        """Count AWS calls from zero."""
        self._control("calls/reset", "POST")

    def calls(self) -> dict[str, dict[str, int]]:
        """How many AWS calls there were, by service and action."""
        found: dict[str, dict[str, int]] = self._control("calls", "GET")
        return found

    def resources(self) -> int:
        """How many AWS resources the state of all stacks has."""
        states = (self.root / ".sandbox" / "state" / ".pulumi" / "stacks").glob("*/*.json")
        return sum(len(held(exported(file.read_bytes()))) for file in states)

    def close(self) -> None:
        """Stop the sandbox."""
        subprocess.run(["invoke", "sandbox.stop"], cwd=self.root, env=self.env, check=False, stdout=subprocess.DEVNULL)

    def _control(self, path: str, method: str) -> Any:
        # Never through a proxy: the address is this machine's own.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"{self.emulator.url}/_sandbox/{path}", method=method)  # noqa: S310
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)


_COMPILE = ["python", "-m", "compileall", "-q", "shared", "stacks", "engine", "sandbox", "automation"]
_START = ["invoke", "sandbox.start"]


def _without_warm_provider(root: Path) -> None:
    """From now on each engine starts its providers itself, as it does the official one: copies of the warm one are no
    children of the run, and would not be counted."""
    home = Layout(root).pulumi_home
    plugin = plugin_in(home)
    if plugin is None or plugin.kind != EMBEDDED:
        return
    end = time.monotonic() + 60
    while not (home / SOCKET).exists():  # it is started beside the emulated AWS
        if time.monotonic() > end:
            raise RuntimeError(f"no warm provider listens in {home}")
        time.sleep(0.05)
    (home / SOCKET).unlink()
