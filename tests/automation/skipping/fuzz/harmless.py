"""Changes that no program of a world sees, whatever it reads; some read the folder that such a change is in."""

from __future__ import annotations

import os
from collections.abc import Callable

from shared.layers import StackId
from tests.automation.skipping.fuzz.world import World

Act = Callable[[World, StackId], None]


def _append(path: str, text: str) -> Act:
    def act(world: World, stack: StackId) -> None:
        file = world.root / path.replace("<layer>", stack.layer)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            world.made(file)
        with file.open("a") as stream:
            stream.write(text)

    return act


def _variable(name: str) -> Act:
    def act(world: World, _stack: StackId) -> None:
        world.variables[name] = world.fresh()

    return act


HARMLESS: dict[str, Act] = {
    "a comment in a program": _append("stacks/<layer>/__main__.py", "# A comment.\n"),
    "a comment in a module that nothing imports": _append("shared/policy_documents/trust.py", "# A comment.\n"),
    "a comment in a configuration file": lambda world, stack: world.comment_in_configuration(stack),
    "a README of a layer": _append("stacks/<layer>/README.md", "More.\n"),
    "the README of the repository": _append("README.md", "More.\n"),
    "a new file in shared": _append("shared/unrelated.json", "{}\n"),
    "a new module in shared": _append("shared/unrelated.py", "X = 1\n"),
    "a new file in a layer": _append("stacks/<layer>/unrelated.json", "{}\n"),
    "a description in Pulumi.yaml": lambda world, stack: world.project(stack.layer, description=world.fresh()),
    "an unrelated variable": _variable("UNRELATED"),
    "AWS_PAGER": _variable("AWS_PAGER"),
    "another session token": _variable("AWS_SESSION_TOKEN"),
    "a touched program": lambda world, stack: os.utime(stack.folder(world.root) / "Pulumi.yaml"),
    "an update by a colleague": lambda world, stack: world.up(stack),
}
