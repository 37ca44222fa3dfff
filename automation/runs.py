"""A run over the stacks of an environment, and how it is prepared."""

import os
import shlex
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from pulumi.automation import CommandError
from rich.console import Console

from automation.backend import state_files
from automation.backend.login import backend_of, cloud_of
from automation.backend.states import States
from automation.capacity import default_parallel
from automation.configuration import check
from automation.environments import environment
from automation.paths import short
from automation.processes import Processes
from automation.programs import Programs
from automation.reporting.report import report_file
from automation.skipping.inputs import FOLDER as INPUTS
from automation.skipping.inputs import Reader
from automation.skipping.ledger import Ledger
from automation.skipping.sources import Sources
from automation.stacks import Stacks, unreadable
from automation.target import Target
from engine.environment import Environment
from engine.install import Engine, Progress, get_engine
from policy_pack import settings
from shared.errors import UsageError
from shared.layers import ROOT, StackId, discover
from shared.private_folders import private_folder

KEPT_RUNS = 50
"""The number of runs whose logs are kept."""


@dataclass
class Run:
    """A prepared run of an environment.

    `stacks` are all stacks of the environment, upstream stacks first. `backend` is the URL of the state. At most
    `parallel` stacks are worked on at a time. With `fail_fast`, no stack is started after a failure. `report` is the
    file for the report. With `wait`, the run waits for another one that is at work on the same stacks.
    """

    environment: Environment
    stacks: list[StackId]
    engine: Stacks
    console: Console
    logs: Path
    backend: str
    states: States
    ledger: Ledger
    sources: Sources
    parallel: int = 1
    fail_fast: bool = False
    report: Path | None = None
    wait: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    removed_units: set[str] = field(default_factory=set)
    """URNs of OUs that have left the configuration: they are deleted although they are protected."""
    removed_users: set[str] = field(default_factory=set)
    """Names of IAM users who are deleted: they have left the configuration, or all are destroyed."""
    target: Target = field(init=False)
    """What the command was asked to work on; the whole environment unless said otherwise."""
    activate: str | None = None
    """What a shell must be told before `invoke` works in it, if anything."""
    told: set[str] = field(default_factory=set)
    """What was printed with `tell`."""
    listing: set[tuple[str, str]] | None = None
    """A listing of the backend that was made for a guard, for the next who needs one."""

    def __post_init__(self) -> None:
        self.target = Target(self.environment.name)

    def tell(self, text: str) -> None:
        """Print `text`, once in a run: a deployment that is previewed first is two operations."""
        if text not in self.told:
            self.told.add(text)
            self.console.print(text, markup=False)


def open_run(
    name: str,
    choose: Callable[[Sequence[StackId]], list[StackId]],
    console: Console,
    root: Path = ROOT,
    *,
    parallel: str | None = None,
    fail_fast: bool = False,
    report: str | None = None,
    wait: bool = False,
    target: Target | None = None,
) -> tuple[Run, list[StackId]]:
    """Prepare a run of the stacks that `choose` selects from the environment; returns the run and those stacks.

    Their configuration is checked before anything is started. This process's environment variables are replaced by
    those that the engine needs. `parallel`, `report` and `target` are as the user typed them. Raises
    `shared.errors.UserError` and `automation.selection.choose.NothingChosen`.
    """
    width = _parallel(parallel)
    # Before this process's environment has the engine's PATH.
    activate = activation()
    file = report_file(report)
    stacks = discover(name, root)
    chosen = choose(stacks)
    check(chosen, root)
    settings.read(root)  # the language host reads them again
    where = environment(name, root)
    logs = _new_logs(root)
    # Not to standard output, where a script reads the result.
    engine = ready_engine(where, root, partial(print, file=sys.stderr, flush=True))
    run = make_run(where, engine, console, logs, root, parallel=width, fail_fast=fail_fast, report=file)
    run.wait = wait
    run.target = target or run.target
    run.activate = activate
    return run, chosen


