"""Records what a program reads, apart from what the SDK reads from the engine.

Only facts: `automation.skipping.judge` judges which of them are inputs. What Python reports by itself is heard
(https://docs.python.org/3/library/audit_events.html), and what it does not report is wrapped: the environment
variables, the functions of `os` that read without opening, and the import statement, which shows that a program uses
the clock or chance.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os
import posix
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from automation.language_host.callers import (
    HERE,
    PACKAGES,
    asks_for_existence,
    is_by_program,
    is_import,
    is_installed,
    is_own,
)
from automation.language_host.variables import Variables

_LOOKS = ("stat", "lstat", "access", "readlink", "statvfs", "pathconf")
"""Functions of `os` that read something about a path without opening it."""

_MACHINE = (
    *("urandom", "getrandom", "getpid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid", "getgid"),
    *("getegid", "getgroups", "getlogin", "uname", "cpu_count", "getloadavg", "times", "sched_getaffinity", "sysconf"),
    *("confstr", "get_terminal_size", "ttyname", "fstat", "fstatvfs"),
)
"""Functions of `os` whose result depends on the process, the machine or chance. Packages call them for their own ends,
so they count only if a program does."""

_PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")
_OTHERS = {
    "os.fork": "another process",
    "os.forkpty": "another process",
    "socket.connect": "the network",
    "socket.getaddrinfo": "the network",
    "socket.gethostbyname": "the network",
    "socket.gethostname": "the machine's name",
    "sqlite3.connect": "a database",
    "ctypes.dlopen": "native code",
    "ctypes.dlsym": "native code",
    "os.getxattr": "attributes of files",
    "os.listxattr": "attributes of files",
}


_KINDS = (
    *("files", "folders", "modules", "looked_at", "background", "assets", "references"),
    *("variables", "asked", "imports", "others"),
)
"""What is recorded, as `automation.programs.Seen` has it."""


class Recorder:
    """Records from its creation until `stop`, which returns what was found (see `automation.programs.Seen`)."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {kind: set() for kind in _KINDS}
        self.invokes: list[dict[str, Any]] = []
        self._recording = True
        self._written: set[str] = set()
        sys.addaudithook(self._on_audit_event)
        self._wrap_variables()
        self._wrap_os()
        self._wrap_imports()
        _hide_own_frames()

    def stop(self) -> dict[str, Any]:
        """Stop recording."""
        self._recording = False
        lists = {kind: sorted(names) for kind, names in self.found.items()}
        return {**lists, "packages": sorted(_loaded_packages()), "invokes": self.invokes}

    def add(self, kind: str, what: str) -> None:
        """Record something that was read."""
        if self._recording:
            self.found[kind].add(what)

    def _on_audit_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._recording:
            return
        if event == "open":
            self._opened(arguments)
        elif event in ("os.listdir", "os.scandir"):
            self._listed(arguments[0], sys._getframe(1))
        elif event in _PROCESSES:
            self.found["others"].add(f"the program {_text(arguments[1 if event == 'os.spawn' else 0])}")
        elif event in _OTHERS:
            self.found["others"].add(_OTHERS[event])

    def _opened(self, arguments: tuple[Any, ...]) -> None:
        path, mode, flags = arguments
        if isinstance(path, int) or _writes(mode, flags):
            return
        file = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links stay as they are
        caller = sys._getframe(2)
        if is_installed(file) or caller.f_code.co_filename.startswith(HERE):
            return
        by_import = is_import(caller)
        if by_import or is_by_program(caller):
            self.found["modules" if by_import else "files"].add(_source(file))
        else:
            self.found["background"].add(file)

    def _listed(self, path: Any, caller: FrameType) -> None:
        if is_import(caller):
            return
        if isinstance(path, int):
            self.found["others"].add("a folder that was opened before")
            return
        folder = os.path.abspath(os.fsdecode(path or "."))  # noqa: PTH100
        if is_by_program(caller):
            self.found["folders"].add(folder)
        # Packages look for the plugins that other packages have for them: `automation.skipping.packages`.
        elif is_own(folder) and "importlib" not in caller.f_code.co_filename:
            self.found["background"].add(folder)

    def _wrap_variables(self) -> None:
        environ: Any = os.environ
        recorded = Variables(environ._data, self._asked, self._written.add)
        environ._data = recorded
        if os.supports_bytes_environ:
            data: Any = os.environb
            data._data = recorded

    def _asked(self, name: str | None) -> None:
        if not self._recording or name in self._written:
            return
        by_program = is_by_program(sys._getframe(2))
        if name is None:
            self.found["others"].add("the names of all variables")
        else:
            self.found["asked" if by_program else "variables"].add(name)

    def _wrap_os(self) -> None:
        for module in (os, posix):
            for name in _LOOKS:
                self._wrap(module, name, self._looked)
            for name in _MACHINE:
                self._wrap(module, name, self._asked_machine)

    def _wrap(self, module: Any, name: str, record: Callable[[str, FrameType, tuple[Any, ...], Any], None]) -> None:
        before = getattr(module, name, None)
        if before is None:
            return

        def wrapper(*arguments: Any, **named: Any) -> Any:
            if self._recording:
                record(name, sys._getframe(1), arguments, named)
            return before(*arguments, **named)

        # `os` compares its functions with these sets, as in `os.stat in os.supports_follow_symlinks`.
        for each in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if before in each:
                each.add(wrapper)
        setattr(module, name, wrapper)

    def _looked(self, name: str, caller: FrameType, arguments: tuple[Any, ...], named: Any) -> None:
        path = arguments[0] if arguments else named.get("path", ".")
        if is_import(caller) or isinstance(path, int):
            return
        if named.get("dir_fd") is not None:
            self.found["others"].add("a folder that was opened before")
            return
        file = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        if is_installed(file):
            return
        if not is_by_program(caller):
            self.found["background"].add(file)
        elif name == "readlink" or asks_for_existence(caller):
            self.found["looked_at"].add(file)
        else:
            self.found["others"].add(f"the size, times or rights of {file}")

    def _asked_machine(self, name: str, caller: FrameType, _arguments: tuple[Any, ...], _named: Any) -> None:
        if is_by_program(caller) and not caller.f_code.co_filename.startswith(HERE):
            self.found["others"].add(f"the machine or the process (os.{name})")

    def _wrap_imports(self) -> None:
        before_import, before_module = builtins.__import__, importlib.import_module

        def statement(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
            return imported(lambda: before_import(name, globals, locals, fromlist, level), "." * level + name, fromlist)

        def import_module(name: str, package: str | None = None) -> Any:
            return imported(lambda: before_module(name, package), name, ())

        def imported(load: Callable[[], Any], name: str, names: Any) -> Any:
            by_program = self._recording and is_by_program(sys._getframe(2))
            try:
                found = load()
            except ImportError:
                if by_program:
                    self.found["others"].add(f"the module {name}, which is not there")
                raise
            if by_program and not name.startswith("."):
                self._imported(name, names or ())
            return found

        builtins.__import__ = statement
        importlib.import_module = import_module

    def _imported(self, name: str, names: Iterable[str]) -> None:
        top = sys.modules.get(name.partition(".")[0])
        file = getattr(top, "__file__", None) or next(iter(getattr(top, "__path__", ())), None)
        if file is None or not is_own(file):
            self.found["imports"].update([f"{name}:{each}" for each in names] or [name])


def _hide_own_frames() -> None:
    """Let no stack trace show the functions of this package: the import statement passes through them."""
    before_extract, before_init = traceback.extract_tb, traceback.TracebackException.__init__

    def extract(tb: TracebackType | None, *arguments: Any, **named: Any) -> Any:
        return before_extract(_without_own(tb), *arguments, **named)

    def init(self: Any, kind: Any, value: Any, tb: Any, *arguments: Any, **named: Any) -> None:
        before_init(self, kind, value, _without_own(tb), *arguments, **named)

    traceback.extract_tb = extract
    traceback.TracebackException.__init__ = init  # type: ignore[method-assign,assignment]


def _without_own(tb: TracebackType | None) -> TracebackType | None:
    """The stack trace, which is changed, without the frames of this package but for the first one."""
    last = tb
    while last is not None and last.tb_next is not None:
        if last.tb_next.tb_frame.f_code.co_filename.startswith(HERE):
            last.tb_next = last.tb_next.tb_next
        else:
            last = last.tb_next
    return tb


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return not ({"r", "+"} & set(mode))
    return isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY


def _text(argument: Any) -> str:
    if isinstance(argument, list | tuple):
        argument = argument[0] if argument else ""
    return os.fsdecode(argument) if isinstance(argument, bytes | os.PathLike) else str(argument)


def _source(file: str) -> str:
    """The module of a file with bytecode; any other file unchanged."""
    try:
        return importlib.util.source_from_cache(file)
    except (ValueError, NotImplementedError):
        return file


def _loaded_packages() -> set[str]:
    """The top-level names of what was imported from installed packages."""
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        folder = next((each for each in PACKAGES if isinstance(file, str) and file.startswith(each)), None)
        if file and folder:
            found.add(Path(file).relative_to(folder).parts[0].partition(".")[0])
    return found
