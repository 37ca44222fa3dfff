"""The resources that the stacks would have after a deployment, from a preview, with placeholders for new ids.

Stacks whose inputs are those of their last deployment are not run: they have what their states have.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from automation import guards
from automation.access.documents import TYPES, resources_of_state
from automation.access.resources import STACK, Resource
from automation.events import Problem, Record
from automation.language_host.documents import FOLDER
from automation.operate import Operation, operate
from automation.operations import PREVIEW, previewing
from automation.plan import Plan
from automation.runs import Run
from automation.stacks import StackFailed
from shared.errors import UsageError
from shared.layers import StackId

Resources = dict[StackId, list[Resource]]


def deployed(run: Run, stacks: Sequence[StackId]) -> Resources:
    """What the states of the stacks have; a stack that does not exist has nothing."""
    return {stack: resources_of_state(run.states.whole(stack)) for stack in stacks}


def planned(run: Run, stacks: Sequence[StackId], before: Mapping[StackId, Sequence[Resource]]) -> Resources:
    """What the stacks would have after a deployment. `before` is what they have. Raises `StackFailed`."""
    folder = run.logs / "documents"
    folder.mkdir(mode=0o700, exist_ok=True)
    # What it would print is not asked for, but what failed is.
    quiet = replace(run, console=Console(file=io.StringIO()), report=None)
    guards.before(quiet, stacks, "preview")
    with _recording(folder):
        work, plan = previewing(quiet, refresh=False, kind=_WholePlan)
        result = operate(quiet, stacks, Operation(work, PREVIEW, locks=False, again=False, reasons=plan.reasons))
    if result.exit_code:
        problems = [
            Problem(f"{each.stack.label}: {problem}", remedy=problem.remedy)
            for each in result.stacks
            for problem in each.problems
        ]
        raise StackFailed(problems or [Problem("a stack could not be previewed; see the logs in .runs")])
    ran = [each.stack for each in result.stacks if not each.record.same_inputs]
    found = {stack: list(before.get(stack, ())) for stack in stacks}
    for stack in ran:
        found[stack] = _registered(folder, stack, before.get(stack, ()))
    return found


def _registered(folder: Path, stack: StackId, before: Sequence[Resource]) -> list[Resource]:
    try:
        recorded = json.loads(_file(folder, stack).read_text())
    except FileNotFoundError:
        raise UsageError(
            f"{stack.label}: its documents cannot be seen in a preview, because no language host of the SDK is beside "
            "this engine; allowed: an engine of a whole installation, as `invoke doctor` shows it"
        ) from None
    found = [Resource(**each) for each in recorded["resources"] if each["type"] in TYPES]
    found.append(Resource(STACK, stack.name, "", recorded["outputs"]))
    there = {(each.type, each.name) for each in found}
    return found + [each for each in before if each.kept and (each.type, each.name) not in there]


class _WholePlan(Plan):
    """Hands the placeholders of a stack's outputs on to the stacks that read them."""

    def add(self, stack: StackId, record: Record) -> None:
        folder = os.environ.get(FOLDER)
        if folder and _file(Path(folder), stack).is_file():
            after: dict[str, Any] = json.loads(_file(Path(folder), stack).read_text())["outputs"]
            record.outputs = record.outputs[0], {**record.outputs[1], **after}
        super().add(stack, record)


@contextmanager
def _recording(folder: Path) -> Iterator[None]:
    before = os.environ.get(FOLDER)
    # The programs have the environment variables of this process.
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(FOLDER, None)
        else:
            os.environ[FOLDER] = before


def _file(folder: Path, stack: StackId) -> Path:
    return folder / f"{stack.project}.{stack.name}.json"
