"""Which environment a name stands for: the one place that knows that one of them is the sandbox."""

from __future__ import annotations

from pathlib import Path

from engine.environment import Environment
from shared.errors import UsageError
from shared.layers import ROOT, SANDBOX


def environment(name: str, root: Path = ROOT) -> Environment:
    """The environment called `name`. Raises `UsageError` for the sandbox in a repository that has none."""
    if name != SANDBOX:
        return Environment(name, root)
    try:
        from sandbox.environment import SandboxEnvironment
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sandbox":
            raise
        raise UsageError(
            f"environment {SANDBOX!r} needs the folder sandbox/, which this repository does not have; "
            "allowed: another environment, with --env"
        ) from None
    return SandboxEnvironment(root)
