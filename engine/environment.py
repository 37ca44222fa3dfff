"""The environment of a run. This class is a cloud environment; `sandbox/` has the sandbox's.

Other code must not ask which environment it works with: what differs belongs in these classes.
"""

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
    """A cloud environment: the user's own AWS and Pulumi configuration, with the engine on PATH."""

    disposable = False
    """Whether the environment has nothing real in it. Then a run cleans up after a killed run without asking."""

    tool_paths: tuple[str, ...] = ()
    """Files and folders (ending in a slash) of the repository that affect how every stack is deployed."""

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.name = name
        self.root = root.resolve()

    @property
    def backend_url(self) -> str:
        """The URL of the state backend; empty if only the engine knows it, from `pulumi login` or Pulumi.yaml."""
        return os.environ.get("PULUMI_BACKEND_URL", "")

    @property
    def attempts(self) -> Path | None:
        """The folder that remembers which resources failed runs had begun to create; None to remember nothing."""
        return None

    def start(self, engine: Engine, progress: Progress) -> None:
        """Start what a run needs and what is not running yet. Raises `shared.errors.EnvironmentNotReady`."""

    def variables(self, engine: Engine, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """The complete environment variables for a run's processes, made from `inherited` (default: `os.environ`).

        Raises `shared.errors.EnvironmentNotReady`. The variables are documented in
        https://www.pulumi.com/docs/iac/cli/environment-variables/ and
        https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html.
        """
        inherited = os.environ if inherited is None else inherited
        return {**inherited, "PATH": _path(engine, inherited)}

    def account(self) -> str:
        """The AWS account of this process's credentials."""
        who = checks.caller(os.environ) or {}
        # If the account is unknown, it must not be equal to an earlier result: the stack is then run again.
        return who.get("account") or secrets.token_hex()

    def tools(self) -> Mapping[str, object]:
        """What else affects a deployment, besides the engine and the packages. It is compared as JSON."""
        return {}

    def checks(self, engine: Engine | None) -> list[Check]:
        """The checks that depend on the environment. They change nothing and start nothing."""
        variables = self.variables(engine) if engine else dict(os.environ)
        return [
            checks.provider(variables),
            checks.backend(engine, variables, self.root),
            checks.credentials(variables),
        ]


def _path(engine: Engine, inherited: Mapping[str, str]) -> str:
    """PATH that begins with the engine and this Python, without duplicates, so that a second call changes nothing."""
    first = [str(engine.bin), str(Path(sys.prefix) / "bin")]
    rest = [entry for entry in inherited.get("PATH", os.defpath).split(os.pathsep) if entry not in first]
    return os.pathsep.join(first + rest)
