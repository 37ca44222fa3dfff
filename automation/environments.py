"""From a name to its environment. Only this module knows that one of the environments is the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.environment import Environment
from shared.errors import UsageError
from shared.layers import ROOT, SANDBOX


def environment(name: str, root: Path = ROOT) -> Environment:
    """The environment `name`. Raises `UsageError` for the sandbox if this repository has no `sandbox` package."""
    if name != SANDBOX:
        return Environment(name, root)
    with needing_the_sandbox():
        from sandbox.environment import SandboxEnvironment
    return SandboxEnvironment(root)


@contextmanager
def needing_the_sandbox() -> Iterator[None]:
    """Wraps imports of the sandbox. Raises `UsageError` if it is not there: production does not need it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sandbox":
            raise
        raise UsageError(
            f"environment {SANDBOX!r} needs the folder sandbox/, which this repository does not have; "
            "allowed: another environment, with --env"
        ) from None
