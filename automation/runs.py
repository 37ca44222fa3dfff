"""One run over the stacks of an environment: what it needs, how it is watched, and how it is stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

from pulumi.automation import CommandError
from rich.console import Console

from automation import queue, recovery, state_files, summary
from automation.display import Display, make_display
from automation.doctor import caller
from automation.engine import Engine, Report, get_engine
from automation.environment import run_environment
from automation.events import Problem, Record
from automation.inputs import Reader
from automation.ledger import Ledger
from automation.processes import Processes
from automation.programs import Programs
from automation.report import report_file, write_report
from automation.sources import Sources
from automation.stacks import StackFailed, Stacks, Watch, engine_error
from automation.state import States
from automation.summary import Outcomes, Wording
from sandbox import lifecycle
from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from shared.config.check import check
from shared.layers import ROOT, SANDBOX, StackId, discover, graph

KEPT_RUNS = 50
"""How many runs' logs are kept."""

Work = Callable[[Stacks, StackId, Watch], Record]
"""What a run does to one stack."""

_STOPPING = "stopping: each stack finishes the resources it is working on (again to end at once, which may lose some)"
_KILLING = "ending at once: the next run says what this one left behind"


class UsageError(Exception):
    """The user asked for what cannot be done; the message says why and what to do."""


@dataclass
class Run:
    """An environment that is ready to be worked on.

    `stacks` are all stacks of the environment, upstream first; `backend` the address of their state. At most
    `parallel` of them are worked on at a time, and with `fail_fast` none is begun once one has failed. `report` is
    the file that is to say what became of each.
    """

    environment: str
    stacks: list[StackId]
    engine: Stacks
    console: Console
    logs: Path
    backend: str
    states: States
    ledger: Ledger
    parallel: int = 1
    fail_fast: bool = False
    report: Path | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing real can be broken."""
        return self.environment == SANDBOX


def open_run(
    environment: str,
    choose: Callable[[Sequence[StackId]], list[StackId]],
    console: Console,
    root: Path = ROOT,
    *,
    parallel: str | None = None,
    fail_fast: bool = False,
    report: str | None = None,
) -> tuple[Run, list[StackId]]:
    """Make ready to work on the stacks that `choose` picks out of the environment's; the run and those stacks.

    Their configuration is checked before anything is started. The environment of this process becomes the one
    that the engine needs. `parallel` and `report` are as the user typed them. Raises `LayerError`, `ConfigError`,
    `EngineError`, `ReportError`, `SandboxError`, `UsageError` and `automation.selection.NothingChosen`.
    """
    width = _parallel(parallel)
    file = report_file(report)
    stacks = discover(environment, root)
    chosen = choose(stacks)
    check(chosen, root)
    # Not to where a script reads the result.
    engine = ready_engine(environment, root, partial(print, file=sys.stderr, flush=True))
    logs = _new_logs(root)
    run = make_run(environment, engine, console, logs, root, parallel=width, fail_fast=fail_fast, report=file)
    return run, chosen


def make_run(
    environment: str,
    engine: Engine,
    console: Console,
    logs: Path,
    root: Path,
    *,
    parallel: int,
    fail_fast: bool = False,
    report: Path | None = None,
) -> Run:
    """A run with `engine`, for which the environment of this process is set."""
    sources = Sources(root)
    stacks = Stacks(engine.command, Processes(), Programs(engine, root, sources, logs), logs, root)
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    states = States(backend, stacks.export)
    reader = Reader(environment, engine, root, sources, states, lambda: _account(environment))
    ledger = Ledger(root, backend, states, reader)
    return Run(
        environment,
        discover(environment, root),
        stacks,
        console,
        logs,
        backend,
        states,
        ledger,
        parallel,
        fail_fast,
        report,
    )


def _account(environment: str) -> str:
    """Whose AWS credentials the run uses."""
    if environment == SANDBOX:
        return MANAGEMENT_ACCOUNT_ID
    who = caller(os.environ) or {}
    # Not known is not the same as before, whatever it was.
    return who.get("account") or secrets.token_hex()


def _parallel(given: str | None) -> int:
    # As text: invoke itself shows a stack trace for a number that is none.
    if given is None:
        return queue.default_parallel()
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise UsageError(f"--parallel is {given!r}; allowed: a whole number, 1 or more")
    return int(given)


def ready_engine(environment: str, root: Path, report: Report) -> Engine:
    """The engine, with this process's environment set for it; for the sandbox with the emulated AWS running."""
    engine = get_engine(root, report)
    if environment == SANDBOX:
        lifecycle.start(root, report, engine=engine)
    variables = run_environment(environment, engine, root)
    # The Automation API adds to this process's environment and never takes away from it.
    os.environ.clear()
    os.environ.update(variables)
    return engine


