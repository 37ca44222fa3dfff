"""Tries an import in a scratch backend: what the program would create, and what it would change after the import.

Only there can the engine say what the next deployment would do to what is imported, before anything is.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from automation import scratch
from automation.backend.pending import Creation
from automation.backend.resources import parts
from automation.events import Change, Record, Resource
from automation.imports.engine_file import Key, only
from automation.imports.existing import Planned
from automation.plan import Plan
from automation.runs import Run, existing
from automation.stacks import StackFailed
from shared import planned_outputs
from shared.errors import UsageError
from shared.layers import StackId

NOTHING: Mapping[StackId, Record] = MappingProxyType({})


@dataclass(frozen=True)
class Result:
    """An import that worked: the engine's import file for it, and whether what it imports is protected.

    `record` is the preview of a deployment after it, and `planned` what that would create.
    """

    file: Path
    protect: bool
    record: Record
    planned: Planned

    @property
    def changes(self) -> list[Change]:
        """What a deployment after the import would do."""
        return self.record.changes


class Trial:
    """The trials of one import into `stack`. Raises `shared.errors.UsageError` if the stack cannot be previewed.

    `earlier` are previews of stacks that it reads, and that are not deployed. `record` is its own, before any import.
    """

    def __init__(
        self, run: Run, stack: StackId, earlier: Mapping[StackId, Record] = NOTHING, folder: Path | None = None
    ) -> None:
        self._run, self._stack = run, stack
        self._folder = folder or run.logs / "import"
        self._count = 0
        there = existing(run)
        self._state = (run.engine.export(stack) if stack in there else None) or {}
        plan = Plan(run.logs / "planned", there - {stack}, run.engine.outputs)
        for each, record in earlier.items():
            plan.add(each, record)
        # The programs have the environment variables of this process.
        os.environ[planned_outputs.VARIABLE] = str(plan.folder)
        # The scratch backend has no outputs of other stacks.
        plan.prepare(stack)
        file = self._folder / "planned.json"
        self.record = self._preview(self._place(), file)
        self._document = json.loads(file.read_text())
        self.planned = self._planned(self.record)

    def new(self, ids: Mapping[Key, str]) -> dict[Key, str]:
        """Those of `ids` that are not in the state. Raises `UsageError` if it has one of them with another id."""
        for key, identity in ids.items():
            known = self.planned.state.get(key, {}).get("id", identity)
            if known != identity:
                raise UsageError(
                    f"{key.type} {key.name} is in the state of {self._stack.label} as {known}, and is to be imported "
                    f"as {identity}; allowed: {known}"
                )
            if key not in self.planned.keys:
                raise UsageError(f"{self._stack.label} has no {key.type} {key.name}")
        return {key: identity for key, identity in ids.items() if key not in self.planned.state}

    def unseen(self, ids: Mapping[Key, str]) -> tuple[Path, bool]:
        """The engine's import file for `ids`, and whether they are protected, without trying it.

        For resources whose configuration was made from AWS, so that nothing of them can differ.
        """
        file = self._folder / "import.json"
        file.write_text(json.dumps(only(self._document, ids, self._stack.label)))
        return file, any(step.protect for urn, step in self.record.begun.items() if Key.of(Resource(urn)) in ids)

    def result(self, ids: Mapping[Key, str]) -> Result:
        """Try to import `ids`. Raises `UsageError` if AWS has one of them not, or not as the program describes it."""
        file, protect = self.unseen(ids)
        place = self._place()
        try:
            self._run.engine.import_resources(self._stack, _nobody, file, protect=protect, place=place)
        except StackFailed as error:
            # The engine repeats in an error of its own what became of each resource.
            telling = [problem for problem in error.problems if problem.resource] or error.problems
            raise UsageError(f"nothing was imported into {self._stack.label}: {'; '.join(map(str, telling))}") from None
        record = self._preview(place)
        lost = [
            f"  {change.resource} ({ids[Key.of(change.resource)]}): {', '.join(change.properties)}"
            for change in record.changes
            if Key.of(change.resource) in ids and change.what in ("replaced", "deleted")
        ]
        if lost:
            raise UsageError(
                f"nothing was imported into {self._stack.label}: the next deployment would replace what is in AWS, "
                "because these properties differ from the program's\n" + "\n".join(lost)
            )
        return Result(file, protect, record, self._planned(record))

    def _place(self) -> scratch.Scratch:
        self._count += 1
        folder = self._folder / str(self._count)
        return self._run.engine.aside(folder, self._stack, self._state)

    def _preview(self, place: scratch.Scratch, file: Path | None = None) -> Record:
        try:
            return self._run.engine.preview_in(place, self._stack, _nobody, file)
        except StackFailed as error:
            raise UsageError(
                f"nothing was imported: what {self._stack.label} consists of is not known, because its preview "
                f"failed: {error}"
            ) from None

    def _planned(self, record: Record) -> Planned:
        creations = {
            Key.of(Resource(urn)): Creation(Resource(urn), step.inputs or {}, {}) for urn, step in record.begun.items()
        }
        state: dict[Key, dict[str, Any]] = {
            Key.of(Resource(each["urn"])): each for each in parts(self._state)[0] if each.get("custom")
        }
        return Planned(self._stack, creations, state)


def _nobody(_record: Record, _change: Change | None) -> None:
    """Watches a trial, which is not shown."""
