"""Deploying a stack again that an earlier run did not get done: nothing is made a second time.

A resource can be in AWS and not in the state: its engine was killed, and has it as a pending
creation; or its provider was killed, AWS's answer was lost or the state could not be saved, and the
engine knows nothing of it. AWS then refuses to make it once more. In the sandbox it is taken over,
if an earlier run had begun to create just that; elsewhere a person decides, and is told how.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from automation import adoption, recovery
from automation.advice import EXISTS
from automation.events import Problem, Record
from automation.recovery import Creation
from automation.runs import Run
from automation.stacks import StackCancelled, StackFailed, Watch
from sandbox.layout import Layout
from shared.layers import StackId

_KILLED = "which an earlier run was killed while it created"
_BEGUN = "which an earlier run had begun to create"


class Attempts:
    """What the runs of a stack had begun to create since it was last deployed: the URNs, in a file.

    Only the sandbox has it. It is not beside the state, whose disk may be the one that is full.
    """

    def __init__(self, root: Path, stack: StackId) -> None:
        self._file = Layout(root.resolve()).attempts / f"{stack.project}-{stack.name}.json"

    def read(self) -> set[str]:
        """All of them; none if the file is not there, or not whole."""
        try:
            return set(json.loads(self._file.read_text()))
        except (FileNotFoundError, ValueError):
            return set()

    def add(self, urns: Iterable[str]) -> None:
        """Those, too."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(sorted(self.read().union(urns))))

    def clear(self) -> None:
        """The stack is deployed: its state has them."""
        self._file.unlink(missing_ok=True)


def deploy(run: Run, stack: StackId, watch: Watch) -> Record:
    """Deploy the stack, and put in order what earlier runs left. Raises as `Stacks.up` does.

    What is found to be there already is taken over, layer by layer of what depends on what: each time the stack is
    deployed again, until nothing more is found.
    """
    attempts = Attempts(run.engine.root, stack)
    earlier = attempts.read() if run.is_sandbox else set()
    taken: set[str] = set()
    while True:
        try:
            record = run.engine.up(stack, watch, refresh=bool(taken))
        except (StackFailed, StackCancelled) as error:
            if run.is_sandbox:
                attempts.add(error.record.begun)
            if isinstance(error, StackCancelled):
                raise
            taken |= _take_over(run, stack, error, earlier, taken)
        else:
            break
    if run.is_sandbox:
        attempts.clear()
    # It is all in the state now, and the inputs of hundreds of stacks would add up.
    record.begun.clear()
    if record.pending and not taken:
        _forget_pending(run, stack)
    return record


def _take_over(
    run: Run, stack: StackId, error: StackFailed, earlier: Collection[str], taken: Collection[str]
) -> set[str]:
    """Put what is there already into the state; the URNs, one at least.

    Raises `StackFailed` where there is nothing that may be taken over: its problems say what a person can do.
    """
    refused = {
        problem.resource.urn: problem.message
        for problem in error.problems
        if problem.resource and problem.resource.urn in error.record.begun and re.search(EXISTS, problem.message)
    }
    if not refused and not error.record.pending:
        raise error
    before = run.engine.export(stack) or {}
    pending = {each.resource.urn for each in recovery.unfinished(before)}
    state = recovery.with_pending(before, [error.record.begun[urn] for urn in refused if urn not in pending])
    left = recovery.unfinished(state)
    ours = [each for each in left if each.resource.urn in {*pending, *earlier} and each.resource.urn not in taken]
    found = _identities(ours, refused) if run.is_sandbox else {}
    if not found:
        raise StackFailed(_explained(run, stack, error.problems, left, refused, pending), error.record) from error
    for each in ours:
        urn = each.resource.urn
        if urn in found:
            why = _KILLED if urn in pending else _BEGUN
            run.console.print(f"{stack.label}: taking over {each.resource}, {why} ({found[urn]})", markup=False)
    run.engine.replace_state(stack, recovery.adopted(state, found))
    return set(found)


def _identities(creations: Iterable[Creation], refused: Mapping[str, str]) -> dict[str, str]:
    creations = list(creations)
    named = {each.resource.urn: adoption.told(each, refused.get(each.resource.urn, "")) for each in creations}
    return {
        **adoption.identities([each for each in creations if not named[each.resource.urn]]),
        **{urn: identity for urn, identity in named.items() if identity},
    }


def _explained(
    run: Run,
    stack: StackId,
    problems: Iterable[Problem],
    left: Sequence[Creation],
    refused: Mapping[str, str],
    pending: Collection[str],
) -> list[Problem]:
    """The problems, with what to do about each resource that is there already, or may be."""
    remedies = {each.resource.urn: _remedy(run, stack, each, refused.get(each.resource.urn, "")) for each in left}
    explained = [replace(each, remedy=remedies.get(each.resource.urn)) if each.resource else each for each in problems]
    unknown = [
        Problem(f"it is not known whether this, {_KILLED}, is in AWS", each.resource, remedies[each.resource.urn])
        for each in left
        if each.resource.urn in pending
    ]
    return [*explained, *unknown]


def _remedy(run: Run, stack: StackId, creation: Creation, refusal: str) -> str:
    """What a person can do about a resource that AWS refused to make, or that may be there if `refusal` is empty."""
    identity = adoption.known(creation) or adoption.told(creation, refusal)
    finding = None if identity else adoption.finding_command(creation)
    found = f" (its id: `{finding}`)" if finding else ""
    taking = f"take it over with `{adoption.import_command(stack, creation, identity)}`{found}, or delete it in AWS"
    if not refusal:
        return f"look for it in AWS: if it is there, {taking}; then run this again"
    again = "run this again, which takes it over; or " if run.is_sandbox and adoption.finds(creation) else ""
    return (
        f"it is in AWS and not in the state of {stack.label}, made by hand or by a run that could not record it: "
        f"{again}{taking} and run this again"
    )


def _forget_pending(run: Run, stack: StackId) -> None:
    """Say what was being created and is not in the program any more; the engine warns of it until it is dropped."""
    state: dict[str, Any] = run.engine.export(stack) or {}
    for each in recovery.unfinished(state):
        run.console.print(
            f"{stack.label}: {each.resource}, {_KILLED}, is no longer wanted; delete it if it is in AWS", markup=False
        )
    run.engine.replace_state(stack, recovery.adopted(state, {}))
