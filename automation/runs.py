"""One run over the stacks of an environment: what it needs, how it is watched, and how it is stopped."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType

from pulumi.automation import CommandError
from rich.console import Console

from automation import queue, recovery, state_files, summary
from automation.display import Display, make_display
from automation.engine import Engine, Report, get_engine
from automation.environment import run_environment
from automation.events import Problem, Record
from automation.processes import Processes
from automation.stacks import StackFailed, Stacks, Watch, engine_error
from automation.summary import Outcomes, Wording
from sandbox import lifecycle
from shared.config import check
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

    `stacks` are all stacks of the environment, upstream first; `backend` the address of their state.
    """

    environment: str
    stacks: list[StackId]
    engine: Stacks
    console: Console
    logs: Path
    backend: str
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
) -> tuple[Run, list[StackId]]:
    """Make ready to work on the stacks that `choose` picks out of the environment's; the run and those stacks.

    Their configuration is checked before anything is started. The environment of this process becomes the one
    that the engine needs. Raises `LayerError`, `ConfigError`, `EngineError`, `SandboxError` and `UsageError`.
    """
    stacks = discover(environment, root)
    chosen = choose(stacks)
    check(chosen, root)
    # Not to where a script reads the result.
    engine = ready_engine(environment, root, partial(print, file=sys.stderr, flush=True))
    logs = _new_logs(root)
    processes = Processes()
    run = Run(
        environment,
        stacks,
        Stacks(engine.command, processes, logs, root),
        console,
        logs,
        os.environ.get("PULUMI_BACKEND_URL", ""),
    )
    return run, chosen


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
    try:
        there = run.engine.existing(run.stacks[0].folder(run.engine.root))
        return {stack for stack in run.stacks if (stack.project, stack.name) in there}
    except CommandError as error:
        repaired = state_files.repair(run.backend, run.stacks) if run.is_sandbox else []
        if repaired:
            run.console.print("\n".join(repaired), markup=False)
            return existing(run)
        cut_off = "".join(
            f"\n{file} is cut off; "
            + (f"the newest whole copy is {copy}: put it in its place" if copy else "there is no whole copy of it")
            for file, copy in state_files.cut_off(run.backend, run.stacks).values()
        )
        raise UsageError(
            f"the state backend of environment {run.environment!r} cannot be read: {engine_error(str(error))}"
            f"{cut_off}\n`invoke doctor --stack {run.environment}` says what is missing"
        ) from None


def operate(
    run: Run,
    chosen: Sequence[StackId],
    work: Work,
    wording: Wording,
    *,
    parallel: int,
    create: Collection[StackId] = (),
    backwards: bool = False,
    locks: bool = True,
) -> Outcomes:
    """Do `work` to each chosen stack, upstream first or `backwards`, and print the end of the run.

    Those in `create` are created first. `locks` says whether the work takes the stack's lock. Ctrl-C stops the
    run, a second one kills it.
    """
    edges = graph(chosen)
    order = list(reversed(chosen)) if backwards else list(chosen)
    started = time.monotonic()
    with make_display(run.console, chosen, wording) as display, _interruptible(run, display):

        def one(stack: StackId) -> Record:
            display.started(stack)
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

        outcomes = queue.run(
            queue.reverse(edges) if backwards else edges,
            one,
            parallel=parallel,
            stop=run.stop,
            ended=display.ended,
        )
    seconds = time.monotonic() - started
    summary.show(run.console, outcomes, order, wording, seconds=seconds, logs=_short(run.logs, run.engine.root))
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
