"""What plain `pulumi up` would do: the engine with its own language host, which knows nothing of the run queue."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.install import Engine
from shared.layers import StackId

TIMEOUT = 300
AT_A_TIME = 2

_NOTHING = ("same", "read", "refresh")
"""Steps that change nothing by themselves."""


class Oracle:
    """The engine over the repository at `root`."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self._root = root
        self._command = engine.command.command

    def changes(self, stacks: Iterable[StackId], variables: Mapping[str, str]) -> dict[StackId, list[str]]:
        """What `pulumi up` would change of each stack, resources and outputs; a failure is a change."""
        stacks = list(stacks)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return dict(zip(stacks, pool.map(lambda stack: self._preview(stack, variables), stacks), strict=True))

    def up(self, stack: StackId, variables: Mapping[str, str]) -> None:
        """Deploy the stack."""
        self.up_in(stack.folder(self._root), stack.name, variables)

    def up_in(self, folder: Path, name: str, variables: Mapping[str, str]) -> None:
        """Deploy the stack of the project in `folder`, which need not exist yet."""
        self._pulumi(folder, variables, "stack", "select", "--create", name)
        done = self._pulumi(folder, variables, "up", "--yes", "--skip-preview", "--stack", name)
        assert done.returncode == 0, done.stdout + done.stderr

    def _preview(self, stack: StackId, variables: Mapping[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as place:
            log = Path(place) / "events"
            arguments = ("preview", "--stack", stack.name, "--event-log", str(log))
            done = self._pulumi(stack.folder(self._root), variables, *arguments)
            events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        found = list(_changes(events))
        return found if done.returncode == 0 else [*found, f"failed: {(done.stdout + done.stderr)[-2000:]}"]

    def _pulumi(self, folder: Path, variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._command, *arguments, "--non-interactive", "--color", "never"],
            cwd=folder,
            env={**variables, "PULUMI_DEBUG_COMMANDS": "true"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


def _changes(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for event in events:
        step = event.get("resOutputsEvent", event.get("resourcePreEvent", {})).get("metadata")
        if not step or step["type"].startswith("pulumi:providers:"):
            continue
        name = step["urn"].rpartition("::")[2]
        if step["op"] not in _NOTHING:
            yield f"{step['op']} {name}"
        elif "resOutputsEvent" in event:
            before, after = (_outputs(step.get(which)) for which in ("old", "new"))
            if before != after:
                yield f"{step['op']} {name}: {before} -> {after}"


def _outputs(state: Mapping[str, Any] | None) -> Any:
    return (state or {}).get("outputs") or {}
