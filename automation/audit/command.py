"""`invoke audit`: every control, one line each, and how what failed is fixed."""

import json as encoder
import sys
from collections.abc import Sequence
from functools import partial

from rich.console import Console
from rich.text import Text

from automation import caller
from automation.audit import management, members, organization, root_credentials
from automation.audit.control import Control, State, Verdict
from automation.audit.facts import Facts
from automation.audit.reader import Reader
from automation.reporting import tables
from automation.reporting.tables import Column
from automation.runs import Run
from shared.errors import UsageError

CONTROLS: tuple[Control, ...] = (*organization.controls(), *management.controls(), *members.controls())
"""In the order in which they are shown. docs/audit.md has a line for each."""

FAILED, UNKNOWN = 2, 3
"""The exit codes, besides 0 when every control holds. 3 is for controls that could not be decided, if none failed."""

_STYLES = {State.OK: "green", State.FAILED: "red", State.UNKNOWN: "yellow", State.REVIEW: "cyan"}

Outcome = tuple[Control, Verdict]


def audit(
    run: Run, *, json: bool = False, fix_root_credentials: bool = False, yes: bool = False, interactive: bool = False
) -> int:
    """Decide every control in the run's environment and show them; returns the exit code.

    With `fix_root_credentials`, remove the root credentials of member accounts first. Raises `UsageError` with the
    credentials of another account than the environment's.
    """
    name, root = run.environment.name, run.engine.root
    problem = None if run.environment.disposable else caller.refusal(run.stacks, root)
    if problem:
        raise UsageError(problem)
    if fix_root_credentials:
        done = root_credentials.remove(
            Facts(name, Reader(name, root)),
            root,
            partial(print, file=sys.stderr) if json else partial(run.console.print, markup=False),
            agreed=lambda: root_credentials.may_remove(
                name, yes=yes, disposable=run.environment.disposable, interactive=interactive
            ),
        )
        if not done:
            return 1
    outcomes = decide(Facts(name, Reader(name, root)))
    if json:
        print(as_json(name, outcomes))
    else:
        show(run.console, outcomes)
    return exit_code(outcomes)


def decide(facts: Facts) -> list[Outcome]:
    """The verdict of every control."""
    return [(control, control.decide(facts)) for control in CONTROLS]


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """`FAILED` if a control failed, else `UNKNOWN` if one could not be decided, else 0."""
    states = {verdict.state for _control, verdict in outcomes}
    return FAILED if State.FAILED in states else UNKNOWN if State.UNKNOWN in states else 0


def as_json(environment: str, outcomes: Sequence[Outcome]) -> str:
    """One JSON object, for scripts."""
    controls = [
        {
            "id": control.id,
            "title": control.title,
            "state": verdict.state.value,
            "found": verdict.what,
            "fixes": list(verdict.fixes),
            "page": control.page,
        }
        for control, verdict in outcomes
    ]
    return encoder.dumps({"environment": environment, "controls": controls}, indent=2)


def show(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A table, and below it the fixes, each on a line of its own so that it can be copied."""
    columns = [Column("state"), Column("control"), Column("found", prose=True, phrase="{}")]
    rows: list[list[str | Text]] = [
        [Text(verdict.state.value, _STYLES[verdict.state]), each.id, verdict.what] for each, verdict in outcomes
    ]
    tables.show(console, columns, rows, heads=2)
    for control, verdict in outcomes:
        if verdict.state is State.FAILED:
            console.print(f"{control.id}: {control.title}", markup=False)
            for fix in verdict.fixes:
                console.print(f"  → {fix}", markup=False)
            console.print(f"  {control.page}", markup=False)
    count = {state: sum(verdict.state is state for _control, verdict in outcomes) for state in State}
    console.print(", ".join(f"{number} {state.value}" for state, number in count.items() if number), markup=False)
