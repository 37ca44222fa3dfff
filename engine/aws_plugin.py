"""Which AWS plugin the engine would start, official or embedded."""

import os
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

OFFICIAL = "official"
EMBEDDED = "embedded"


def provider_version() -> str:
    """The version of the installed `pulumi-aws` package, which is also the version of the AWS provider."""
    return package_version("pulumi-aws")


@dataclass(frozen=True)
class AwsPlugin:
    """The AWS plugin in a PULUMI_HOME. `kind` is `OFFICIAL` or `EMBEDDED`."""

    kind: str
    version: str
    path: Path

    @property
    def what(self) -> str:
        """The plugin and where it comes from, in one line."""
        origin = "this repository's sandbox/provider" if self.kind == EMBEDDED else "a pulumi-aws release"
        return f"{self.kind} {self.version}, {origin}, {self.path}"


def plugin_in(pulumi_home: Path) -> AwsPlugin | None:
    """The AWS plugin that the engine would start from this PULUMI_HOME, or None.

    The embedded plugin is a script, the official one is a binary. If a download was interrupted, the engine leaves a
    `.partial` file next to the plugin's folder.
    """
    folder = pulumi_home / "plugins" / f"resource-aws-v{provider_version()}"
    program = folder / "pulumi-resource-aws"
    if folder.with_name(folder.name + ".partial").exists() or not os.access(program, os.X_OK):
        return None
    with program.open("rb") as file:
        kind = EMBEDDED if file.read(2) == b"#!" else OFFICIAL
    return AwsPlugin(kind, provider_version(), program)
