"""Judges what a program has read: what is an input, what is compared besides, and what nobody can know beforehand.

A stack is skipped only if all that its program has read is known to be as before. The rules are simple on purpose:

- The program's own files, its configuration and the outputs of the stacks that its layer reads are inputs.
- What packages and Python itself have read on the way, data in `shared/`, the environment's policy files and files of
  the operating system are compared one by one.
- The results of a few data sources are asked for again (`automation.skipping.data_sources`).
- Whatever else it has read, and whatever may give another result each time, makes that its stack is never skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from automation.paths import short
from automation.programs import Seen
from automation.skipping import data_sources
from automation.skipping.reads import EVERYTHING, NAMES, Reads
from automation.skipping.sources import Sources, is_config, is_documentation, policy_folder
from automation.skipping.variables import CREDENTIALS, counts
from engine.environment import Environment
from shared.layers import StackId

_SYSTEM = ("/etc/", "/lib/", "/lib64/", "/opt/", "/usr/", "/System/", "/Library/")
"""Folders of the operating system, whose files are compared one by one."""

_EMPTY = "/dev/null"

_PACKAGES = {"pulumi", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "yaml", "google"}
"""Packages that read nothing by themselves, besides `pulumi_*`. A program that imports another one is run each time,
because a package can read anything, also through functions that nothing reports."""

_MODULES = {
    *("__future__", "_io", "abc", "ast", "asyncio", "base64", "binascii", "bisect", "builtins", "cmath", "codecs"),
    *("collections", "colorsys", "configparser", "contextlib", "contextvars", "copy", "csv", "dataclasses", "decimal"),
    *("difflib", "encodings", "enum", "errno", "fnmatch", "fractions", "functools", "genericpath", "glob", "graphlib"),
    *("hashlib", "heapq", "hmac", "html", "io", "ipaddress", "itertools", "json", "keyword"),
    *("logging", "math", "numbers", "operator", "os", "pathlib", "posixpath", "pprint", "queue", "re", "shlex"),
    *("shutil", "stat", "statistics", "string", "stringprep", "struct", "sys", "textwrap", "threading"),
    *("tomllib", "types", "typing", "unicodedata", "urllib.parse", "warnings", "weakref", "zlib"),
}
"""Modules of Python's library that read nothing, or only what is recorded when it is read."""

_NAMES = {
    *("datetime:timedelta", "datetime:timezone", "datetime:UTC", "concurrent.futures", "subprocess", "socket"),
    *("importlib", "importlib.util", "importlib.resources", "sqlite3", "time:sleep"),
    *("uuid:UUID", "uuid:uuid5", "uuid:uuid3", "uuid:NAMESPACE_DNS", "uuid:NAMESPACE_URL"),
}
"""The same of single names. What `subprocess`, `socket` and `sqlite3` do is reported."""

_MEANING = {"time": "the clock", "datetime": "the clock", "random": "chance", "secrets": "chance", "uuid": "chance"}


def judge(
    seen: Seen, stack: StackId, environment: Environment, sources: Sources, engine_folder: Path
) -> tuple[Reads, list[str]]:
    """What to compare before the stack is skipped, and what it has read that makes that it is never skipped, as text
    for the user.

    `engine_folder` is the folder of the engine; every program runs with its scripts.
    """
    judging = _Judging(stack, environment.root, sources, engine_folder)
    judging.paths(seen)
    judging.names(seen)
    invokes = set()
    for each in seen.invokes:
        if data_sources.is_determined(each, environment):
            continue
        asked = data_sources.asked(each)
        if asked:
            invokes.add(asked)
        else:
            judging.unknown.append(f"the data source {each.token}")
    if len({each.name for each in invokes}) < len(invokes):
        judging.unknown.append("a data source whose result has changed meanwhile")
    kept = Reads(tuple(sorted(judging.compared)), seen.variables, seen.packages, tuple(sorted(invokes)))
    return kept, list(dict.fromkeys(judging.unknown))


