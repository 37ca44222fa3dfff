"""Runs one program in a process of its own: for the engine, or as a rehearsal."""

import json
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from automation.language_host import own_modules
from automation.language_host.asked import Teller
from automation.language_host.documents import of_arguments
from automation.language_host.monitor import record_calls
from automation.language_host.recorder import Recorder
from automation.language_host.rehearsal import rehearse

PLANNED_OUTPUTS = "ORGANIZATION_PLANNED_OUTPUTS"
"""`shared.planned_outputs.VARIABLE`. Nothing of `shared` may be imported here: programs import it themselves."""


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


def run(program: Program, reads: Connection, output: Connection, told: Connection) -> None:
    """Run the program as the SDK's script does. Its output goes to `output`, what it has read to `reads`, and what it
    asks the engine for to `told`, before the engine hears of it.

    It ends the process with the script's exit code.
    """
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    _prepare(program)
    planner = of_arguments(program.arguments)
    recorder = Recorder()
    record_calls(recorder, Teller(told))
    if planner:
        planner.install()
    try:
        runpy.run_path(program.script, run_name="__main__")
    finally:
        if planner:
            planner.write()
        sys.stdout.flush()
        sys.stderr.flush()
        reads.send(recorder.stop())
        reads.close()


def run_rehearsal(program: Program, named: tuple[str, str, str], deployed: str, told: Connection) -> None:
    """Run the program without an effect; what it asks for goes to `told`.

    `named` are project, stack and organization, and `deployed` is the file with what it has.
    """
    with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    # Not what an earlier preview of this run has planned: that is deployed by now.
    os.environ.pop(PLANNED_OUTPUTS, None)
    _prepare(program)
    rehearse(Teller(told), *named, Path(deployed))
    runpy.run_path(program.script, run_name="__main__")


def _prepare(program: Program) -> None:
    if program.config:  # as the engine's own host, which does not set it otherwise
        os.environ["PULUMI_CONFIG"] = json.dumps(dict(program.config))
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(program.secret_keys))
    os.chdir(program.folder)
    sys.argv = [program.script, *program.arguments]
    own_modules.install(Path(program.code))
