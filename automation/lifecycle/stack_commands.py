"""Engine commands on a stack as a whole: it is renamed, or removed from the backend. Neither touches AWS."""

import json

from automation.stacks import Stacks
from shared.layers import StackId


def rename(engine: Stacks, old: StackId, new: StackId) -> None:
    """Rename the stack, its URNs and its file, if it has one. Raises `automation.stacks.StackFailed`.

    The engine then selects the stack, and the selection belongs to the user of plain `pulumi`.
    https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_rename/
    """
    selected = _selected(engine, old)
    engine.ask(old, ["stack", "rename", new.name, "--stack", old.name])
    if selected is None:
        engine.ask(new, ["stack", "unselect"])
    elif selected != old.name:
        engine.ask(new, ["stack", "select", selected])


def remove(engine: Stacks, stack: StackId) -> None:
    """Remove the stack from the backend with all that its state knows; its file stays. Nothing happens in AWS.
    https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_rm/"""
    engine.ask(stack, ["stack", "rm", "--force", "--preserve-config", "--yes", "--stack", stack.name])


def _selected(engine: Stacks, stack: StackId) -> str | None:
    listed = json.loads(engine.ask(stack, ["stack", "ls", "--json"]) or "[]")
    return next((str(each["name"]) for each in listed if each.get("current")), None)
