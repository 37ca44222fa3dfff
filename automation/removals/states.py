"""The states that tell what is deployed."""

from typing import Any

from automation.backend import state_files
from automation.runs import Run, existing
from shared.layers import StackId


def deployed_state(run: Run, stack: StackId) -> dict[str, Any]:
    """The state of a stack of the run; empty if the stack does not exist."""
    folder = state_files.folder_of(run.backend)
    # In a folder, the engine need not be started to find nothing.
    if folder and not ((folder / "stacks").is_dir() and stack in existing(run)):
        return {}
    return run.engine.export(stack) or {}
