"""Which environment a name stands for: the one place that knows that one of them is the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.environment import Environment
from shared.errors import UsageError
from shared.layers import ROOT, SANDBOX


def environment(name: str, root: Path = ROOT) -> Environment:
    """The environment called `name`. Raises `UsageError` for the sandbox in a repository that has none."""
    if name != SANDBOX:
        return Environment(name, root)
    with needing_the_sandbox():
        from sandbox.environment import SandboxEnvironment
    return SandboxEnvironment(root)


@contextmanager
def needing_the_sandbox() -> Iterator[None]:
    """Around what imports the sandbox. Raises `UsageError` where it is not there: production needs none of it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sandbox":
            raise
        raise UsageError(
            f"environment {SANDBOX!r} needs the folder sandbox/, which this repository does not have; "
            "allowed: another environment, with --env"
        ) from None
