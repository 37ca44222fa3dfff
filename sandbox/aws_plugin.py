"""Chooses the AWS plugin for the sandbox: the official one if it can be downloaded, otherwise the embedded one
of this repository."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from engine.aws_plugin import EMBEDDED, OFFICIAL, AwsPlugin, plugin_in, provider_version
from engine.install import Engine, Progress, vendor_reachable
from sandbox.layout import Layout

DOWNLOAD_SECONDS = 600.0
"""How long the download of the official plugin (about 200 MB) may take."""

Install = Callable[[Path, Path], Path]
"""Installs the embedded plugin, given PULUMI_HOME and the Python that runs it; returns the plugin's path."""


def find_plugin(root: Path) -> AwsPlugin | None:
    """The sandbox's plugin, or None if none is installed. The installed plugin records which kind was chosen."""
    return plugin_in(Layout(root).pulumi_home)


def place_plugin(engine: Engine, root: Path, progress: Progress, install: Install | None = None) -> AwsPlugin:
    """The sandbox's plugin; it is installed if there is none yet.

    The embedded plugin is written again each time, which is fast: it contains the paths of this Python and this
    repository, which may have moved. `install` replaces the embedded plugin's installer in tests.
    """
    before = find_plugin(root)
    if before and before.kind == OFFICIAL:
        return before
    if before is None and _download(engine, root, progress):
        after = find_plugin(root)
        if after and after.kind == OFFICIAL:
            return after
    path = (install or _installer())(Layout(root).pulumi_home.resolve(), Path(sys.executable))
    if before is None:
        progress("provider: using the embedded AWS provider")
    return AwsPlugin(EMBEDDED, provider_version(), path)


def _installer() -> Install:
    # Imported here because the embedded provider needs packages that the official plugin does not need.
    from sandbox.provider.install import install

    return install


def _download(engine: Engine, root: Path, progress: Progress) -> bool:
    version = provider_version()
    if not vendor_reachable():
        progress("provider: the official AWS plugin is out of reach (no internet?)")
        return False
    progress(f"provider: downloading the official AWS plugin {version} (about 200 MB)")
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
            progress(f"provider: the download of the official AWS plugin took over {DOWNLOAD_SECONDS:.0f} s")
            return False
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        progress(f"provider: the official AWS plugin could not be installed ({last})")
        return False
    return True