class _Judging:
    """Collects the paths to compare and the texts of what is unknown."""

    def __init__(self, stack: StackId, root: Path, sources: Sources, engine_folder: Path) -> None:
        self.compared: set[str] = set()
        self.unknown: list[str] = []
        self._stack = stack
        self._root = root
        self._folder = stack.folder(root)
        self._shared = root / "shared"
        self._policies = policy_folder(stack.layer, stack.environment, root)
        self._program = sources.program(stack.layer)
        self._engine_folder = engine_folder

    def paths(self, seen: Seen) -> None:
        """Judge everything that has a path."""
        for name in seen.modules:
            if not self._is_engine(Path(name)) and not self._is_declared(Path(name)):
                self._unknown(Path(name))
        for name in seen.files:
            self._opened(Path(name))
        for name in seen.folders:
            path = Path(name)
            if self._folder in path.parents or path in (self._shared, self._policies) or self._shared in path.parents:
                self.compared.add(f"{path}/{NAMES}")
            else:
                self.unknown.append(f"the names in the folder {short(path, self._root)}")
        for name in seen.looked_at:
            self._looked_at(Path(name))
        for name in seen.background:
            path = Path(name)
            if not self._is_engine(path) and not self._is_declared(path) and not self._is_above(path):
                self.compared.add(name)
        for name in seen.assets:
            path = self._folder / name
            if path.is_dir() and self._folder in path.resolve().parents:
                self.compared.add(f"{path}/{EVERYTHING}")
            elif not self._is_declared(path):
                self.unknown.append(f"the asset {name}")

    def names(self, seen: Seen) -> None:
        """Judge everything that has a name."""
        allowed = {(up.project, up.name) for up in self._stack.upstream()}
        for reference in seen.references:
            organization, _, rest = reference.partition("/")
            if organization != seen.organization or tuple(rest.split("/")) not in allowed:
                self.unknown.append(f"the outputs of the stack {reference}")
        asked = [name for name in seen.asked if not counts(name)]
        if any(text.startswith("the program ") for text in seen.others):
            # `subprocess` looks there for the program, which is named anyway.
            asked = [name for name in asked if name != "PATH"]
        self.unknown += [f"the variable {name}" for name in asked]
        self.unknown += [f"the variable {name}" for name in seen.variables if name in CREDENTIALS]
        self.unknown += [text for name in seen.imports for text in _imported(name)]
        root = f"{self._root}/"
        self.unknown += [text.replace(root, "") for text in seen.others]

    def _opened(self, path: Path) -> None:
        if self._is_engine(path) or str(path) == _EMPTY:
            return
        if path.suffix == ".py" and self._is_declared(path):
            # Of a module only its meaning is an input, and the program has read its text.
            self.compared.add(str(path))
        elif self._is_data(path) or str(path).startswith(_SYSTEM):
            self.compared.add(str(path))
        elif not self._is_declared(path):
            self._unknown(path)

    def _looked_at(self, path: Path) -> None:
        if self._is_engine(path) or self._is_above(path) or self._is_declared(path):
            return
        if self._is_data(path) or self._would_be_declared(path) or str(path).startswith(_SYSTEM):
            self.compared.add(str(path))
        else:
            self._unknown(path)

    def _is_engine(self, path: Path) -> bool:
        return path.is_relative_to(self._engine_folder)

    def _is_declared(self, path: Path) -> bool:
        declared = {path, path.resolve()}
        return self._stack.config_file(self._root) in declared or not declared.isdisjoint(self._program)

    def _would_be_declared(self, path: Path) -> bool:
        """Whether a path would be a part of the program if it was a file; it may be a folder, or not exist."""
        inside = path.is_relative_to(self._folder) and not is_config(path, self._folder)
        return inside and not is_documentation(path)

    def _is_data(self, path: Path) -> bool:
        if self._policies is not None and path.is_relative_to(self._policies):
            return True
        return path.is_relative_to(self._shared) and path.suffix != ".py"

    def _is_above(self, path: Path) -> bool:
        return any(each == path or path in each.parents for each in (self._folder, self._shared))

    def _unknown(self, path: Path) -> None:
        self.unknown.append(str(short(path, self._root)))


def _imported(name: str) -> Iterator[str]:
    module = name.partition(":")[0]
    top = module.partition(".")[0]
    if top in _PACKAGES or top.startswith("pulumi_"):
        return
    if not {name, module} & _NAMES and not {module, top} & _MODULES:
        yield f"{_MEANING[top]} (module {module})" if top in _MEANING else f"what the package {top} reads"
