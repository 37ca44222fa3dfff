"""Runs one program in a process of its own."""

import json
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from automation.language_host import own_modules
from automation.language_host.monitor import record_calls
from automation.language_host.recorder import Recorder


@dataclass(frozen=True)
class Program:
    """A program to run. `arguments` are the arguments of the SDK's script, and `code` is the folder that keeps the
    compiled code of the run's programs."""

    script: str
    arguments: Sequence[str]
    config: Mapping[str, str]
    secret_keys: Sequence[str]
    folder: str
    code: str


def run(program: Program, reads: Connection, output: Connection) -> None:
    """Run the program as the SDK's script does. Its output goes to `output`, and what it has read to `reads`.

    It ends the process with the script's exit code.
    """
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    if program.config:  # as the engine's own host, which does not set it otherwise
        os.environ["PULUMI_CONFIG"] = json.dumps(dict(program.config))
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(program.secret_keys))
    os.chdir(program.folder)
    sys.argv = [program.script, *program.arguments]
    own_modules.install(Path(program.code))
    recorder = Recorder()
    record_calls(recorder)
    try:
        runpy.run_path(program.script, run_name="__main__")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        reads.send(recorder.stop())
        reads.close()