def make_run(
    where: Environment,
    engine: Engine,
    console: Console,
    logs: Path,
    root: Path,
    *,
    parallel: int,
    fail_fast: bool = False,
    report: Path | None = None,
) -> Run:
    """A run with `engine`. This process's environment variables must already be set for it."""
    programs = Programs(engine, root, logs)
    cloud = cloud_of(os.environ)
    stacks = Stacks(engine.command, Processes(), programs, logs, root, disposable=where.disposable, cloud=cloud)
    backend = backend_of(os.environ, root)
    states = States(backend, stacks.export, root / INPUTS)
    sources = Sources(root)
    ledger = Ledger(root, backend, states, Reader(where, engine, root, sources, states))
    return Run(
        where,
        discover(where.name, root),
        stacks,
        console,
        logs,
        backend,
        states,
        ledger,
        sources,
        parallel,
        fail_fast,
        report,
    )


def activation() -> str | None:
    """What a shell must be told before `invoke` works in it: it may run this one by its path, as make does."""
    found = shutil.which("invoke")
    if found and Path(found).parent.absolute() == Path(sys.executable).parent.absolute():
        return None
    script = Path(sys.executable).parent / "activate"
    return f". {shlex.quote(str(short(script, Path.cwd())))}" if script.is_file() else None


def _parallel(given: str | None) -> int:
    # `given` is text, because invoke itself would show a stack trace for an invalid number.
    if given is None:
        return default_parallel()
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise UsageError(f"--parallel is {given!r}; allowed: a whole number, 1 or more")
    return int(given)


def ready_engine(where: Environment, root: Path, progress: Progress) -> Engine:
    """The engine. Sets this process's environment variables for it, and starts what the environment needs."""
    engine = get_engine(root, progress)
    where.start(engine, progress)
    variables = where.variables(engine)
    # The Automation API adds variables to this process's environment but never removes any.
    os.environ.clear()
    os.environ.update(variables)
    return engine


def missing(run: Run, chosen: Sequence[StackId], there: set[StackId]) -> set[StackId]:
    """The chosen stacks that the backend does not have yet; it has those in `there`.

    Stacks that a chosen stack reads and that do not exist are created, empty: a program can only read a stack that
    exists, and it decides itself what to do if the stack has no outputs yet.
    Raises `automation.stacks.StackFailed`.
    """
    wanted = set(chosen).union(*(stack.upstream() for stack in chosen))
    absent = [stack for stack in run.stacks if stack in wanted and stack not in there]
    for stack in absent:
        if stack not in chosen:
            run.engine.create(stack)
    return {stack for stack in absent if stack in chosen}


def mend(run: Run) -> None:
    """Repair states that are cut off in the sandbox. Raises `UsageError` elsewhere, with what to do."""
    if state_files.cut_off(run.backend, run.stacks):
        if not run.environment.disposable:
            raise UsageError(state_files.how_to_mend(run.backend, run.stacks))
        run.console.print("\n".join(state_files.repair(run.backend, run.stacks)), markup=False)


def existing(run: Run, *, again: bool = False) -> set[StackId]:
    """The environment's stacks that exist in the backend; `again` if others may have created some since the run began.

    Raises `UsageError` if the backend cannot be read.
    """
    mend(run)
    there, run.listing = listing(run, again=again), None
    return {stack for stack in run.stacks if (stack.project, stack.name) in there}


def listing(run: Run, *, again: bool = False) -> set[tuple[str, str]]:
    """Project and name of every stack in the backend, with or without a file. Raises `UsageError`."""
    found = run.states.listed(again=again)
    if found is not None:
        return found
    if run.listing is None:
        try:
            run.listing = run.engine.existing(run.stacks[0].folder(run.engine.root))
        except CommandError as error:
            raise unreadable(run.environment.name, error) from None
    return run.listing


def _new_logs(root: Path) -> Path:
    """Create a folder for a run's logs, and delete the oldest ones."""
    # Only for this user: the output of programs may be confidential.
    runs = private_folder(root / ".runs")
    folder = runs / datetime.now().strftime("%Y%m%d-%H%M%S.%f")
    folder.mkdir(mode=0o700)
    for old in sorted(entry for entry in runs.glob("[0-9]*") if entry.is_dir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
