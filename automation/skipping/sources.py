"""The files of this repository that a layer's program consists of.

A program can read its own folder, the modules that it imports from this repository, and the data files in `shared/`.
Of the stack configuration files in its folder, a stack reads only its own, and of the policy files those of its
environment. A stack whose program has read anything else cannot be skipped.
"""

import hashlib
import os
from modulefinder import ModuleFinder
from pathlib import Path
from threading import Lock

from automation.skipping.meaning import meaning
from shared.policy_files import FOLDER, READERS

LOCK_FILE = "requirements.lock"

_DOCUMENTATION = ("README.md", ".example")

_NEVER_READ = ("__pycache__", ".git", ".venv")
"""Folders that are no part of a program."""

_ONE_AT_A_TIME = Lock()
"""`ModuleFinder` drops entries of `sys.path_importer_cache`, which fails when two threads drop the same one."""


class Sources:
    """The programs of the repository at `root`. Each is analysed once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[str, frozenset[Path]] = {}
        self._digests: dict[Path, tuple[tuple[int, ...], str]] = {}

    def program(self, layer: str) -> frozenset[Path]:
        """The files whose content is the program of `layer`, all of them: its folder and what it imports.

        Of the data in `shared/` each program reads some, which is known only when it has run.
        """
        data = {file for file in self.of(layer) if file.suffix != ".py"}
        return self.of(layer) - {file for file in data if file.is_relative_to(self._root / "shared")}

    def digest(self, file: Path) -> str:
        """The digest of a file of a program: of a module its meaning, so that a comment does not count."""
        now = stamp(file)
        known = self._digests.get(file)
        if known and known[0] == now and now:
            return known[1]
        try:
            content = file.read_bytes()
        except OSError:
            return ""
        found = meaning(content) if file.suffix == ".py" else hashlib.sha256(content).hexdigest()
        self._digests[file] = now, found
        return found

    def of(self, layer: str) -> frozenset[Path]:
        """The files that the programs of `layer` can read, without the configuration files of stacks.

        If a program cannot be parsed, all files in `shared/` are included.
        """
        with _ONE_AT_A_TIME:
            if layer not in self._known:
                self._known[layer] = _program_files(layer, self._root)
            return self._known[layer]


def _program_files(layer: str, root: Path) -> frozenset[Path]:
    folder = root / "stacks" / layer
    policy_files = root / FOLDER
    own = {file for file in files_in(folder) if not is_config(file, folder) and not file.is_relative_to(policy_files)}
    data = {file for file in files_in(root / "shared") if file.suffix != ".py"}
    return frozenset(file for file in own | data | _imported(root, folder) if not is_documentation(file))


def is_config(file: Path, folder: Path) -> bool:
    """Whether `file` is a stack's configuration file in a layer's `folder`."""
    name = file.name
    return file.parent == folder and name.startswith("Pulumi.") and name.endswith(".yaml") and name != "Pulumi.yaml"


def policy_folder(layer: str, environment: str, root: Path) -> Path | None:
    """The folder of the policy files that the programs of a layer read in an environment; None if they read none."""
    return root / FOLDER / environment if layer in READERS else None


def is_documentation(file: Path) -> bool:
    """Whether `file` is documentation, which no program reads."""
    return file.name.endswith(_DOCUMENTATION)


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
        return files_in(root / "shared")
    if _cannot_parse_one(finder, root):
        return files_in(root / "shared")
    names = (getattr(module, "__file__", None) for module in finder.modules.values())
    found = (Path(name) for name in names if name)
    return {file for file in found if file.is_relative_to(root)}


def stamp(file: Path) -> tuple[int, ...]:
    """What shows that a file was written, also if it was put back as it was; empty if there is none."""
    try:
        found = [file.lstat(), file.stat()]
    except OSError:
        return ()
    return tuple(number for each in found for number in (each.st_mtime_ns, each.st_ctime_ns, each.st_size, each.st_ino))


def _cannot_parse_one(finder: ModuleFinder, root: Path) -> bool:
    """Whether a module of this repository was left out by `finder` because it cannot be parsed."""
    return any((root / name.replace(".", "/")).with_suffix(".py").is_file() for name in finder.badmodules)
