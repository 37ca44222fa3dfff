"""The AWS plugin that the engine would start, and which of the two kinds it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

OFFICIAL = "official"
EMBEDDED = "embedded"


def provider_version() -> str:
    """The version of the installed `pulumi-aws` package, which is the AWS provider's as well."""
    return package_version("pulumi-aws")


@dataclass(frozen=True)
class AwsPlugin:
    """The AWS plugin in a PULUMI_HOME: `kind` is `OFFICIAL` or `EMBEDDED`."""

    kind: str
    version: str
    path: Path

    @property
    def what(self) -> str:
        """Which plugin it is and where it comes from, for one line of output."""
        origin = "this repository's sandbox/provider" if self.kind == EMBEDDED else "a pulumi-aws release"
        return f"{self.kind} {self.version}, {origin}, {self.path}"


def plugin_in(pulumi_home: Path) -> AwsPlugin | None:
    """The AWS plugin that the engine would start from this PULUMI_HOME, or None.

    The embedded one is a script and the official one a binary. The engine marks a download that
    was broken off by a `.partial` file beside the folder.
    """
    folder = pulumi_home / "plugins" / f"resource-aws-v{provider_version()}"
    program = folder / "pulumi-resource-aws"
    if folder.with_name(folder.name + ".partial").exists() or not os.access(program, os.X_OK):
        return None
    with program.open("rb") as file:
        kind = EMBEDDED if file.read(2) == b"#!" else OFFICIAL
    return AwsPlugin(kind, provider_version(), program)
