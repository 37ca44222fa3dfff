"""Writes a run's report to a file, as JSON or JUnit XML."""

import os
from collections.abc import Iterable
from pathlib import Path

from automation.events import Change, Problem, Resource
from automation.reporting import junit
from automation.reporting.causes import explain
from automation.reporting.files import output_file, write_at_once
from automation.reporting.schema import (
    ChangeReport,
    CountsReport,
    ForeignReport,
    ProblemReport,
    PropertyReport,
    Report,
    ResourceReport,
    StackReport,
)
from automation.results import Foreign, RunResult, StackResult
from shared.layers import StackId

KEPT_REPORT = "report.json"
"""The report of a run among its logs."""

_KINDS = (".json", ".xml")


def report_file(given: str | None) -> Path | None:
    """The absolute path of the report that the user asked for. A report of an earlier run is deleted.

    Raises `UsageError` if the file's extension is not allowed or the file cannot be written. Called before a run, so
    nothing has been changed then.
    """
    if given is None:
        return None
    file = output_file("--report", given, _KINDS)
    # If this run ends early without a report, the old file must not be mistaken for it.
    file.unlink(missing_ok=True)
    return file


def write_report(file: Path, run: RunResult) -> None:
    """Write the report of a run to `file`, in one step. Raises `UsageError`."""
    made = Report(
        operation=run.wording.operation,
        environment=run.environment,
        start=run.start,
        seconds=round(run.seconds, 3),
        exit_code=run.exit_code,
        engine_version=run.engine_version,
        parallel=run.parallel,
        stacks=[_stack(result, run) for result in run.stacks],
        foreign=None if run.foreign is None else [_foreign(each) for each in run.foreign],
    )
    text = junit.as_xml(made) if file.suffix == ".xml" else as_json(made)
    write_at_once("the report", file, text)


def as_json(report: Report) -> str:
    """The report as JSON, one key per line."""
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


def _stack(result: StackResult, run: RunResult) -> StackReport:
    stack, record, log = result.stack, result.record, run.log_file(result.stack)
    return StackReport(
        label=stack.label,
        project=stack.project,
        stack=stack.name,
        layer=stack.layer,
        account=stack.account,
        status=result.status.value,
        result=result.describe(run.wording),
        same_inputs=record.same_inputs,
        because=result.because.label if result.because else None,
        seconds=round(result.seconds, 3),
        counts=CountsReport(**record.counts._asdict()),
        changes=_changes(record.changes),
        drift=_changes(record.drift),
        problems=[_problem(stack, problem, run.root) for problem in result.problems],
        advisory=record.advisory,
        log=os.path.relpath(log, run.root) if log.exists() else None,
    )


def _foreign(thing: Foreign) -> ForeignReport:
    return ForeignReport(kind=thing.kind, name=thing.name, id=thing.id, adopt=thing.adopt, remove=thing.remove)


def _resource(resource: Resource) -> dict[str, str]:
    return {"urn": resource.urn, "type": resource.type, "name": resource.name}


def _changes(changes: Iterable[Change]) -> list[ChangeReport]:
    return [
        ChangeReport(
            **_resource(each.resource),
            what=each.what,
            properties=list(each.properties),
            values=[
                PropertyReport(property=v.path, old=v.old, new=v.new, forces_replacement=v.forces_replacement)
                for v in each.values
            ],
            keeps_old=each.keeps_old,
        )
        for each in changes
    ]


def _problem(stack: StackId, problem: Problem, root: Path) -> ProblemReport:
    cause = explain(stack, problem, root)
    return ProblemReport(
        message=problem.message,
        resource=ResourceReport(**_resource(problem.resource)) if problem.resource else None,
        aws_code=cause.code,
        advice=cause.advice,
        files=list(cause.files),
    )
