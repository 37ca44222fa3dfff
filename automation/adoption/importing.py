"""Imports all stacks of an adoption, each as soon as those that it reads are imported.

Nothing is deployed in between: what a stack will export is taken from its preview after the import.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from automation import guards
from automation.access.people import SET
from automation.adoption.resources import attachments, resources
from automation.adoption.snapshot import Snapshot
from automation.environment_lock import exclusive
from automation.events import Problem, Record
from automation.imports.trial import Trial
from automation.inventory.organization import Member
from automation.operate import Operation, operate
from automation.results import Wording
from automation.runs import Run, existing
from automation.stacks import StackFailed, Stacks, Watch
from shared.errors import UserError
from shared.layers import StackId

_TRIED = ("org", "policies")
"""The layers whose import is always tried first: what they export, and the ids of policies, follow only from it. So do
the ARNs of permission sets, which layer identity exports if it has some."""


@exclusive()
def import_all(
    run: Run,
    chosen: Sequence[StackId],
    found: Snapshot,
    members: Mapping[StackId, Member],
    differing: Collection[StackId],
) -> int:
    """Import what AWS has of the chosen stacks; returns the exit code. What is in a state already is left out, so that
    it can be repeated.

    The files of the stacks in `differing` were not made from AWS: their import is tried first, and one that would
    replace something is refused. Raises `shared.errors.UserError` if it must not begin.
    """
    guards.before(run, chosen, "refresh")
    previews: dict[StackId, Record] = {}

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        try:
            earlier = {up: previews[up] for up in stack.upstream() if up in previews}
            trial = Trial(run, stack, earlier, run.logs / "import" / stack.project / stack.name)
            ids = trial.new(resources(trial.planned, found, members))
            if stack.layer not in _TRIED and stack not in differing and not any(key.type == SET for key in ids):
                previews[stack] = trial.record
                if not ids:
                    return Record()
                file, protect = trial.unseen(ids)
                return stacks.import_resources(stack, watch, file, protect=protect)
            result = trial.result(ids) if ids else None
            if more := trial.new(attachments(result.planned if result else trial.planned, found)):
                ids |= more
                result = trial.result(ids)
        except UserError as error:
            raise error if isinstance(error, StackFailed) else StackFailed([Problem(str(error))]) from None
        previews[stack] = result.record if result else trial.record
        return stacks.import_resources(stack, watch, result.file, protect=result.protect) if result else Record()

    wording = Wording("import", "importing", "imported", change="in the state: ")
    operation = Operation(work, wording, create=set(chosen) - existing(run))
    return operate(run, chosen, operation).exit_code
