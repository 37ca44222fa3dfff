"""A run's report in a file, for scripts and for CI: JSON (docs/report.md), or JUnit's XML.

`python -m automation.report` prints the JSON Schema, which is kept in docs/report.schema.json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from automation import junit
from automation.causes import explain
from automation.events import Change, Problem, Resource
from automation.queue import Outcome
from automation.summary import Operation, Outcomes, Wording, problems_of, record_of, result
from shared.layers import StackId

if TYPE_CHECKING:
    from automation.runs import Run

_KINDS = (".json", ".xml")

Status = Literal["done", "failed", "skipped", "cancelled"]


class ReportError(Exception):
    """The report cannot be written where it is asked for; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )


class ResourceReport(_Part):
    """A resource: `type` and `name` as a person knows it, `urn` as Pulumi does."""

    urn: str
    type: str
    name: str


class ChangeReport(ResourceReport):
    """A resource that is not as it was. No values are reported, only the names of the `properties` that differ."""

    what: str = Field(
        description="created, updated, replaced or deleted; of a preview or of drift, what a deploy would do. "
        "In a stack's `drift`: changed or gone."
    )
    properties: list[str]


class ProblemReport(_Part):
    """An error. `resource` is null where no single resource has it."""

    message: str
    resource: ResourceReport | None
    aws_code: str | None = Field(description="AWS's error code; null where the error is not AWS's")
    advice: str | None = Field(description="what to do, in a sentence")
    files: list[str] = Field(description="where to look, from the repository's top, with `:line` where one is known")


class CountsReport(_Part):
    """How many resources were changed, or would be, and how many stayed as they were."""

    created: int
    updated: int
    replaced: int
    deleted: int
    unchanged: int


class StackReport(_Part):
    """What became of one stack."""

    label: str = Field(description="how commands name it, such as accounts/developer")
    project: str = Field(description="the Pulumi project")
    stack: str = Field(description="the Pulumi stack, without its project")
    layer: str
    account: str | None = Field(description="null for a layer that is not one stack an account")
    status: Status
    result: str = Field(description="the status as the summary words it")
    same_inputs: bool = Field(description="nothing was run: inputs and state are those of the stack's last deployment")
    because: str | None = Field(description="the label of the stack whose failure this one was skipped for")
    seconds: float
    counts: CountsReport
    changes: list[ChangeReport] = Field(description="what was changed, or would be, all but the unchanged")
    drift: list[ChangeReport] = Field(description="what differed in AWS from the state, where that was looked at")
    problems: list[ProblemReport]
    log: str | None = Field(description="the file with all output, from the repository's top; null if nothing was run")


class Report(_Part):
    """A run: one operation on stacks of one environment, the stacks in the order in which they are worked on."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Raised when something is taken away or gets another meaning, not for what is added."""
    operation: Operation
    environment: str
    start: datetime = Field(description="ISO 8601, in UTC")
    seconds: float
    exit_code: int = Field(
        description="of the operation: 0 all went well, 1 a stack failed, 2 drift was found, 130 cancelled"
    )
    engine_version: str
    parallel: int = Field(description="how many stacks were worked on at a time, at most")
    stacks: list[StackReport]


def report_file(given: str | None) -> Path | None:
    """Where the report goes that the user asked for, absolute; an earlier one is removed.

    Raises `ReportError` unless it can be JSON or XML and can be written, before a run has changed anything.
    """
    if given is None:
        return None
    file = Path(given).absolute()
    if file.suffix not in _KINDS:
        raise ReportError(f"--report is {given!r}; allowed: a file that ends in {' or '.join(_KINDS)}")
    if file.is_dir() or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise ReportError(f"--report is {given!r}; allowed: a file in a folder that exists and can be written to")
    # It must not be taken for this run's, if this one ends before it has something to report.
    file.unlink(missing_ok=True)
    return file


def write_report(
    run: Run,
    outcomes: Outcomes,
    order: Sequence[StackId],
    wording: Wording,
    *,
    start: datetime,
    seconds: float,
    exit_code: int,
) -> None:
    """Write what became of a run to its report file, if it has one, in one step. Raises `ReportError`."""
    if run.report is None:
        return
    root = run.engine.root
    made = Report(
        operation=wording.operation,
        environment=run.environment,
        start=start,
        seconds=round(seconds, 3),
        exit_code=exit_code,
        engine_version=run.engine.version,
        parallel=run.parallel,
        stacks=[_stack(outcomes[stack], wording, run.engine.log_file(stack), root) for stack in order],
    )
    text = junit.as_xml(made) if run.report.suffix == ".xml" else as_json(made)
    # Whoever waits for the file never sees half of it.
    part = run.report.with_name(f".{run.report.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(run.report)
    except OSError as error:
        raise ReportError(f"the report {run.report} could not be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def as_json(report: Report) -> str:
    """The report as JSON, one key a line."""
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema of the report (https://json-schema.org/draft/2020-12)."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | Report.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


def _stack(outcome: Outcome[StackId, Any], wording: Wording, log: Path, root: Path) -> StackReport:
    stack, record = outcome.node, record_of(outcome)
    counts = record.counts
    return StackReport(
        label=stack.label,
        project=stack.project,
        stack=stack.name,
        layer=stack.layer,
        account=stack.account,
        status=outcome.status.value,
        result=result(outcome, wording),
        same_inputs=record.same_inputs,
        because=outcome.because.label if outcome.because else None,
        seconds=round(outcome.seconds, 3),
        counts=CountsReport(**{name: getattr(counts, name) for name in CountsReport.model_fields}),
        changes=_changes(record.changes),
        drift=_changes(record.drift),
        problems=[_problem(stack, problem, root) for problem in problems_of(outcome)],
        log=os.path.relpath(log, root) if log.exists() else None,
    )


def _resource(resource: Resource) -> dict[str, str]:
    return {"urn": resource.urn, "type": resource.type, "name": resource.name}


def _changes(changes: Iterable[Change]) -> list[ChangeReport]:
    return [
        ChangeReport(**_resource(each.resource), what=each.what, properties=list(each.properties)) for each in changes
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


if __name__ == "__main__":
    print(json_schema(), end="")
