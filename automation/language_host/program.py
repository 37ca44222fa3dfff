"""One program, in a process of its own."""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_ENVIRON = ("<frozen os>", "<frozen _collections_abc>", "os.py", "_collections_abc.py")
"""Where the environment's own methods are."""


@dataclass(frozen=True)
class Program:
    """What the engine asks for: `arguments` are those of the SDK's script."""

    script: str
    arguments: Sequence[str]
    config: Mapping[str, str]
    secret_keys: Sequence[str]
    folder: str


def run(program: Program, reads: Connection, output: Connection) -> None:
    """Run the program as the SDK's script does. What it prints goes to `output`, what it has read to `reads`.

    Ends the process with the script's exit code.
    """
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    os.environ["PULUMI_CONFIG"] = json.dumps(dict(program.config))
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(program.secret_keys))
    os.chdir(program.folder)
    sys.argv = [program.script, *program.arguments]
    seen = Seen()
    try:
        runpy.run_path(program.script, run_name="__main__")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        reads.send(seen.stop())
        reads.close()


class Seen:
    """What the process reads from now on, beside what the SDK reads over its connection to the engine.

    The files are those that Python opens, but for its own library and the installed packages
    (https://docs.python.org/3/library/audit_events.html). A variable of the environment counts when other code than
    those asks for it.
    """

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._others: set[str] = set()
        self._listening = True
        self._installed = (*{sys.prefix, os.path.realpath(sys.prefix)}, sys.base_prefix, __file__, "<frozen")
        sys.addaudithook(self._hear)
        environ: Any = type(os.environ)
        before = environ.__getitem__

        def getitem(variables: Any, key: str) -> str:
            if self._listening and self._asked_by_program():
                self._others.add(f"the variable {key}")
            value: str = before(variables, key)
            return value

        environ.__getitem__ = getitem

    def stop(self) -> tuple[list[str], list[str]]:
        """Listen no longer. The files, and everything else."""
        self._listening = False
        return sorted(self._files), sorted(self._others)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._listening:
            return
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike) and not self._writes(arguments):
            file = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - links stay as they are
            if not file.startswith(self._installed):
                self._files.add(file)
        elif event == "subprocess.Popen":
            self._others.add(f"the program {arguments[0]}")
        elif event in ("socket.connect", "socket.getaddrinfo"):
            self._others.add("the network")

    @staticmethod
    def _writes(arguments: tuple[Any, ...]) -> bool:
        mode, flags = arguments[1], arguments[2]
        if isinstance(mode, str):
            return not ({"r", "+"} & set(mode))
        return bool(isinstance(flags, int) and flags & os.O_WRONLY)

    def _asked_by_program(self) -> bool:
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.endswith(_ENVIRON):
            frame = frame.f_back  # type: ignore[assignment]
        return frame is not None and not frame.f_code.co_filename.startswith(self._installed)
