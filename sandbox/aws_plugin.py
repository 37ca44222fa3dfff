"""Which AWS plugin the Pulumi engine uses in the sandbox: the official one when it can be had, else the
embedded one of this repository."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

from automation.engine import Engine, Report, vendor_reachable
from sandbox.layout import Layout

OFFICIAL = "official"
EMBEDDED = "embedded"

DOWNLOAD_SECONDS = 600.0
"""How long the download of the official plugin (about 200 MB) may take."""

Install = Callable[[Path, Path], Path]
"""Writes the embedded plugin, given PULUMI_HOME and the Python that runs it; says where."""


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


def wanted_version() -> str:
    """The version of the installed `pulumi-aws` package, which is the plugin's as well."""
    return package_version("pulumi-aws")


def find_plugin(root: Path) -> AwsPlugin | None:
    """The plugin of the sandbox, or None if none is in place. The plugin itself is the memory of what was chosen."""
    return plugin_in(Layout(root).pulumi_home)


def plugin_in(pulumi_home: Path) -> AwsPlugin | None:
    """The AWS plugin that the engine would start from this PULUMI_HOME, or None.

    The embedded one is a script and the official one a binary. The engine marks a download that
    was broken off by a `.partial` file beside the folder.
    """
    folder = pulumi_home / "plugins" / f"resource-aws-v{wanted_version()}"
    program = folder / "pulumi-resource-aws"
    if folder.with_name(folder.name + ".partial").exists() or not os.access(program, os.X_OK):
        return None
    with program.open("rb") as file:
        kind = EMBEDDED if file.read(2) == b"#!" else OFFICIAL
    return AwsPlugin(kind, wanted_version(), program)


def place_plugin(engine: Engine, root: Path, report: Report, install: Install | None = None) -> AwsPlugin:
    """The plugin of the sandbox, put in place if there is none yet.

    An embedded one is written anew each time, which takes no time: it names this Python and
    this repository, which may have moved. `install` stands in for the embedded plugin's installer.
    """
    before = find_plugin(root)
    if before and before.kind == OFFICIAL:
        return before
    if before is None and _download(engine, root, report):
        after = find_plugin(root)
        if after and after.kind == OFFICIAL:
            return after
    path = (install or _installer())(Layout(root).pulumi_home.resolve(), Path(sys.executable))
    if before is None:
        report("provider: using the embedded AWS provider")
    return AwsPlugin(EMBEDDED, wanted_version(), path)


def _installer() -> Install:
    # Only here: the embedded provider needs packages that a run with the official plugin does not.
    from sandbox.provider.install import install

    return install


def _download(engine: Engine, root: Path, report: Report) -> bool:
    version = wanted_version()
    if not vendor_reachable():
        report("provider: the official AWS plugin is out of reach (no internet?)")
        return False
    report(f"provider: downloading the official AWS plugin {version} (about 200 MB)")
    home = Layout(root).pulumi_home
    home.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    with subprocess.Popen(
        [engine.command.command, "plugin", "install", "resource", "aws", version],
        env={**inherited, "PULUMI_HOME": str(home.resolve()), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _output, errors = process.communicate(timeout=DOWNLOAD_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            report(f"provider: the download of the official AWS plugin took over {DOWNLOAD_SECONDS:.0f} s")
            return False
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        report(f"provider: the official AWS plugin could not be installed ({last})")
        return False
    return True
