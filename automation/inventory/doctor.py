"""The part of `invoke doctor` that names the stacks without a file."""

import json
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from automation.backend.state_files import folder_of, stacks_in
from automation.backend.states import States
from automation.inventory.stacks import Undeclared, count, of_environment
from engine.checks import Check
from engine.environment import Environment
from engine.install import Engine
from shared.errors import EnvironmentNotReady
from shared.layers import StackId

SECONDS = 20
"""How long the engine may take to list the stacks of a backend that is no folder."""


def undeclared_stacks(where: Environment, engine: Engine, stacks: Collection[StackId], root: Path) -> list[Check]:
    """One failed check for each stack of the environment that holds something and has no file.

    None for a backend that cannot be listed: another check says so.
    """
    try:
        variables = where.variables(engine)
    except EnvironmentNotReady:
        return []
    backend = variables.get("PULUMI_BACKEND_URL", "")
    folder = folder_of(backend)
    counts = _in_folder(backend, where.name) if folder else _listed(engine, variables, where.name, root)
    found = [Undeclared(stack, count) for stack, count in sorted(counts.items()) if count and stack not in stacks]
    return [Check("stack without a file", False, each.what, each.ways) for each in found]


def _in_folder(backend: str, environment: str) -> dict[StackId, int]:
    folder = folder_of(backend)
    states = States(backend, lambda _stack: None)
    found = of_environment(stacks_in(folder), environment) if folder else set()
    return {stack: count(states.whole(stack)) for stack in found}


def _listed(engine: Engine, variables: Mapping[str, str], environment: str, root: Path) -> dict[StackId, int]:
    command = [engine.command.command, "stack", "ls", "--all", "--fully-qualify-stack-names", "--json"]
    try:
        done = subprocess.run(
            [*command, "--non-interactive"],
            cwd=root / "stacks" / "org",
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        listed = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    found = {}
    for each in listed:
        parts = each["name"].split("/")
        for stack in of_environment([(parts[-2], parts[-1])] if len(parts) > 1 else [], environment):
            found[stack] = int(each.get("resourceCount") or 0)
    return found
