"""The files of this repository that a layer's program consists of.

A program can read its own folder, the modules that it imports from this repository, and the data files in `shared/`.
Of the stack configuration files in its folder, a stack reads only its own. A stack whose program has read
anything else cannot be skipped.
"""

import os
from modulefinder import ModuleFinder
from pathlib import Path

from automation.programs import Seen
from shared.layers import StackId

LOCK_FILE = "requirements.lock"

_DOCUMENTATION = ("README.md", ".example")

_NEVER_READ = ("__pycache__", ".git", ".venv")
"""Folders that are no part of a program."""

_SYSTEM = ("/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sys/", "/usr/", "/System/", "/Library/")
"""Folders of the operating system. They are not reported."""

_VARIABLES = ("the variable AWS_", "the variable PULUMI_")
"""Variables that are inputs."""


class Sources:
    """The programs of the repository at `root`. Each is analysed once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[str, frozenset[Path]] = {}

    def of(self, layer: str) -> frozenset[Path]:
        """The files that the programs of `layer` can read, without the configuration files of stacks.

        If a program cannot be parsed, all files in `shared/` are included.
        """
        if layer not in self._known:
            self._known[layer] = _program_files(layer, self._root)
        return self._known[layer]


def _program_files(layer: str, root: Path) -> frozenset[Path]:
    folder = root / "stacks" / layer
    own = {file for file in _files(folder) if not is_config(file, folder)}
    data = {file for file in _files(root / "shared") if file.suffix != ".py"}
    return frozenset(file for file in own | data | _imported(root, folder) if not is_documentation(file))


def is_config(file: Path, folder: Path) -> bool:
    """Whether `file` is a stack's configuration file in a layer's `folder`."""
    name = file.name
    return file.parent == folder and name.startswith("Pulumi.") and name.endswith(".yaml") and name != "Pulumi.yaml"


def is_documentation(file: Path) -> bool:
    """Whether `file` is documentation, which no program reads."""
    return file.name.endswith(_DOCUMENTATION)


def _files(folder: Path) -> set[Path]:
    return files_in(folder)


def files_in(folder: Path) -> set[Path]:
    """The files in a folder and in the folders below it. Links to folders are followed, and links that lead nowhere are
    included: a program may look whether they do."""
    found: set[Path] = set()

    def walk(here: Path, above: frozenset[str]) -> None:
        real = os.path.realpath(here)
        if real in above:  # a link to a folder that it is in
            return
        try:
            entries = list(os.scandir(here))
        except OSError:
            return
        for entry in entries:
            if entry.name in _NEVER_READ:
                continue
            if os.path.isdir(entry.path):  # noqa: PTH112 - `entry.is_dir` fails for a link to itself
                walk(Path(entry.path), above | {real})
            elif entry.is_symlink() or entry.is_file():
                found.add(Path(entry.path))

    walk(folder, frozenset())
    return found


def _imported(root: Path, folder: Path) -> set[Path]:
    """The modules of this repository that the program imports, directly or indirectly, also inside of functions."""
    finder = ModuleFinder(path=[str(folder), str(root)])
    try:
        finder.run_script(str(folder / "__main__.py"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return _files(root / "shared")
    if _cannot_parse_one(finder, root):
        return _files(root / "shared")
    names = (getattr(module, "__file__", None) for module in finder.modules.values())
    found = (Path(name) for name in names if name)
    return {file for file in found if file.is_relative_to(root)}


def _cannot_parse_one(finder: ModuleFinder, root: Path) -> bool:
    """Whether a module of this repository was left out by `finder` because it cannot be parsed."""
    return any((root / name.replace(".", "/")).with_suffix(".py").is_file() for name in finder.badmodules)


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