def missing(run: Run, chosen: Sequence[StackId]) -> set[StackId]:
    """Those of the chosen stacks that the backend does not have yet.

    Stacks that are read, not chosen and not there either are created, empty: a program that reads a stack needs it
    to be there, and that it has no outputs yet is for the program to judge.
    Raises `UsageError` and `automation.stacks.StackFailed`.
    """
    there = existing(run)
    wanted = set(chosen).union(*(stack.upstream() for stack in chosen))
    absent = [stack for stack in run.stacks if stack in wanted and stack not in there]
    for stack in absent:
        if stack not in chosen:
            run.engine.create(stack)
    return {stack for stack in absent if stack in chosen}


def existing(run: Run) -> set[StackId]:
    """The environment's stacks that the backend has. Raises `UsageError` when the backend cannot be read."""
    if state_files.cut_off(run.backend, run.stacks):
        if not run.is_sandbox:
            raise UsageError(state_files.how_to_mend(run.backend, run.stacks))
        run.console.print("\n".join(state_files.repair(run.backend, run.stacks)), markup=False)
    folder = state_files.folder_of(run.backend)
    if folder and (folder / "stacks").is_dir():
        return {stack for stack in run.stacks if run.states.of(stack)}
    try:
        there = run.engine.existing(run.stacks[0].folder(run.engine.root))
        return {stack for stack in run.stacks if (stack.project, stack.name) in there}
    except CommandError as error:
        raise UsageError(
            f"the state backend of environment {run.environment!r} cannot be read: {engine_error(str(error))}\n"
            f"`invoke doctor --stack {run.environment}` says what is missing"
        ) from None


def operate(
    run: Run,
    chosen: Sequence[StackId],
    work: Work,
    wording: Wording,
    *,
    create: Collection[StackId] = (),
    backwards: bool = False,
    locks: bool = True,
    again: bool = True,
    code: Callable[[Outcomes], int] = summary.exit_code,
) -> Outcomes:
    """Do `work` to each chosen stack, upstream first or `backwards`, and print and report the end of the run.

    Those in `create` are created first. `locks` says whether the work takes the stack's lock, `again` whether it is
    done to a stack that is as its last deployment left it, too, and `code` what the operation ends with. Ctrl-C stops
    the run, a second one kills it. Raises `automation.report.ReportError` at the end of the run.
    """
    edges = graph(chosen)
    order = list(reversed(chosen)) if backwards else list(chosen)
    start, started = datetime.now(UTC), time.monotonic()
    with make_display(run.console, chosen, wording) as display, _interruptible(run, display):

        def one(stack: StackId) -> Record:
            reasons = [] if again else run.ledger.differs(stack)
            if not reasons and not again:
                return Record(same_inputs=True)
            display.started(stack, reasons)
            if reasons:
                run.engine.programs.prepare()
            if locks and run.is_sandbox:
                recovery.free_locks(run.backend, stack, partial(display.say, stack=stack), run.stop.is_set)
            full = state_files.no_room(run.backend) if locks else None
            if full:
                raise StackFailed([Problem(full)])
            if stack in create:
                run.engine.create(stack)
            try:
                return work(run.engine, stack, partial(display.event, stack))
            except (StackFailed, queue.Cancelled):
                raise
            except Exception:
                # Not the user's doing: whoever looks into it needs to know where.
                with run.engine.log_file(stack).open("a") as log:
                    traceback.print_exc(file=log)
                raise

        try:
            outcomes = queue.run(
                queue.reverse(edges) if backwards else edges,
                one,
                parallel=run.parallel,
                fail_fast=run.fail_fast,
                stop=run.stop,
                ended=display.ended,
            )
        finally:
            run.engine.programs.stop()
    seconds = time.monotonic() - started
    root = run.engine.root
    summary.show(run.console, outcomes, order, wording, seconds=seconds, logs=_short(run.logs, root), root=root)
    write_report(run, outcomes, order, wording, start=start, seconds=seconds, exit_code=code(outcomes))
    return outcomes


@contextmanager
def _interruptible(run: Run, display: Display) -> Iterator[None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if run.stop.is_set():
            display.say(_KILLING)
            run.engine.processes.kill()
        else:
            run.stop.set()
            display.say(_STOPPING)
            run.engine.processes.interrupt()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _new_logs(root: Path) -> Path:
    """A new folder for a run's logs; the oldest are deleted."""
    runs = root / ".runs"
    folder = runs / datetime.now().strftime("%Y%m%d-%H%M%S.%f")
    # Programs may print what is not for everyone on this machine.
    folder.mkdir(parents=True, mode=0o700)
    for old in sorted(entry for entry in runs.iterdir() if entry.is_dir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _short(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
