"""An environment: what a run takes from where it works. This is a cloud one; the sandbox's is in `sandbox/`.

Nothing else may ask which environment it has to do with.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from engine import checks
from engine.checks import Check
from engine.install import Engine, Progress
from shared.layers import ROOT


class Environment:
    """A cloud environment: the user's own AWS and Pulumi set-up, with the engine on PATH."""

    disposable = False
    """Whether nothing real can be broken: then what a run that was killed left behind is put in order unasked."""

    tool_paths: tuple[str, ...] = ()
    """Files and folders (with a slash) of the repository that say how every stack of the environment is deployed."""

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.name = name
        self.root = root.resolve()

    @property
    def attempts(self) -> Path | None:
        """The folder in which is kept what runs that did not end well had begun to create; None to keep nothing."""
        return None

    def start(self, engine: Engine, progress: Progress) -> None:
        """Start what a run needs and does not have yet. Raises `shared.errors.EnvironmentNotReady`."""

    def variables(self, engine: Engine, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """All variables of a run's processes; `inherited` is this process's environment unless given.

        Raises `shared.errors.EnvironmentNotReady`. The variables:
        https://www.pulumi.com/docs/iac/cli/environment-variables/ and
        https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html.
        """
        inherited = os.environ if inherited is None else inherited
        return {**inherited, "PATH": _path(engine, inherited)}

    def account(self) -> str:
        """The account that the AWS credentials of this process belong to."""
        who = checks.caller(os.environ) or {}
        # Not known is not the same as before, whatever it was.
        return who.get("account") or secrets.token_hex()

    def tools(self) -> Mapping[str, object]:
        """What, besides the engine and the packages, the result of a deployment follows from: as JSON, compared."""
        return {}

    def checks(self, engine: Engine | None) -> list[Check]:
        """What a run needs that depends on the environment. Nothing is changed or started."""
        variables = self.variables(engine) if engine else dict(os.environ)
        return [
            checks.provider(variables),
            checks.backend(engine, variables, self.root),
            checks.credentials(variables),
        ]


def _path(engine: Engine, inherited: Mapping[str, str]) -> str:
    """PATH with the engine and this Python first, each once, so that setting it twice changes nothing."""
    first = [str(engine.bin), str(Path(sys.prefix) / "bin")]
    rest = [entry for entry in inherited.get("PATH", os.defpath).split(os.pathsep) if entry not in first]
    return os.pathsep.join(first + rest)
