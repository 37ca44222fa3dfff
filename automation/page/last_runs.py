"""What earlier runs reported: the last one that changed an environment, and the last comparison with AWS."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from pydantic import ValidationError

from automation.page.model import LastRun, StackOfRun
from automation.reporting.report import KEPT_REPORT
from automation.reporting.schema import ChangeReport, Report, StackReport
from automation.results import Operation

CHANGING: Set[Operation] = {"deploy", "refresh", "destroy", "import"}
COMPARING: Set[Operation] = {"drift"}


def last_run(root: Path, environment: str, operations: Set[Operation]) -> LastRun | None:
    """The newest of these operations on the environment whose report is kept among the logs; None if there is none."""
    for file in sorted((root / ".runs").glob(f"[0-9]*/{KEPT_REPORT}"), reverse=True):
        try:
            report = Report.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            continue  # deleted meanwhile, or of another version of this project
        if report.environment == environment and report.operation in operations:
            return _run(report)
    return None


def _run(report: Report) -> LastRun:
    return LastRun(
        report.operation,
        report.start,
        report.seconds,
        report.exit_code,
        tuple(map(_stack, report.stacks)),
        tuple(f"{each.kind} {each.name} ({each.id})" for each in report.foreign or []),
    )


def _stack(stack: StackReport) -> StackOfRun:
    return StackOfRun(
        stack.label,
        stack.result,
        tuple(_change(each) for each in [*stack.drift, *stack.changes]),
        tuple(each.message for each in stack.problems),
        stack.seconds,
        stack.status == "failed",
    )


def _change(change: ChangeReport) -> str:
    properties = f": {', '.join(change.properties)}" if change.properties else ""
    return f"{change.what} {change.type.rpartition(':')[2]} {change.name}{properties}"
