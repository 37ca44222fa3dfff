"""What the result of a deployment follows from: a stack for which all of it is as it was need not be run again.

Program, configuration, what it reads of other stacks, tools, and the environment's variables. What is in AWS is
none of them: as with any `pulumi up`, changes made there are found by `invoke drift`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sysconfig
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from automation.backend.states import States, digest
from automation.skipping.sources import Sources
from engine.environment import Environment
from engine.install import Engine
from shared.layers import StackId

Inputs = Mapping[str, str]
"""A digest of each kind of input, by what a person calls it."""

_PREFIXES = ("AWS_", "PULUMI_")
_SECRET = ("_KEY", "_KEY_ID", "_TOKEN", "_PASSPHRASE", "_EXPIRATION")
"""How variables end that hold credentials. Those that are short-lived differ in every session; whose they are counts
instead, and a wrong passphrase is an error and never another result."""


class Reader:
    """The inputs of the stacks of `environment`, each kind read once a run."""

    def __init__(self, environment: Environment, engine: Engine, root: Path, sources: Sources, states: States) -> None:
        self._environment = environment
        self._engine = engine
        self._root = root.resolve()
        self._sources = sources
        self._states = states

    def of(self, stack: StackId) -> Inputs:
        """The stack's inputs as they are now; those of stacks that it reads as they were when last read."""
        found = {
            "program": self._program(stack.layer),
            "configuration": _content(stack.config_file(self._root)),
            "tools": self._tools,
            "environment": self._surroundings,
        }
        for upstream in stack.upstream():
            state = self._states.of(upstream)
            found[f"outputs of {upstream.label}"] = state.outputs if state else ""
        return found

    def stamps(self, stack: StackId) -> list[int]:
        """When each file of the stack was last written: of an edit that was taken back, all that is left to see."""
        files = [*sorted(self._sources.of(stack.layer)), stack.config_file(self._root)]
        return [_written(file) for file in files]

    def _program(self, layer: str) -> str:
        # Not kept for the run: a file may be edited meanwhile.
        files = sorted(self._sources.of(layer))
        return digest({str(file.relative_to(self._root)): _content(file) for file in files})

    @cached_property
    def _tools(self) -> str:
        found: dict[str, object] = {
            **self._environment.tools(),
            "engine": self._engine.version,
            "language host": self._engine.language_host_version,
            "python": platform.python_version(),
            "packages": sorted(entry.name for entry in Path(sysconfig.get_path("purelib")).glob("*.dist-info")),
        }
        return digest(found)

    @cached_property
    def _surroundings(self) -> str:
        variables = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(_PREFIXES) and not name.endswith(_SECRET)
        }
        profiles = Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")
        return digest({"variables": variables, "profiles": _content(profiles), "account": self._environment.account()})


def differing(before: Inputs, now: Inputs) -> list[str]:
    """Which inputs are not what they were, as a person calls them."""
    return [name for name in {**now, **before} if before.get(name) != now.get(name)]


def _content(file: Path) -> str:
    """A digest of a file's content; nothing for one that is not there."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
