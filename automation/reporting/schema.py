"""The format of a run's report, for scripts and CI (docs/report.md).

`python -m automation.reporting.schema` prints its JSON Schema, which is saved as docs/report.schema.json.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from automation.results import Operation

Status = Literal["done", "failed", "skipped", "cancelled"]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )


class ResourceReport(_Part):
    """A resource: its Pulumi type, its name in the program, and its URN."""

    urn: str
    type: str
    name: str


class PropertyReport(_Part):
    """A changed property. A secret value is `[secret]`, one that AWS decides `known after the deployment`."""

    property: str = Field(description="its path, such as tags.Owner")
    old: Any = Field(description="null where it was not set; in a stack's `drift`, the value in the state")
    new: Any = Field(description="null where it is no longer set; in a stack's `drift`, the value in AWS")
    forces_replacement: bool


class ChangeReport(ResourceReport):
    """A changed resource."""

    what: str = Field(
        description="created, updated, replaced, deleted or kept (no longer managed, but still in AWS); of a preview "
        "or of drift, what a deploy would do. In a stack's `drift`: changed, gone, or closed, of an account."
    )
    properties: list[str] = Field(description="the changed properties as the engine names them")
    values: list[PropertyReport] = Field(description="old and new values; of what is created or deleted, all inputs")
    keeps_old: bool = Field(description="the resource that is replaced stays in AWS")


class ProblemReport(_Part):
    """An error. `resource` is null if the error does not belong to a single resource."""

    message: str
    resource: ResourceReport | None
    aws_code: str | None = Field(description="AWS's error code; null where the error is not AWS's")
    advice: str | None = Field(description="what to do, in a sentence")
    files: list[str] = Field(description="where to look, from the repository's top, with `:line` where one is known")


class CountsReport(_Part):
    """How many resources were changed, or would be changed, and how many were not."""

    created: int
    updated: int
    replaced: int
    deleted: int
    kept: int = Field(description="no longer managed, but still in AWS")
    unchanged: int


class StackReport(_Part):
    """The result of one stack."""

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
    advisory: list[str] = Field(default=[], description="what breaks a rule of the policy pack that only warns")
    log: str | None = Field(description="the file with all output, from the repository's top; null if nothing was run")


class ForeignReport(_Part):
    """Something in AWS that no stack has, or a stack that no file describes."""

    kind: str = Field(description="account, OU, policy, attachment, user and so on")
    name: str = Field(description="what users call it, and where it is")
    id: str = Field(description="AWS's id; an IAM name or ARN where there is none")
    adopt: str | None = Field(description="the commands that bring it into a stack")
    remove: str | None = Field(description="the commands that remove it")


class Report(_Part):
    """A run: one operation on stacks of one environment. The stacks are in the order of the work."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Increased when a field is removed or its meaning changes, but not when a field is added."""
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
    foreign: list[ForeignReport] | None = Field(
        default=None, description="what is in AWS and in no stack; null where that was not, or could not be, looked at"
    )


def json_schema() -> str:
    """The JSON Schema of the report (https://json-schema.org/draft/2020-12)."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | Report.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
