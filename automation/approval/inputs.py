"""What a stack's deployment follows from, part by part, so that a difference can be named.

They are the inputs of the run queue (`automation.skipping.inputs`), as digests that are the same on another machine:
no path, no time, no credentials. What a program reads besides is not known before it runs; the operations are compared
for that (`automation.approval.changes`).
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from automation.backend.resources import is_empty
from automation.backend.states import digest
from automation.runs import Run
from automation.skipping.contents import content
from automation.skipping.sources import LOCK_FILE, files_in, is_documentation, policy_folder
from automation.skipping.variables import counting
from automation.stack_files import as_rewritten
from policy_pack.settings import rule_files
from shared.layers import StackId

_OF_THE_ROLE = frozenset({"AWS_ROLE_ARN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
"""Variables that say which role is taken: who previews has another one than who deploys, in the same account."""


class Inputs:
    """The inputs of the stacks of a run, as they are now."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._root = run.engine.root.resolve()

    @cached_property
    def tools(self) -> dict[str, str]:
        """Tool → its version or digest."""
        rules = {str(file.relative_to(self._root)): content(file) for file in rule_files(self._root)}
        return {
            "engine": self._run.engine.version,
            "python": platform.python_version(),
            "packages": content(self._root / LOCK_FILE),
            "provider": digest(dict(self._run.environment.tools())),
            "rules": digest(rules),
        }

    @cached_property
    def variables(self) -> dict[str, str]:
        """Variable → digest of its value."""
        found = counting(os.environ)
        return {name: digest(value) for name, value in sorted(found.items()) if name not in _OF_THE_ROLE}

    @cached_property
    def account(self) -> str:
        """The digest of the account that the credentials belong to."""
        return digest(self._run.environment.account())

    def program(self, layer: str) -> dict[str, str]:
        """File → digest. Of a module its meaning, as for the run queue."""
        files = set(self._run.sources.of(layer))
        policies = policy_folder(layer, self._run.environment.name, self._root)
        files |= {each for each in files_in(policies) if not is_documentation(each)} if policies else set()
        return {self._name(file): self._run.sources.digest(file) for file in sorted(files)}

    def configuration(self, stack: StackId) -> dict[str, str]:
        """Key → digest of its value; encrypted values as they are encrypted. A key that a preview has added to the file
        is no difference."""
        document = as_rewritten(stack.config_file(self._root).read_bytes()) or {}
        config = document.pop("config", None)
        keys = {**document, **(config if isinstance(config, dict) else {"config": config})}
        return {name: digest(repr(value)) for name, value in sorted(keys.items())}

    def state(self, stack: StackId) -> str | None:
        """The digest of the stack's state; None if it has nothing."""
        found = self._run.states.read(stack)
        if found is None or is_empty(self._run.states.whole(stack)):
            return None
        return found.whole

    def outputs(self, stack: StackId) -> str:
        """The digest of what the stack exports; empty if it does not exist."""
        found = self._run.states.of(stack)
        return found.outputs if found else ""

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self._root)) if file.is_relative_to(self._root) else file.name


def differing(before: Mapping[str, str | None], now: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Each name whose value is another one, and how: `is new`, `is gone` or `is another one`."""
    for name in dict.fromkeys([*before, *now]):
        if name not in before:
            yield name, "is new"
        elif name not in now:
            yield name, "is gone"
        elif before[name] != now[name]:
            yield name, "is another one"
