"""`invoke pull-request`: the comment of a pull request, from the plan and the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from automation.access.command import compare, lines_of, sides
from automation.approval import plans
from automation.approval.schema import PlanFile
from automation.aws import AwsFailed
from automation.configuration import check
from automation.pull_request.markdown import LIMITS, Findings, markdown
from automation.reporting.files import output_file, write_at_once
from automation.runs import Run
from automation.stacks import StackFailed
from shared.errors import ConfigError, UsageError
from shared.layers import discover

_NOTHING = "no decision flips"


def comment(env: str, plan: str, file: str, host: str, begin: Callable[[], Run]) -> int:
    """Write the comment for the plan in `plan`, which need not exist; returns 1 if that cannot be deployed as it is.

    `begin` opens a run of the environment, which a comment on files that are wrong does without.

    Raises `UsageError` for a file that cannot be written, and for one that is no plan.
    """
    if host not in LIMITS:
        raise UsageError(f"--host is {host!r}; allowed: {', '.join(LIMITS)}")
    to = output_file("--comment", file, (".md",))
    invalid: list[str] = []
    try:
        check(discover(env))
    except ConfigError as error:
        invalid = error.problems
    found = plans.read(plan) if Path(plan).exists() and not invalid else None
    if found and found.environment != env:
        raise UsageError(f"--plan is {plan!r}, of environment {found.environment!r}; allowed: one of {env!r}")
    good = found is not None and not any(each.problems for each in found.stacks)
    access = _access(begin, found) if found and good else []
    write_at_once("the comment", to, markdown(Findings(env, invalid, found, access), LIMITS[host]))
    print(f"written: {file}")
    return 0 if good else 1


def _access(begin: Callable[[], Run], plan: PlanFile) -> list[str]:
    if not any(stack.changes for stack in plan.stacks):
        return []
    try:
        before, after = sides(begin(), None)
    except (StackFailed, AwsFailed, UsageError) as error:
        return [f"not known: {error}"]
    return lines_of(compare(before, after)) or [_NOTHING]
