"""What the Python files of a program mean and import, found out once for each content that they have.

To parse a program takes a quarter of a second, in each run, and most runs find the files as they were.
"""

import ast
import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.kept import keep

KEPT = 2000
"""How many modules are remembered, the last ones."""

FILE = "modules.json"

Imported = tuple[int, str, tuple[str, ...]]
"""An import statement: how many dots it begins with, the module, and the names that are imported from it."""


@dataclass(frozen=True)
class Module:
    """A Python file. `meaning` is the digest of its code, without comments, formatting and positions.

    `imports` are its import statements, also those inside of functions; None if the file cannot be parsed.
    """

    meaning: str
    imports: tuple[Imported, ...] | None


def module(content: bytes) -> Module:
    """The module with this content. If it cannot be parsed, its meaning is the digest of its bytes."""
    try:
        tree = ast.parse(content)
        says = ast.dump(tree).encode(errors="surrogatepass")  # it has the docstrings
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Module(hashlib.sha256(content).hexdigest(), None)
    return Module(hashlib.sha256(says).hexdigest(), tuple(_imports(tree)))


def _imports(tree: ast.Module) -> Iterator[Imported]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, each.name, ()) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(each.name for each in node.names)


class Modules:
    """Modules by their content. What was found is kept in `folder`, which need not exist: it is the folder of what
    Python compiles, so that whoever can write there could change what is run anyway."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = threading.Lock()
        self._known: dict[str, Module] | None = None
        self._new = False

    def of(self, content: bytes) -> Module:
        """The module with this content."""
        # Another Python has another syntax tree.
        key = hashlib.sha256(sys.version.encode() + b"\0" + content).hexdigest()
        with self._lock:
            if self._known is None:
                self._known = self._kept()
            # The last ones that were asked for are at the end.
            found = self._known.pop(key, None)
            self._new |= found is None
            self._known[key] = found or module(content)
            return self._known[key]

    def keep(self) -> None:
        """Keep what is new for the next run. If that fails, the next run finds it out again."""
        with self._lock:
            if not self._new or self._known is None:
                return
            self._new = False
            last = list(self._known.items())[-KEPT:]
            with suppress(OSError):
                self._file.parent.mkdir(exist_ok=True)
                keep(self._file, {key: [each.meaning, each.imports] for key, each in last})

    def _kept(self) -> dict[str, Module]:
        try:
            return {str(key): _read(value) for key, value in json.loads(self._file.read_text()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _read(value: Any) -> Module:
    meaning, imports = value
    if imports is None:
        return Module(str(meaning), None)
    found = ((int(level), str(name), tuple(map(str, names))) for level, name, names in imports)
    return Module(str(meaning), tuple(found))
