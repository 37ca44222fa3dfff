"""What a run ends with: a line a stack, the errors again, and where to look next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from automation.advice import advice
from automation.events import Counts, Problem, Record, total
from automation.queue import Outcome, Status
from automation.stacks import StackCancelled, StackFailed
from shared.layers import StackId

Outcomes = Mapping[StackId, Outcome[StackId, Record]]

CANCELLED_EXIT = 130
"""What a shell gives a command that Ctrl-C ended."""

_COLUMNS = ("created", "updated", "replaced", "deleted", "unchanged")

_STYLES = {Status.DONE: "green", Status.FAILED: "bold red", Status.SKIPPED: "yellow", Status.CANCELLED: "yellow"}


@dataclass(frozen=True)
class Wording:
    """How a run speaks of what it does to a stack: `deploying`, then `deployed`.

    `change` comes before what is told of a resource, such as `created`; `next` is what to look at after.
    """

    doing: str
    done: str
    change: str = ""
    next: tuple[str, ...] = ()


def exit_code(outcomes: Outcomes) -> int:
    """0 when every stack ended well, 130 when the run was cancelled, else 1."""
    found = {outcome.status for outcome in outcomes.values()}
    if Status.CANCELLED in found:
        return CANCELLED_EXIT
    return 1 if found - {Status.DONE} else 0


def counts_of(outcome: Outcome[StackId, Record]) -> Counts:
    """What was done to a stack, also where it then failed."""
    if isinstance(outcome.error, StackFailed | StackCancelled):
        return outcome.error.record.counts
    return outcome.value.counts if outcome.value else Counts()


def problems_of(outcome: Outcome[StackId, Record]) -> list[Problem]:
    """Why a stack failed; none if it did not."""
    if outcome.status is not Status.FAILED:
        return []
    if isinstance(outcome.error, StackFailed):
        return outcome.error.problems
    return [Problem(f"internal error, {type(outcome.error).__name__}: {outcome.error}")]


def result(outcome: Outcome[StackId, Record], wording: Wording) -> str:
    """What became of a stack, in a few words."""
    if outcome.status is Status.DONE:
        return wording.done if counts_of(outcome).changes else "unchanged"
    if outcome.status is Status.SKIPPED and outcome.because is not None:
        return f"skipped ({outcome.because.label} failed)"
    return str(outcome.status.value)


def show(
    console: Console,
    outcomes: Outcomes,
    order: Sequence[StackId],
    wording: Wording,
    *,
    seconds: float,
    logs: Path,
) -> None:
    """Print the end of a run that took `seconds` and whose full output is in the folder `logs`."""
    _show_problems(console, outcomes, order, logs)
    console.print()
    console.print(_table(outcomes, order, wording, seconds))
    if any(outcome.status is not Status.DONE for outcome in outcomes.values()):
        console.print(f"Stacks that did not get done are left as they were: run the same command again. Logs: {logs}")
    else:
        following = "; ".join((*wording.next, f"logs: {logs}"))
        console.print(f"Next: {following}")


def _table(outcomes: Outcomes, order: Sequence[StackId], wording: Wording, seconds: float) -> Table:
    table = Table(box=box.SIMPLE, show_footer=True)
    sums = total(map(counts_of, outcomes.values())).astuple()
    done = sum(outcome.status is Status.DONE for outcome in outcomes.values())
    table.add_column("stack", footer="all", no_wrap=True)
    table.add_column("result", footer=f"{done} of {len(outcomes)} done")
    for name, number in zip(_COLUMNS, sums, strict=True):
        table.add_column(name, footer=str(number), justify="right")
    table.add_column("seconds", footer=f"{seconds:.1f}", justify="right")
    for stack in order:
        outcome = outcomes[stack]
        numbers = ["" if number == 0 else str(number) for number in counts_of(outcome).astuple()]
        told = Text(result(outcome, wording), style=_STYLES[outcome.status])
        table.add_row(stack.label, told, *numbers, f"{outcome.seconds:.1f}" if outcome.seconds else "")
    return table


def _show_problems(console: Console, outcomes: Outcomes, order: Sequence[StackId], logs: Path) -> None:
    for stack in order:
        problems = problems_of(outcomes[stack])
        if not problems:
            continue
        console.print(Text(f"\n{stack.label} failed (all of its output: {logs / (stack.label + '.log')})", "bold red"))
        told = set()
        for problem in problems:
            console.print(Text(_indented(str(problem))))
            resource = problem.resource
            names = (resource.type, resource.name) if resource else ()
            hint = problem.remedy or advice(stack, problem.message, *names)
            if hint and hint not in told:
                console.print(Text(f"  → {hint}", "yellow"))
                told.add(hint)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
