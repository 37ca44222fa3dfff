"""The inputs of a deployment. If no input of a stack has changed, the stack need not run again.

The inputs are the program, the configuration, the outputs that it reads from other stacks, the tools and the
environment variables. Resources in AWS are not an input: as with `pulumi up`, changes there are found by
`invoke drift`.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from automation.backend.states import States, digest
from automation.skipping.project import always_run
from automation.skipping.sources import Sources
from automation.skipping.variables import counting
from engine.environment import Environment
from engine.install import HOST_EXEC, Engine
from engine.plugins import candidates
from shared.layers import StackId

Inputs = Mapping[str, str]
"""Name of an input, as users see it → its digest."""

_SMALL = 1024 * 1024
"""Files up to this size are compared by their content."""


class Reader:
    """Reads the inputs of the stacks of `environment`. Inputs that all stacks share are read once per run."""

    def __init__(self, environment: Environment, engine: Engine, root: Path, sources: Sources, states: States) -> None:
        self._environment = environment
        self._engine = engine
        self._root = root.resolve()
        self._sources = sources
        self._states = states

    def of(self, stack: StackId) -> Inputs:
        """The current inputs of the stack. For the stacks that it reads, the state from the last read is used."""
        found = {
            "program": self._program(stack.layer),
            "configuration": self.configuration(stack),
            "tools": self._tools,
            "environment": self._environment_inputs,
        }
        for upstream in stack.upstream():
            state = self._states.of(upstream)
            found[f"outputs of {upstream.label}"] = state.outputs if state else ""
        return found

    def configuration(self, stack: StackId) -> str:
        """The digest of the stack's file."""
        return _content(stack.config_file(self._root))

    def stamps(self, stack: StackId) -> list[int]:
        """The modification times of the stack's files. They also show an edit that was undone."""
        files = [*sorted(self._sources.of(stack.layer)), stack.config_file(self._root)]
        return [_written(file) for file in files]

    def _program(self, layer: str) -> str:
        # Not cached, because a file may be edited during the run.
        files = sorted(self._sources.of(layer))
        return digest({str(file.relative_to(self._root)): _content(file) for file in files})

    def always(self, stack: StackId) -> list[str]:
        """Why the stack must be run each time, whatever its inputs are; mostly empty."""
        found = always_run(stack, self._root)
        state = self._states.of(stack)
        return [*found, "a resource that is read before each update"] if state and state.refreshed else found

    @cached_property
    def _tools(self) -> str:
        found: dict[str, object] = {
            **self._environment.tools(),
            "engine": self._engine.version,
            "language host": self._engine.language_host_version,
            "python": platform.python_version(),
            "files": [_stamp(file) for file in self._executables()],
        }
        return digest(found)

    def _executables(self) -> list[Path]:
        host = Path(self._engine.language_host)
        own = [Path(self._engine.command.command), host, host.with_name(HOST_EXEC), Path(sys.executable)]
        return own + candidates(os.environ)

    @cached_property
    def _environment_inputs(self) -> str:
        variables = counting(os.environ)
        profiles = Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")
        return digest({"variables": variables, "profiles": _content(profiles), "account": self._environment.account()})


def differing(before: Inputs, now: Inputs) -> list[str]:
    """The names of the inputs that have changed."""
    return [name for name in {**now, **before} if before.get(name) != now.get(name)]


def _content(file: Path) -> str:
    """The digest of a file's content; empty if the file cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _stamp(file: Path) -> list[object]:
    """What differs when the file is replaced, also by one of the same version; links are followed."""
    try:
        status = file.stat()
    except OSError:
        return []
    if status.st_size <= _SMALL:
        return [_content(file)]
    return [str(file.resolve()), status.st_size, status.st_mtime_ns, status.st_ino]


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
