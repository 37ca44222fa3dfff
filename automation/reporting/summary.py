"""The summary at the end of a run: one line per stack, the errors again, and what to look at next."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from automation.events import Counts, total
from automation.paths import short
from automation.queue import Status
from automation.reporting import counting, tables
from automation.reporting.causes import explain
from automation.reporting.following import Following
from automation.reporting.tables import Cell, Column
from automation.results import RunResult, StackResult

SHOWN_SAME = 20
"""Up to this many unchanged stacks, which were not run, get a line each. More of them share one line."""

_NAMED = 3
"""Of stacks that break a rule in the same way, so many are named."""

_SAME = (
    "unchanged (inputs): not run, because all that it depends on is as at its last deployment; --force runs it anyway"
)

_STYLES = {Status.DONE: "green", Status.FAILED: "bold red", Status.SKIPPED: "yellow", Status.CANCELLED: "yellow"}


def show(console: Console, run: RunResult) -> None:
    """Print what became of each stack of a run, and what went wrong."""
    logs = short(run.logs, run.root)
    _show_problems(console, run, logs)
    _show_advisory(console, run)
    console.print()
    same = [result for result in run.stacks if result.record.same_inputs]
    together = len(same) > SHOWN_SAME
    shown = [result for result in run.stacks if not (together and result.record.same_inputs)]
    columns = _columns(run)
    rows = [_row(run, result) for result in shown]
    if together:
        rows.append([f"{len(same)} stacks", same[0].describe(run.wording), *[""] * (len(columns) - 2)])
    tables.show(console, columns, rows, _total(run))
    if same:
        console.print(Text(_SAME, "dim"))


def close(console: Console, run: RunResult, after: Following, activate: str | None = None) -> None:
    """Print what follows a run. `activate` is what a shell must be told before it knows `invoke`."""
    if after.said:
        console.print(after.said, markup=False)
    if after.commands:
        console.print("Next:")
        for command in (*([activate] if activate else []), *after.commands):
            console.print(f"  {command}", markup=False)
    console.print(f"Logs: {short(run.logs, run.root)}", markup=False)


def _columns(run: RunResult) -> list[Column]:
    if run.wording.operation == "drift":
        found = Column("found in AWS", prose=True, phrase="{} in AWS")
        would = Column("a deployment would", prose=True, phrase="a deployment would {}")
        numbers = [found, would, Column("unchanged", number=True)]
    else:
        numbers = [Column(name, number=True, optional=True) for name in _names(run)]
    return [
        Column("stack"),
        Column("result", prose=True, phrase="{}"),
        *numbers,
        Column("seconds", number=True, phrase="{} s"),
    ]


def _row(run: RunResult, result: StackResult) -> list[Cell]:
    text = Text(result.describe(run.wording), style=_STYLES[result.status])
    return [result.stack.label, text, *_numbers(run, [result]), f"{result.seconds:.1f}" if result.seconds else ""]


def _total(run: RunResult) -> list[Cell]:
    done = sum(result.status is Status.DONE for result in run.stacks)
    drift = run.wording.operation == "drift"
    numbers = [each if drift else each or "0" for each in _numbers(run, run.stacks)]
    return ["all", f"{done} of {len(run.stacks)} done", *numbers, f"{run.seconds:.1f}"]


def _numbers(run: RunResult, results: Sequence[StackResult]) -> list[str]:
    """What was counted of the results; nothing for none."""
    counts = total(result.counts for result in results)
    if run.wording.operation == "drift":
        return [counting.found(results), counting.planned(counts), str(counts.unchanged or "")]
    return [str(getattr(counts, name) or "") for name in _names(run)]


def _names(run: RunResult) -> list[str]:
    # Most runs keep nothing: a column more would only take room.
    kept = total(result.counts for result in run.stacks).kept
    return [name for name in Counts._fields if name != "kept" or kept]


def _show_advisory(console: Console, run: RunResult) -> None:
    """What breaks a rule that only warns: a line for each, with all stacks that do."""
    found: dict[str, list[str]] = {}
    for result in run.stacks:
        for each in result.record.advisory:
            found.setdefault(each, []).append(result.stack.label)
    if found:
        console.print(Text("\nRules that only warn (policy_pack/settings.json)", "yellow"))
    for message, labels in found.items():
        more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        text = Text(f"  {', '.join(labels[:_NAMED])}{more}: {message}", "yellow")
        console.print(text)


def _show_problems(console: Console, run: RunResult, logs: Path) -> None:
    for result in run.stacks:
        if not result.problems:
            continue
        label = result.stack.label
        console.print(Text(f"\n{label} failed (all of its output: {logs / (label + '.log')})", "bold red"))
        shown = set()
        for problem in result.problems:
            console.print(Text("\n".join(f"  {line}" for line in str(problem).splitlines())))
            cause = explain(result.stack, problem, run.root)
            if cause.code:
                console.print(Text(f"    AWS code  {cause.code}", "yellow"))
            if cause.files:
                console.print(Text(f"    look in   {', '.join(cause.files)}", "yellow"))
            if cause.advice and cause.advice not in shown:
                console.print(Text(f"    to do     {cause.advice}", "yellow"))
                shown.add(cause.advice)
