"""Finds what a program has read that is not an input of its stack. Such a stack cannot be skipped."""

from __future__ import annotations

from pathlib import Path

from automation.programs import Seen
from automation.skipping.sources import Sources
from shared.layers import StackId

_SYSTEM = ("/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sys/", "/usr/", "/System/", "/Library/")
"""Folders of the operating system. They are not reported."""

_VARIABLES = ("the variable AWS_", "the variable PULUMI_")
"""Variables that are inputs."""


def undeclared(seen: Seen, stack: StackId, root: Path, sources: Sources, engine_folder: Path) -> list[str]:
    """What the program of `stack` in the repository at `root` has read besides its inputs, as text for the user.

    `engine_folder` is the folder of the engine; every program runs with its scripts. The inputs: `skipping.inputs`.
    """
    root = root.resolve()
    files = [file for file in map(_source, seen.files) if not _is_declared(file, stack, root, sources, engine_folder)]
    variables = [each for each in seen.others if not each.startswith(_VARIABLES)]
    return [str(file.relative_to(root) if file.is_relative_to(root) else file) for file in files] + variables


def _is_declared(file: Path, stack: StackId, root: Path, sources: Sources, engine_folder: Path) -> bool:
    if file.is_relative_to(engine_folder) or str(file).startswith(_SYSTEM):
        return True
    file = file.resolve()
    return file == stack.config_file(root) or file in sources.of(stack.layer)


def _source(file: Path) -> Path:
    """The module of a file in `__pycache__`; any other file unchanged."""
    if file.parent.name == "__pycache__":
        return file.parent.parent / f"{file.name.partition('.')[0]}.py"
    return file
