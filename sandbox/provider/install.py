"""Puts the embedded provider where the Pulumi engine looks for the official `aws` plugin."""

import os
import shlex
from pathlib import Path

from sandbox.provider.table import plugin_version

ROOT = Path(__file__).resolve().parent.parent.parent


def install(pulumi_home: Path, python: Path, root: Path = ROOT) -> Path:
    """Write `<pulumi_home>/plugins/resource-aws-v<version>/pulumi-resource-aws`, and return its path.

    `python` is the interpreter that has the packages of the repository `root`. A plugin that is there is replaced in
    one step, so that an engine that starts it at the same moment gets one or the other.
    """
    folder = pulumi_home / "plugins" / f"resource-aws-v{plugin_version()}"
    folder.mkdir(parents=True, exist_ok=True)
    # Left by a download that was broken off: the engine would take the plugin for incomplete.
    folder.with_name(f"{folder.name}.partial").unlink(missing_ok=True)
    program = folder / "pulumi-resource-aws"
    # exec: the engine must be the parent of Python itself. -P and PYTHONPATH: the program's folder, in which the
    # engine starts it, must not shadow a package. -S: the packages are for who serves.
    words = [str(python.absolute()), "-S", "-P", "-m", "sandbox.provider.starting", str(pulumi_home.absolute())]
    script = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(root))} exec {shlex.join(words)} "$@"\n'
    new = folder / f".pulumi-resource-aws-{os.getpid()}"
    new.write_text(script)
    new.chmod(0o755)
    new.replace(program)
    return program
