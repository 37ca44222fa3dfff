"""Go, which builds the engine on a machine that cannot reach Pulumi's site."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from engine.packages import finished
from shared.errors import EngineError

Progress = Callable[[str], None]
"""A callback that receives one line of progress."""

WAYS = (
    "Three ways to get an engine: install Pulumi so that `pulumi` is on PATH "
    "(https://www.pulumi.com/docs/install/); give this machine access to the internet and run this again, "
    "which runs the official installer; or install Go (https://go.dev/doc/install) and run this again, "
    "which builds the engine from Go modules."
)


def go_build(module: Path, output: Path, package: str, ldflags: str, progress: Progress) -> None:
    # The linker drops what debuggers read (-s -w); a tenth of the time goes into making it.
    flags = ["-mod=readonly", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", f"-s -w {ldflags}".strip()]
    go(["build", *flags, "-o", str(output), package], module, progress)


def go(arguments: list[str], module: Path, progress: Progress, every: float = 30.0) -> str:
    """Run `go` in `module`, a folder with a go.mod, with a line of progress every `every` seconds; returns its output.

    Raises `EngineError` with the last lines of the error output when `go` fails.
    """
    # A go.work file in a parent folder would override the pinned go.mod.
    environment = {**os.environ, "GOWORK": "off"}
    with subprocess.Popen(
        ["go", *arguments],
        cwd=module,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        output, errors = finished(process, lambda took: progress(f"engine: still building, {took:.0f} s"), every)
    if process.returncode != 0:
        last = "\n".join(errors.strip().splitlines()[-15:])
        raise EngineError(f"engine: `go {arguments[0]}` failed in {module}:\n{last}\n{WAYS}")
    return output
