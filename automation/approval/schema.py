"""The format of a plan, for CI and for whoever approves it (docs/pull-requests.md).

`python -m automation.approval.schema` prints its JSON Schema, which is saved as docs/plan.schema.json.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION: Literal[1] = 1


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )


class PropertyPlan(_Part):
    """A property that a change sets. Its value is never in the plan."""

    property: str = Field(description="its path, such as tags.Owner")
    digest: str | None = Field(description="of the new value; null where only the deployment can tell it")


class ChangePlan(_Part):
    """What is to happen to a resource."""

    urn: str
    what: str = Field(description="created, updated, replaced, deleted or kept; in a stack's `drift` changed or gone")
    keeps_old: bool = Field(description="the resource that is replaced stays in AWS")
    properties: list[PropertyPlan]


class StackPlan(_Part):
    """One stack that the plan deploys."""

    label: str = Field(description="how commands name it, such as accounts/developer")
    layer: str
    configuration: dict[str, str] = Field(description="key of the stack's file → digest of its value, as it is written")
    outputs: dict[str, str | None] = Field(
        description="stack that this one reads → digest of its outputs; null if the plan deploys that one first"
    )
    state: str | None = Field(description="digest of the state; null if there is none yet")
    changes: list[ChangePlan]
    drift: list[ChangePlan] = Field(description="what differed in AWS from the state")
    problems: list[str] = Field(description="why the preview failed; a plan with a problem is not deployed")
    warnings: list[str] = Field(description="such as what breaks a rule of the policy pack that is advisory")
    shown: list[str] = Field(description="what the preview has shown, secrets masked")


class PlanFile(_Part):
    """A previewed environment. Digests are SHA-256, in hexadecimal."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = VERSION
    """Increased when a field is removed or its meaning changes: a plan of another version is not deployed."""
    environment: str
    commit: str | None = Field(description="of the work tree; null without git")
    start: datetime = Field(description="ISO 8601, in UTC")
    account: str = Field(description="digest of the management account's id")
    tools: dict[str, str] = Field(description="engine, Python, packages, provider and rules → version or digest")
    variables: dict[str, str] = Field(description="environment variable that is an input → digest")
    programs: dict[str, dict[str, str]] = Field(description="layer → file of its program → digest of its meaning")
    stacks: list[StackPlan] = Field(description="the stacks to deploy, upstream stacks first")
    unchanged: list[str] = Field(description="the stacks whose inputs and state are those of their last deployment")


def json_schema() -> str:
    """The JSON Schema of a plan (https://json-schema.org/draft/2020-12)."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | PlanFile.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
