"""Runs one program in a process of its own."""

import json
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_ENVIRON = ("<frozen os>", "<frozen _collections_abc>", "os.py", "_collections_abc.py")
"""The files with the methods of `os.environ`."""


@dataclass(frozen=True)
class Program:
    """A program to run. `arguments` are the arguments of the SDK's script."""

    script: str
    arguments: Sequence[str]
    config: Mapping[str, str]
    secret_keys: Sequence[str]
    folder: str


def run(program: Program, reads: Connection, output: Connection) -> None:
    """Run the program as the SDK's script does. Its output goes to `output`, and what it has read to `reads`.

    It ends the process with the script's exit code.
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
    """Records what the process reads from now on, except what the SDK reads from the engine.

    Files are recorded when Python opens them, except those of its own library and of installed packages
    (https://docs.python.org/3/library/audit_events.html). An environment variable is recorded when code outside of
    these reads it.
    """

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._others: set[str] = set()
        self._recording = True
        self._installed = (*{sys.prefix, os.path.realpath(sys.prefix)}, sys.base_prefix, __file__, "<frozen")
        sys.addaudithook(self._on_audit_event)
        environ: Any = type(os.environ)
        before = environ.__getitem__

        def getitem(variables: Any, key: str) -> str:
            if self._recording and self._asked_by_program():
                self._others.add(f"the variable {key}")
            value: str = before(variables, key)
            return value

        environ.__getitem__ = getitem

    def stop(self) -> tuple[list[str], list[str]]:
        """Stop recording; returns the files, and everything else."""
        self._recording = False
        return sorted(self._files), sorted(self._others)

    def _on_audit_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._recording:
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
