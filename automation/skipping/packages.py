"""What is installed for the programs: Python packages, as the files that Python would import.

A version says too little: a package can be edited in place, built again at the same version, or linked to a checkout.
So a package is compared by the content of all its files.
"""

import os
import re
import site
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from automation.backend.states import digest
from automation.skipping.contents import Contents, content

_ALWAYS = ("sitecustomize", "usercustomize")
"""Modules that Python imports at each start. https://docs.python.org/3/library/site.html"""

_COMMANDS = frozenset({b"console_scripts", b"gui_scripts"})
"""Groups of entry points that only make commands. Any other group may be loaded by another package at any time.
https://packaging.python.org/en/latest/specifications/entry-points/"""

_NO_FOLDER = ("#", "import ", "import\t")
"""The beginnings of lines of a `.pth` file that add no folder."""

_TOP = re.compile(rb"[/.,]")
"""What ends the top-level name in a line of a list of files."""

_GROUP = re.compile(rb"^\s*\[\s*(.+?)\s*\]", re.MULTILINE)
"""The line with which a group of entry points begins."""

Files = dict[str, os.stat_result]


class Packages:
    """What is installed for this Python, besides the modules of the repository at `root`.

    `folders` are the folders with installed packages; by default this Python's. The folders that their `.pth` files
    add, and those in the variable PYTHONPATH, count like them.
    """

    def __init__(self, root: Path, contents: Contents, folders: Sequence[Path] | None = None) -> None:
        self._root = root.resolve()
        self._contents = contents
        self._given = folders
        self._sites = _existing(_site_folders() if folders is None else folders)
        self._known: dict[frozenset[str], str] = {}
        self._walked: dict[str, Files] = {}

    def stamps(self, tops: Iterable[str]) -> str:
        """The digest of what is installed under the top-level names `tops`, and of what every program starts with.

        Everything is read once, so a change during a run is not seen.
        """
        wanted = frozenset(tops)
        if wanted not in self._known:
            self._known[wanted] = self._digest(wanted)
        return self._known[wanted]

    def changed_since(self, tops: Iterable[str], ns: int) -> bool:
        """Whether any of it was written, replaced or removed after the time `ns`, which is in nanoseconds.

        It is also true if anything was installed or removed since, or compiled for the first time.
        """
        wanted = frozenset(tops)
        now = Packages(self._root, self._contents, self._given)
        if wanted in self._known and now.stamps(wanted) != self._known[wanted]:
            return True
        found = [status.st_ctime_ns for top in {*wanted, *_ALWAYS} for status in now._files(top).values()]
        found += [_changed(place) for place in (*now._sites, *now._read_at_start, *now._records(wanted))]
        return any(changed > ns for changed in found)

    def _digest(self, tops: frozenset[str]) -> str:
        files = {
            name: status
            for top in sorted({*tops, *_ALWAYS})
            for name, status in sorted(self._files(top).items())
            if not stat.S_ISDIR(status.st_mode)
        }
        now = [[name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for name, s in files.items()]
        lines = [self._contents.of(digest(now), lambda: digest({name: content(Path(name)) for name in files}))]
        lines += [f"{file} {digest(_content(file))}" for file in (*self._read_at_start, *self._records(tops))]
        lines += map(str, self._folders)
        return digest("\n".join(lines))

    @cached_property
    def _folders(self) -> list[Path]:
        """All folders with modules that are neither in this repository nor in Python's own library."""
        added = [*_python_path(), *(folder for each in self._sites for folder in _added(each))]
        return _existing([*self._sites, *(folder for folder in added if not self._is_own(folder))])

    def _is_own(self, place: Path) -> bool:
        return place.resolve().is_relative_to(self._root)

    @cached_property
    def _entries(self) -> dict[str, list[str]]:
        """What is in the folders, by the name with which it is imported: a package, a module, or an extension module
        such as `_yaml.cpython-311-x86_64-linux-gnu.so`."""
        found: dict[str, list[str]] = {}
        for folder in self._folders:
            for entry in os.listdir(folder):  # noqa: PTH208 - much faster in folders of hundreds of files
                found.setdefault(entry.partition(".")[0], []).append(f"{folder}{os.sep}{entry}")
        return found

    @cached_property
    def _read_at_start(self) -> list[Path]:
        """Files that any program may read: what Python reads at its start, and entry points, which packages load."""
        files = [file for folder in self._sites for file in folder.glob("*.pth")]
        files += [] if self._given is not None else [Path(sys.prefix) / "pyvenv.cfg"]
        entry_points = [folder / "entry_points.txt" for folder in self._metadata]
        return sorted(files) + [file for file in entry_points if set(_GROUP.findall(_content(file))) - _COMMANDS]

    @cached_property
    def _metadata(self) -> list[Path]:
        """The folder of each distribution that says what it has installed."""
        names = [name for entries in self._entries.values() for name in entries]
        return [Path(name) for name in sorted(names) if name.endswith((".dist-info", ".egg-info"))]

    @cached_property
    def _installed(self) -> list[tuple[Path, set[bytes]]]:
        """The list of files of each distribution, and the top-level names in it."""
        found = []
        for folder in self._metadata:
            lines = _content(folder / "RECORD").splitlines()
            found.append((folder / "RECORD", {_TOP.split(line, maxsplit=1)[0] for line in lines}))
        return found

    def _records(self, tops: frozenset[str]) -> list[Path]:
        """The lists of files of the distributions that have installed `tops`."""
        wanted = {top.encode() for top in tops}
        return [file for file, names in self._installed if names & wanted]

    def _files(self, top: str) -> Files:
        """The files and folders of a module or package, in every folder that has some of it."""
        if top not in self._walked:
            places = self._entries.get(top) or [str(place) for place in self._found_otherwise(top)]
            self._walked[top] = {name: status for place in places for name, status in _walk(place)}
        return self._walked[top]

    def _found_otherwise(self, top: str) -> list[Path]:
        """Where a module is that is in none of the folders: an editable installation may have a finder of its own."""
        if self._given is not None:
            return []
        try:
            spec = find_spec(top)
        except (ImportError, AttributeError, ValueError):
            return []
        places = [Path(place) for place in (spec.submodule_search_locations or [spec.origin or ""])] if spec else []
        return [
            place
            for place in places
            if place.is_absolute() and not self._is_own(place) and (top in _ALWAYS or not _is_standard(place))
        ]


def _site_folders() -> list[Path]:
    names = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    return [Path(name) for name in (*names, *([site.getusersitepackages()] if site.ENABLE_USER_SITE else []))]


def _is_standard(place: Path) -> bool:
    return any(place.is_relative_to(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))


def _python_path() -> list[Path]:
    return [Path(name) for name in os.environ.get("PYTHONPATH", "").split(os.pathsep) if name]


def _added(folder: Path) -> list[Path]:
    """The folders that the `.pth` files in `folder` add."""
    text = b"\n".join(_content(file) for file in sorted(folder.glob("*.pth"))).decode(errors="replace")
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith(_NO_FOLDER)]
    return [folder / line for line in lines if line]


def _existing(folders: Iterable[Path]) -> list[Path]:
    """The folders that exist, each once, in their order."""
    return list({folder.resolve(): None for folder in folders if folder.is_dir()})


def _walk(place: str) -> Iterator[tuple[str, os.stat_result]]:
    """The file, or the folder with all in it but compiled modules. Links are followed."""
    waiting, seen = [place], set()
    while waiting:
        name = waiting.pop()
        try:
            status = os.stat(name)  # noqa: PTH116 - much faster in folders of thousands of files
        except OSError:
            continue
        yield name, status
        if stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            waiting += [f"{name}{os.sep}{entry}" for entry in os.listdir(name) if entry != "__pycache__"]  # noqa: PTH208


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _changed(place: Path) -> int:
    try:
        return place.stat().st_ctime_ns
    except OSError:
        return 0
