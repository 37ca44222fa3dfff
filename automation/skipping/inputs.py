"""The inputs of a deployment. If no input of a stack has changed, the stack need not run again.

The inputs are the program, the configuration, the outputs that it reads from other stacks, the tools and the
environment variables. Resources in AWS are not an input: as with `pulumi up`, changes there are found by
`invoke drift`.
"""

from __future__ import annotations

import os
import platform
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from automation.backend.states import States, digest
from automation.skipping import data_sources
from automation.skipping.contents import Contents, content
from automation.skipping.data_sources import Asked
from automation.skipping.packages import Packages
from automation.skipping.project import always_run
from automation.skipping.reads import EVERYTHING, NAMES, Reads
from automation.skipping.sources import Sources, stamp
from automation.skipping.variables import counting
from automation.stack_files import as_rewritten, has_key, read_raw, without_key
from engine.environment import Environment
from engine.install import HOST_EXEC, Engine
from engine.plugins import candidates
from policy_pack.settings import rule_files
from shared.errors import UserError
from shared.layers import StackId
from shared.private_folders import private_folder

Inputs = Mapping[str, str]
"""Name of an input, as users see it → its digest."""

FOLDER = ".inputs"
"""The folder, in the repository, of what is remembered."""


@dataclass(frozen=True)
class Stamps:
    """What shows that a stack's `files` were written, and its configuration, also if an edit was undone."""

    files: tuple[tuple[int, ...], ...]
    configuration: tuple[int, ...]
    has_key: bool = True
    """Whether the configuration has the key of the stack's secrets."""
    says: str = ""
    """The digest of what the configuration says without it."""

    def until(self, now: Stamps) -> bool:
        """Whether nothing was written until `now`, but for what the engine does."""
        return self.files == now.files and (self.configuration == now.configuration or self.gets_key(now))

    def gets_key(self, now: Stamps) -> bool:
        """Whether the engine has added a key to the configuration, and nobody has changed anything in it."""
        return now.has_key and not self.has_key and self.says == now.says


class Reader:
    """Reads the inputs of the stacks of `environment`. Inputs that all stacks share are read once per run."""

    def __init__(self, environment: Environment, engine: Engine, root: Path, sources: Sources, states: States) -> None:
        self._environment = environment
        self._engine = engine
        self._root = root.resolve()
        self._sources = sources
        self._states = states
        if (self._root / FOLDER).is_dir():  # made by an earlier version, or by hand: it may be open to others
            private_folder(self._root / FOLDER)
        self._contents = Contents(self._root / FOLDER / "contents.json")
        self._packages = Packages(self._root, self._contents)
        self._answers: dict[tuple[str, str], str] = {}
        self._asking: dict[tuple[str, str], threading.Lock] = {}

    def of(self, stack: StackId) -> Inputs:
        """The current inputs that every stack has. For the stacks that it reads, the state from the last read is
        used."""
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

    def untouched(self, reads: Reads, since: int) -> bool:
        """Whether the files and packages that a program has read were not written after `since`, in nanoseconds."""
        times = [time for name in reads.files for time in _changed(name)]
        return all(time <= since for time in times) and not self._packages.changed_since(reads.packages, since)

    def besides(self, stack: StackId, reads: Reads) -> Inputs:
        """The current inputs that follow from what the stack's program has read besides."""
        variables = {name: os.environ.get(name) for name in reads.variables}
        found = {
            "packages": self._packages.stamps(reads.packages),
            "files": digest({name: _there(name) for name in reads.files}),
            "environment of packages": digest(variables),
        }
        for each in reads.invokes:
            found[each.name] = self._ask(each, stack)
        return found

    def _ask(self, asked: Asked, stack: StackId) -> str:
        """What AWS says now, asked once a run for all stacks with the same credentials."""
        config = read_raw(stack, self._root)[0]
        whose = (asked.name, digest({key: value for key, value in config.items() if key.startswith("aws:")}))
        with self._asking.setdefault(whose, threading.Lock()):
            if whose not in self._answers:
                try:
                    self._answers[whose] = data_sources.ask(asked, self._environment, stack, self._root)
                except UserError:  # then the stack is run, and says what is wrong
                    self._answers[whose] = secrets.token_hex()
            return self._answers[whose]

    def configuration(self, stack: StackId) -> str:
        """The digest of the stack's file."""
        found = _bytes(stack.config_file(self._root))
        return "" if found is None else digest(without_key(found))

    def stamps(self, stack: StackId) -> Stamps:
        """What shows that the stack's files were written."""
        file = stack.config_file(self._root)
        found = _bytes(file) or b""
        program = tuple(stamp(each) for each in sorted(self._sources.program(stack.layer)))
        return Stamps(program, stamp(file), has_key(found.decode(errors="replace")), digest(repr(as_rewritten(found))))

    def _program(self, layer: str) -> str:
        files = sorted(self._sources.program(layer))
        return digest({str(file): self._sources.digest(file) for file in files})

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
            "files": [self._executable(file) for file in self._executables()],
            # Stricter rules are for all that is deployed: a preview judges it again.
            "rules": {str(file.relative_to(self._root)): content(file) for file in rule_files(self._root)},
        }
        return digest(found)

    def _executables(self) -> list[Path]:
        host = Path(self._engine.language_host)
        own = [Path(self._engine.command.command), host, host.with_name(HOST_EXEC), Path(sys.executable)]
        return own + candidates(os.environ)

    def _executable(self, file: Path) -> str:
        now = stamp(file)
        return self._contents.of(digest([str(file), now]), lambda: content(file)) if now else ""

    @cached_property
    def _environment_inputs(self) -> str:
        variables = counting(os.environ)
        profiles = Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")
        return digest({"variables": variables, "profiles": content(profiles), "account": self._environment.account()})


def differing(before: Inputs, now: Inputs) -> list[str]:
    """The names of the inputs that have changed."""
    return [name for name in {**now, **before} if before.get(name) != now.get(name)]


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _changed(name: str) -> Iterator[int]:
    """When what `_there` tells of a path may have changed, in nanoseconds since the epoch."""
    path = Path(name)
    if path.name == NAMES:
        paths = [path.parent]
    elif path.name == EVERYTHING:
        paths = [path.parent, *path.parent.rglob("*")]
    elif path.is_dir():
        paths = []
    else:
        # A file that was there only for a while has changed its folder.
        paths = [path if path.exists() else path.parent]
    for each in paths:
        yield from stamp(each)[1::4]


def _there(name: str) -> object:
    """What is at a path of `Reads.files`."""
    path = Path(name)
    if path.name == NAMES:
        return sorted(each.name for each in path.parent.glob("*") if each.name != "__pycache__")
    if path.name == EVERYTHING:
        return [[str(each), content(each)] for each in sorted(path.parent.rglob("*"))]
    return "a folder" if path.is_dir() else content(path)
