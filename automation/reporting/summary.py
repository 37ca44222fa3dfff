"""The summary at the end of a run: one line per stack, the errors again, and what to look at next."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from automation.events import Counts, total
from automation.paths import short
from automation.queue import Status
from automation.reporting import differences
from automation.reporting.causes import explain
from automation.reporting.changes import SIGNS
from automation.results import RunResult

SHOWN_SAME = 20
"""Up to this many unchanged stacks, which were not run, get a line each. More of them share one line."""

_NAMED = 3
"""Of stacks that break a rule in the same way, so many are named."""

_STYLES = {Status.DONE: "green", Status.FAILED: "bold red", Status.SKIPPED: "yellow", Status.CANCELLED: "yellow"}


def show(console: Console, run: RunResult) -> None:
    """Print the summary of a run."""
    logs = short(run.logs, run.root)
    _show_problems(console, run, logs)
    _show_advisory(console, run)
    console.print()
    narrow = console.width < differences.NARROW
    console.print(_table(run, narrow=narrow))
    if narrow:
        legend = ", ".join(f"{SIGNS[name][0]} {name}" for name in _columns(run))
        console.print(Text(f"  {legend}", "dim"))
    soft = not console.is_terminal
    if any(result.status is not Status.DONE for result in run.stacks):
        console.print(
            f"Stacks that did not get done are left as they were: run the same command again. Logs: {logs}",
            soft_wrap=soft,
        )
    else:
        following = "; ".join((*run.wording.next, f"logs: {logs}"))
        console.print(f"Next: {following}", soft_wrap=soft)


def _columns(run: RunResult) -> list[str]:
    # Most runs keep nothing: a column more would only take room.
    kept = total(result.counts for result in run.stacks).kept
    return [name for name in Counts._fields if name != "kept" or kept]


def _table(run: RunResult, *, narrow: bool) -> Table:
    table = Table(box=box.SIMPLE, show_footer=True)
    sums = total(result.counts for result in run.stacks)
    done = sum(result.status is Status.DONE for result in run.stacks)
    table.add_column("stack", footer="all", no_wrap=True)
    table.add_column("result", footer=f"{done} of {len(run.stacks)} done")
    columns = _columns(run)
    for name in columns:
        table.add_column(SIGNS[name][0] if narrow else name, footer=str(getattr(sums, name)), justify="right")
    table.add_column("s" if narrow else "seconds", footer=f"{run.seconds:.1f}", justify="right")
    same = [result for result in run.stacks if result.record.same_inputs]
    together = len(same) > SHOWN_SAME
    for result in run.stacks:
        if together and result.record.same_inputs:
            continue
        numbers = [str(getattr(result.counts, name) or "") for name in columns]
        text = Text(result.describe(run.wording), style=_STYLES[result.status])
        table.add_row(result.stack.label, text, *numbers, f"{result.seconds:.1f}" if result.seconds else "")
    if together:
        table.add_row(f"{len(same)} stacks", same[0].describe(run.wording))
    return table


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
        console.print(text, soft_wrap=not console.is_terminal)


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
