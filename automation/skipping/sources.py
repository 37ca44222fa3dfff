"""The files of this repository that a layer's program consists of.

A program can read its own folder, the modules that it imports from this repository, and the data files in `shared/`.
Of the stack configuration files in its folder, a stack reads only its own, and of the policy files those of its
environment. A stack whose program has read anything else cannot be skipped.
"""

import hashlib
import os
from pathlib import Path
from threading import Lock

from automation.skipping.imported import CannotBeParsedError, imported
from automation.skipping.modules import Modules
from shared.policy_files import FOLDER, READERS

LOCK_FILE = "requirements.lock"

_DOCUMENTATION = ("README.md", ".example")

_NEVER_READ = ("__pycache__", ".git", ".venv")
"""Folders that are no part of a program."""


class Sources:
    """The programs of the repository at `root`. Each is analysed once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._modules = Modules(self._root / "__pycache__")
        self._known: dict[str, frozenset[Path]] = {}
        self._lock = Lock()
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
        is_module = file.suffix == ".py"
        found = self._modules.of(content).meaning if is_module else hashlib.sha256(content).hexdigest()
        self._digests[file] = now, found
        return found

    def of(self, layer: str) -> frozenset[Path]:
        """The files that the programs of `layer` can read, without the configuration files of stacks.

        If a program cannot be parsed, all files in `shared/` are included.
        """
        with self._lock:
            if layer not in self._known:
                self._known[layer] = _program_files(layer, self._root, self._modules)
                for file in self._known[layer]:
                    self.digest(file)
                self._modules.keep()
            return self._known[layer]


def _program_files(layer: str, root: Path, modules: Modules) -> frozenset[Path]:
    folder = root / "stacks" / layer
    policy_files = root / FOLDER
    own = {file for file in files_in(folder) if not is_config(file, folder) and not file.is_relative_to(policy_files)}
    data = {file for file in files_in(root / "shared") if file.suffix != ".py"}
    return frozenset(file for file in own | data | _imported(root, folder, modules) if not is_documentation(file))


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


def _imported(root: Path, folder: Path, modules: Modules) -> set[Path]:
    """The modules of this repository that the program imports."""
    try:
        return imported(folder / "__main__.py", (folder, root), lambda file: modules.of(file.read_bytes()))
    except (OSError, CannotBeParsedError):
        return files_in(root / "shared")


def stamp(file: Path) -> tuple[int, ...]:
    """What shows that a file was written, also if it was put back as it was; empty if there is none."""
    try:
        found = [file.lstat(), file.stat()]
    except OSError:
        return ()
    return tuple(number for each in found for number in (each.st_mtime_ns, each.st_ctime_ns, each.st_size, each.st_ino))
