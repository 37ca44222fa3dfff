"""Makes a plan from a preview, and refuses a deployment that would be another one than was approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from automation.approval.changes import differences, planned
from automation.approval.inputs import Inputs, differing
from automation.approval.schema import VERSION, PlanFile, StackPlan
from automation.events import Change, Record
from automation.queue import Status
from automation.reporting import changes as telling
from automation.reporting.files import output_file, write_at_once
from automation.results import RunResult, StackResult, Wording
from automation.runs import Run
from automation.selection.git import Git
from shared.errors import UsageError
from shared.layers import StackId

OPTION = "--plan"
_WIDTH = 110
"""Characters in a line of what a plan shows."""
_KINDS = (".json",)
_AGAIN = "make a new plan and have it approved: invoke preview-all --plan {file} --env {env}"


def plan_file(given: str) -> Path:
    """The path to write the plan to. One of an earlier run is deleted: it must not be mistaken for this one's.

    Raises `UsageError` if it cannot be written.
    """
    file = output_file(OPTION, given, _KINDS)
    file.unlink(missing_ok=True)
    return file


def inputs_of(run: Run, chosen: Sequence[StackId]) -> PlanFile:
    """A plan with the inputs of the chosen stacks, read before they are previewed, and no change yet."""
    inputs = Inputs(run)
    stacks = [
        StackPlan(
            label=stack.label,
            layer=stack.layer,
            configuration=inputs.configuration(stack),
            outputs={upstream.label: inputs.outputs(upstream) for upstream in stack.upstream()},
            state=inputs.state(stack),
            changes=[],
            drift=[],
            problems=[],
            warnings=[],
            shown=[],
        )
        for stack in chosen
    ]
    layers = dict.fromkeys(stack.layer for stack in chosen)
    return PlanFile(
        environment=run.environment.name,
        commit=_commit(run.engine.root),
        start=datetime.now(UTC),
        account=inputs.account,
        tools=inputs.tools,
        variables=inputs.variables,
        programs={layer: inputs.program(layer) for layer in layers},
        stacks=stacks,
        unchanged=[],
    )


def write_empty(file: Path, env: str, root: Path) -> None:
    """Write a plan that deploys nothing, because nothing was chosen: whoever waits for a plan gets one."""
    nothing = PlanFile(
        environment=env,
        commit=_commit(root),
        start=datetime.now(UTC),
        account="",
        tools={},
        variables={},
        programs={},
        stacks=[],
        unchanged=[],
    )
    write_at_once("the plan", file, as_json(nothing))


def write(file: Path, before: PlanFile, found: RunResult) -> None:
    """Write what the preview has found, with the inputs of `before`. Raises `UsageError`."""
    results = {result.stack.label: result for result in found.stacks}
    ran = {label for label, result in results.items() if not result.record.same_inputs}
    stacks = [
        each.model_copy(
            update={
                "outputs": {name: None if name in ran else value for name, value in each.outputs.items()},
                **_found(results[each.label], found.wording),
            }
        )
        for each in before.stacks
        if each.label in ran
    ]
    unchanged = [each.label for each in before.stacks if each.label not in ran]
    write_at_once("the plan", file, as_json(before.model_copy(update={"stacks": stacks, "unchanged": unchanged})))


def as_json(plan: PlanFile) -> str:
    """The plan as JSON, one key per line."""
    return plan.model_dump_json(by_alias=True, indent=2) + "\n"


def digest_of(plan: PlanFile) -> str:
    """What stands for the plan in a comment: the SHA-256 digest of its file."""
    return hashlib.sha256(as_json(plan).encode()).hexdigest()


def read(given: str) -> PlanFile:
    """The plan in a file. Raises `UsageError` for one that is none, or of another version of the format."""
    try:
        text = Path(given).read_text(encoding="utf-8")
        document = json.loads(text)
    except OSError as error:
        raise UsageError(f"{OPTION} is {given!r}, which cannot be read: {error.strerror}") from None
    except ValueError:
        raise UsageError(
            f"{OPTION} is {given!r}, which is no JSON; allowed: a file that preview-all {OPTION} wrote"
        ) from None
    version = document.get("schema") if isinstance(document, dict) else None
    if version != VERSION:
        raise UsageError(
            f"{OPTION} is {given!r}, of format {version!r}; allowed: {VERSION}, with this version of the code"
        )
    try:
        return PlanFile.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise UsageError(f"{OPTION} is {given!r}, which is no plan: {where}: {error.errors()[0]['msg']}") from None


def narrowed(plan: PlanFile, chosen: Sequence[StackId]) -> list[StackId]:
    """Those of the chosen stacks that the plan deploys."""
    labels = {each.label for each in plan.stacks}
    return [stack for stack in chosen if stack.label in labels]


class Approved:
    """A plan that a run deploys. Raises `UsageError`, before anything is changed, if the plan does not fit."""

    def __init__(self, run: Run, plan: PlanFile, chosen: Sequence[StackId]) -> None:
        self._stacks = {each.label: each for each in plan.stacks}
        self._env = run.environment.name
        inputs = Inputs(run)
        problems = list(_whole(run, inputs, plan))
        if not problems:
            programs = {layer: list(_of_program(inputs, plan, layer)) for layer in {each.layer for each in chosen}}
            problems = [text for stack in chosen for text in self._of_stack(inputs, programs[stack.layer], stack)]
        if problems:
            raise UsageError(
                "nothing was changed, because this is not what the plan was made of:\n"
                + "\n".join(f"  {text}" for text in dict.fromkeys(problems))
                + f"\n{_AGAIN.format(file='plan.json', env=self._env)}"
            )

    def refreshes(self, stack: StackId) -> bool:
        """Whether the changes of the stack were planned against what AWS has, and not against the state."""
        return bool(self._stacks[stack.label].drift)

    def differences(self, stack: StackId, record: Record) -> list[str]:
        """What a fresh preview of the stack would do otherwise than was approved."""
        approved = self._stacks[stack.label]
        in_aws = [f"in AWS, {text}" for text in differences(approved.drift, planned(record.drift))]
        return [*in_aws, *differences(approved.changes, planned(record.changes))]

    def again(self) -> str:
        """What to do when the plan does not fit any more."""
        return _AGAIN.format(file="plan.json", env=self._env)

    def _of_stack(self, inputs: Inputs, program: Sequence[str], stack: StackId) -> Iterator[str]:
        approved = self._stacks[stack.label]
        yield from (f"{stack.label}: its preview failed: {each}" for each in approved.problems)
        yield from program
        for name, how in differing(approved.configuration, inputs.configuration(stack)):
            yield f"{stack.label}: {name} in {stack.config_label} {how}"
        for upstream in stack.upstream():
            known = approved.outputs.get(upstream.label)
            if known is not None and known != inputs.outputs(upstream):
                yield f"{stack.label}: the outputs of {upstream.label} are other ones"
        if approved.state != inputs.state(stack):
            yield f"{stack.label}: its state is another one: somebody has deployed or refreshed it since"


def _of_program(inputs: Inputs, plan: PlanFile, layer: str) -> Iterator[str]:
    for name, how in differing(plan.programs.get(layer, {}), inputs.program(layer)):
        yield f"{layer}: the file {name} of its program {how}"


def _whole(run: Run, inputs: Inputs, plan: PlanFile) -> Iterator[str]:
    """What differs for all stacks."""
    if plan.environment != run.environment.name:
        yield f"it is a plan of environment {plan.environment!r}, and this is {run.environment.name!r}"
        return
    yield from (f"the {name}: it {how}" for name, how in differing(plan.tools, inputs.tools))
    yield from (f"the variable {name} {how}" for name, how in differing(plan.variables, inputs.variables))
    if plan.account != inputs.account:
        yield "the AWS credentials belong to another account"


def _found(result: StackResult, wording: Wording) -> dict[str, object]:
    record = result.record
    problems = [str(each) for each in result.problems]
    if result.status is not Status.DONE and not problems:
        problems = [result.describe(wording)]
    return {
        "changes": planned(record.changes),
        "drift": planned(record.drift),
        "problems": problems,
        "warnings": list(record.warnings),
        "shown": list(_shown(record, wording)),
    }


def _shown(record: Record, wording: Wording) -> Iterator[str]:
    for change in record.drift:
        yield f"{change.what} in AWS: {change.resource}"
        yield from telling.lines(change, _WIDTH)
    for change in record.changes:
        yield from _lines(change, wording)


def _lines(change: Change, wording: Wording) -> Iterator[str]:
    yield telling.headline(wording, change)
    yield from telling.lines(change, _WIDTH)


def _commit(root: Path) -> str | None:
    try:
        return Git(root).commit("HEAD")
    except UsageError:  # no git, or no repository
        return None
