"""A world's files and variables, to bring them back after a change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.automation.skipping.fuzz.world import World


class Snapshot:
    """All that changes change: files with their content, time and mode, links, and variables."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._variables = dict(world.variables)
        self._found = {path: _of(path) for path in _paths(world)}

    def restore(self) -> None:
        """Bring everything back, and touch nothing that is as it was."""
        self._world.variables = dict(self._variables)
        for path in sorted(set(_paths(self._world)) - set(self._found), reverse=True):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for path, before in self._found.items():
            if not os.path.lexists(path) or _of(path) != before:
                _bring_back(path, before)


_Content = tuple[str, bytes | str, int, int]


def _of(path: Path) -> _Content:
    if path.is_symlink():
        return "link", str(path.readlink()), 0, 0
    status = path.stat()
    if path.is_dir():
        return "folder", "", 0, status.st_mode
    return "file", path.read_bytes(), status.st_mtime_ns, status.st_mode


def _bring_back(path: Path, before: _Content) -> None:
    kind, content, time, mode = before
    if isinstance(content, bytes):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.utime(path, ns=(time, time))
    elif kind == "link":
        path.unlink(missing_ok=True)
        path.symlink_to(content)
    else:
        path.mkdir(parents=True, exist_ok=True)


def _paths(world: World) -> Iterator[Path]:
    """What changes can change, folders before what is in them. Caches are Python's own business."""
    for top in (world.root, world.outside, world.home):
        for folder, names, files in os.walk(top):
            here = Path(folder)
            if here == world.packages:
                names[:] = [name for name in names if name.startswith("fuzz_")]
                files = [name for name in files if name.startswith(("fuzz_", "sitecustomize"))]
            if here == world.root:
                names[:] = [name for name in names if name not in _LEFT_ALONE]
            names[:] = [name for name in names if name not in ("__pycache__", "locks", "history", "backups")]
            yield from (here / name for name in (*names, *files))


_LEFT_ALONE = {"automation", "engine", "sandbox", "home", ".engine", ".runs", ".inputs"}
