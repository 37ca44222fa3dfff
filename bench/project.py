"""The project of a contestant: a copy of the repository with its own sandbox and any number of accounts."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from automation.backend.resources import held
from automation.backend.state_files import exported
from engine.install import Engine
from sandbox.copies import copy_repository, user_environment
from sandbox.environment import SandboxEnvironment
from sandbox.layout import Emulator, Layout, read_record
from shared.layers import SANDBOX, StackId, discover

EXAMPLE = "developer"
"""The account whose configuration the generated accounts copy, except for the name and the e-mail address."""


def account_names(number: int) -> list[str]:
    """The names of `number` accounts, in alphabetical order."""
    return [f"a{each:03}" for each in range(1, number + 1)]


def write_accounts(root: Path, number: int) -> None:
    """Replace the example accounts in the repository at `root` by `number` generated accounts."""
    example = StackId("accounts", SANDBOX, EXAMPLE).config_file(root)
    document = yaml.safe_load(example.read_text())
    for stack in discover(SANDBOX, root):
        if stack.account:
            stack.config_file(root).unlink()
    for name in account_names(number):
        document["config"]["accounts:name"] = f"Account {name}"
        document["config"]["accounts:email"] = f"{name}@example.com"
        # The copied `encryptionsalt` stays in the file, so that the engine does not change the file.
        StackId("accounts", SANDBOX, name).config_file(root).write_text(yaml.safe_dump(document))


def change_owner(root: Path, account: str, owner: str) -> None:
    """Set the Owner tag of one account."""
    file = StackId("accounts", SANDBOX, account).config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"]["accounts:tags"]["Owner"] = owner
    file.write_text(yaml.safe_dump(document))


@dataclass(frozen=True)
class Project:
    """A copy of the repository at `root` with a running sandbox. `env` is the environment of a shell in the sandbox."""

    root: Path
    env: dict[str, str]

    @classmethod
    def make(cls, root: Path, accounts: int, engine: Engine) -> Project:
        """Copy the repository to the new folder `root`, and start its sandbox with nothing deployed."""
        copy_repository(root)
        write_accounts(root, accounts)
        user = user_environment(root)
        # Compile the modules now, as a user's Python has done before; otherwise the first contestant would do it.
        user.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in (["python", "-m", "compileall", "-q", *_PACKAGES], _START):
            subprocess.run(command, cwd=root, env=user, check=True, stdout=subprocess.DEVNULL)
        return cls(root, SandboxEnvironment(root).variables(engine, user))

    @property
    def emulator(self) -> Emulator:
        """The emulated AWS."""
        emulator = read_record(Layout(self.root))
        if emulator is None:
            raise RuntimeError(f"the sandbox of {self.root} was never started")
        return emulator

    def forget_calls(self) -> None:
        """Reset the counters of AWS calls."""
        self._control("calls/reset", "POST")

    def calls(self) -> dict[str, dict[str, int]]:
        """Service → action → number of AWS calls since the counters were reset."""
        found: dict[str, dict[str, int]] = self._control("calls", "GET")
        return found

    def resources(self) -> int:
        """The number of AWS resources in the states of all stacks."""
        states = (self.root / ".sandbox" / "state" / ".pulumi" / "stacks").glob("*/*.json")
        return sum(len(held(exported(file.read_bytes()))) for file in states)

    def close(self) -> None:
        """Stop the sandbox."""
        subprocess.run(["invoke", "sandbox.stop"], cwd=self.root, env=self.env, check=False, stdout=subprocess.DEVNULL)

    def _control(self, path: str, method: str) -> Any:
        # Without a proxy: the address is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"{self.emulator.url}/_sandbox/{path}", method=method)  # noqa: S310
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)


_PACKAGES = ("shared", "stacks", "engine", "sandbox", "automation")
_START = ["invoke", "sandbox.start"]
