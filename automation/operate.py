"""Carries out one operation on the stacks of a run: begin, each stack in its order, finish."""

import signal
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from automation import queue
from automation.backend import locks, state_files
from automation.events import Problem, Record
from automation.reporting import summary
from automation.reporting.display import Display, make_display
from automation.reporting.following import following
from automation.reporting.report import KEPT_REPORT, write_report
from automation.results import Foreign, RunResult, StackResult, Wording, exit_code
from automation.runs import Run
from automation.stacks import StackFailed, Stacks, Watch
from shared.errors import UsageError
from shared.layers import StackId, graph

Work = Callable[[Stacks, StackId, Watch], Record]
"""The function that a run calls for each stack."""

_STOPPING = "stopping: each stack finishes the resources it is working on (again to end at once, which may lose some)"
_KILLING = "ending at once: the next run says what this one left behind"


@dataclass(frozen=True)
class Operation:
    """What to do to each stack, and how.

    The stacks in `create` are created first. `backwards` means downstream stacks first. `locks` says whether the work
    takes the stack's lock. `again` says whether to work also on stacks that have not changed since their last
    deployment. `reasons` computes why to work on a stack although nothing has changed yet, and `code` the exit code.
    `diff` says whether to show every value of what is changed.
    `foreign` is what was found in AWS that no stack has, None if that was not looked at. `details` prints more about
    the results. `goes_on` says that the command goes on after the operation, if that went well. `carried` are options
    that the next command needs, too.
    """

    work: Work
    wording: Wording
    create: Collection[StackId] = ()
    backwards: bool = False
    locks: bool = True
    again: bool = True
    reasons: Callable[[StackId], list[str]] = lambda _stack: []
    code: Callable[[Iterable[StackResult]], int] = exit_code
    diff: bool = False
    foreign: Sequence[Foreign] | None = None
    details: Callable[[RunResult], None] = lambda _found: None
    goes_on: bool = False
    carried: tuple[str, ...] = ()


def operate(run: Run, chosen: Sequence[StackId], operation: Operation) -> RunResult:
    """Carry out the operation on each chosen stack, then print the results and write the report.

    Ctrl-C stops the run; a second Ctrl-C kills it. Raises `shared.errors.UsageError` at the end of a run whose report
    cannot be written.
    """
    start, started = datetime.now(UTC), time.monotonic()
    show = make_display(run.console, chosen, operation.wording, diff=operation.diff)
    with show as display, _interruptible(run, display):
        try:
            outcomes = queue.run(
                _order(chosen, operation),
                partial(_one_stack, run, operation, display),
                parallel=run.parallel,
                fail_fast=run.fail_fast,
                stop=run.stop,
                ended=lambda outcome: display.ended(StackResult.of(outcome)),
            )
        finally:
            run.engine.programs.stop()
    results = {stack: StackResult.of(outcome) for stack, outcome in outcomes.items()}
    in_order = [results[stack] for stack in (reversed(chosen) if operation.backwards else chosen)]
    return _finish(run, operation, in_order, start, time.monotonic() - started)


def _order(chosen: Sequence[StackId], operation: Operation) -> dict[StackId, set[StackId]]:
    edges = graph(chosen)
    return queue.reverse(edges) if operation.backwards else edges


def _one_stack(run: Run, operation: Operation, display: Display, stack: StackId) -> Record:
    reasons = [] if operation.again else list(dict.fromkeys(run.ledger.differs(stack) + operation.reasons(stack)))
    if not reasons and not operation.again:
        return Record(same_inputs=True)
    display.started(stack, reasons)
    if reasons:
        run.engine.programs.prepare()
    if operation.locks:
        _prepare(run, stack, display)
    if stack in operation.create:
        run.engine.create(stack)
    try:
        return operation.work(run.engine, stack, partial(display.event, stack))
    except (StackFailed, queue.Cancelled):
        raise
    except Exception:
        # This is a bug, not a user's error: its stack trace goes to the log.
        with run.engine.log_file(stack).open("a") as log:
            traceback.print_exc(file=log)
        raise


def _prepare(run: Run, stack: StackId, display: Display) -> None:
    """Before a stack is changed: wait for or remove its locks, and check that there is space for its state."""
    if run.environment.disposable:
        locks.free_locks(run.backend, stack, partial(display.say, stack=stack), run.stop.is_set)
    full = state_files.no_room(run.backend)
    if full:
        raise StackFailed([Problem(full)])


def _finish(
    run: Run, operation: Operation, results: Sequence[StackResult], start: datetime, seconds: float
) -> RunResult:
    found = RunResult(
        operation.wording,
        run.environment.name,
        tuple(results),
        start,
        seconds,
        operation.code(results),
        run.parallel,
        run.engine.version,
        run.logs,
        run.engine.root,
        operation.foreign,
    )
    summary.show(run.console, found)
    operation.details(found)
    if found.exit_code or not operation.goes_on:
        summary.close(run.console, found, following(found, run.target, operation.carried), run.activate)
    if run.report:
        write_report(run.report, found)
    # For the access page. A run that went well does not fail because there is no space for it.
    with suppress(UsageError):
        write_report(run.logs / KEPT_REPORT, found)
    return found


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
