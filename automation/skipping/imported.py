"""The files that a program imports, found as Python finds them: https://docs.python.org/3/reference/import.html"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import resolve_name
from pathlib import Path

from automation.skipping.modules import Imported, Module

_LOADERS = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


class CannotBeParsedError(Exception):
    """A file of the program cannot be parsed."""


def imported(script: Path, folders: Sequence[Path], read: Callable[[Path], Module]) -> set[Path]:
    """The script and the modules in `folders` that it imports, directly or indirectly, also inside of functions.

    What is in none of the folders is left out. Raises `CannotBeParsedError`, and `OSError` for a file that cannot be
    read.
    """
    search = _Search([str(folder) for folder in folders], read)
    search.scan(script, "")
    while search.waiting:
        search.scan(*search.waiting.pop())
    return search.found


@dataclass
class _Search:
    folders: list[str]
    read: Callable[[Path], Module]
    found: set[Path] = field(default_factory=set)
    waiting: list[tuple[Path, str]] = field(default_factory=list)
    """Files that were found and not yet read, each with the package that its relative imports begin in."""
    _modules: dict[str, list[str]] = field(default_factory=dict)
    """The folders in which a module's submodules are; none for one that is no package, or is not there."""
    _finders: dict[str, FileFinder] = field(default_factory=dict)

    def scan(self, file: Path, package: str) -> None:
        self.found.add(file)
        if file.suffix not in SOURCE_SUFFIXES:
            return
        imports = self.read(file).imports
        if imports is None:
            raise CannotBeParsedError(str(file))
        for each in imports:
            self._follow(each, package)

    def _follow(self, statement: Imported, package: str) -> None:
        level, name, names = statement
        try:
            base = resolve_name("." * level + name, package)
        except ImportError:  # beyond the top: the program fails there
            return
        folders = self._module(base)
        for each in names:
            for submodule in _all_in(folders) if each == "*" else (each,):
                self._module(f"{base}.{submodule}")

    def _module(self, name: str) -> list[str]:
        if name not in self._modules:
            self._modules[name] = self._locate(name)
        return self._modules[name]

    def _locate(self, name: str) -> list[str]:
        parent = name.rpartition(".")[0]
        without_file: list[str] = []  # https://peps.python.org/pep-0420/
        for folder in self._module(parent) if parent else self.folders:
            if folder not in self._finders:
                self._finders[folder] = FileFinder(folder, *_LOADERS)
            spec = self._finders[folder].find_spec(name)
            inside = list((spec and spec.submodule_search_locations) or ())
            if spec and spec.loader and spec.origin:
                self.waiting.append((Path(spec.origin), name if inside else parent))
                return inside
            without_file += inside
        return without_file


def _all_in(folders: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for folder in folders for name in os.listdir(folder)} - {"__pycache__", "__init__"}  # noqa: PTH208
