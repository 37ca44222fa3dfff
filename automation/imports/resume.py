"""Deploying a stack again that an earlier run did not get done: nothing is made a second time.

A resource can be in AWS and not in the state: its engine was killed, and has it as a pending
creation; or its provider was killed, AWS's answer was lost or the state could not be saved, and the
engine knows nothing of it. AWS then refuses to make it once more. In a disposable environment it is
imported, if an earlier run had begun to create just that; elsewhere a person decides, and is told how.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automation.backend import pending as pending_operations
from automation.backend.pending import Creation
from automation.events import Problem, Record
from automation.imports import commands, identities
from automation.imports.attempts import Attempts
from automation.reporting.advice import EXISTS
from automation.stacks import StackCancelled, StackFailed, Stacks, Watch
from engine.environment import Environment
from shared.layers import StackId

Say = Callable[[str], None]
"""Prints a line for the person who watches."""

_KILLED = "which an earlier run was killed while it created"
_BEGUN = "which an earlier run had begun to create"


def deploy(stacks: Stacks, environment: Environment, say: Say, stack: StackId, watch: Watch) -> Record:
    """Deploy the stack, and put in order what earlier runs left. Raises as `Stacks.up` does.

    What is found to be there already is imported, layer by layer of what depends on what: each time the stack is
    deployed again, until nothing more is found.
    """
    attempts = Attempts(environment.attempts, stack)
    earlier = attempts.read()
    imported: set[str] = set()
    while True:
        try:
            record = stacks.up(stack, watch, refresh=bool(imported))
        except (StackFailed, StackCancelled) as error:
            attempts.add(error.record.begun)
            if isinstance(error, StackCancelled):
                raise
            imported |= _import(stacks, environment, say, stack, error, earlier, imported)
        else:
            break
    attempts.clear()
    # It is all in the state now, and the inputs of hundreds of stacks would add up.
    record.begun.clear()
    if record.pending and not imported:
        _forget_pending(stacks, say, stack)
    return record


def _import(
    stacks: Stacks,
    environment: Environment,
    say: Say,
    stack: StackId,
    error: StackFailed,
    earlier: Collection[str],
    imported: Collection[str],
) -> set[str]:
    """Put what is there already into the state; the URNs, one at least.

    Raises `StackFailed` where there is nothing that may be imported: its problems say what a person can do.
    """
    refused = {
        problem.resource.urn: problem.message
        for problem in error.problems
        if problem.resource and problem.resource.urn in error.record.begun and re.search(EXISTS, problem.message)
    }
    if not refused and not error.record.pending:
        raise error
    before = stacks.export(stack) or {}
    pending = {each.resource.urn for each in pending_operations.unfinished(before)}
    state = pending_operations.with_pending(before, [error.record.begun[urn] for urn in refused if urn not in pending])
    left = pending_operations.unfinished(state)
    ours = [each for each in left if each.resource.urn in {*pending, *earlier} and each.resource.urn not in imported]
    found = _identities(ours, refused) if environment.disposable else {}
    if not found:
        raise StackFailed(
            _explained(environment, stack, error.problems, left, refused, pending), error.record
        ) from error
    for each in ours:
        urn = each.resource.urn
        if urn in found:
            why = _KILLED if urn in pending else _BEGUN
            say(f"{stack.label}: importing {each.resource}, {why} ({found[urn]})")
    stacks.replace_state(stack, pending_operations.imported(state, found))
    return set(found)


def _identities(creations: Iterable[Creation], refused: Mapping[str, str]) -> dict[str, str]:
    creations = list(creations)
    named = {each.resource.urn: identities.in_refusal(each, refused.get(each.resource.urn, "")) for each in creations}
    return {
        **identities.identities([each for each in creations if not named[each.resource.urn]]),
        **{urn: identity for urn, identity in named.items() if identity},
    }


def _explained(
    environment: Environment,
    stack: StackId,
    problems: Iterable[Problem],
    left: Sequence[Creation],
    refused: Mapping[str, str],
    pending: Collection[str],
) -> list[Problem]:
    """The problems, with what to do about each resource that is there already, or may be."""
    remedies = {
        each.resource.urn: _remedy(environment, stack, each, refused.get(each.resource.urn, "")) for each in left
    }
    explained = [replace(each, remedy=remedies.get(each.resource.urn)) if each.resource else each for each in problems]
    unknown = [
        Problem(f"it is not known whether this, {_KILLED}, is in AWS", each.resource, remedies[each.resource.urn])
        for each in left
        if each.resource.urn in pending
    ]
    return [*explained, *unknown]


def _remedy(environment: Environment, stack: StackId, creation: Creation, refusal: str) -> str:
    """What a person can do about a resource that AWS refused to make, or that may be there if `refusal` is empty."""
    identity = identities.from_inputs(creation) or identities.in_refusal(creation, refusal)
    finding = None if identity else commands.finding_command(creation)
    found = f" (its id: `{finding}`)" if finding else ""
    importing = f"import it with `{commands.import_command(stack, creation, identity)}`{found}, or delete it in AWS"
    if not refusal:
        return f"look for it in AWS: if it is there, {importing}; then run this again"
    again = "run this again, which imports it; or " if environment.disposable and identities.finds(creation) else ""
    return (
        f"it is in AWS and not in the state of {stack.label}, made by hand or by a run that could not record it: "
        f"{again}{importing} and run this again"
    )


def _forget_pending(stacks: Stacks, say: Say, stack: StackId) -> None:
    """Say what was being created and is not in the program any more; the engine warns of it until it is dropped."""
    state: dict[str, Any] = stacks.export(stack) or {}
    for each in pending_operations.unfinished(state):
        say(f"{stack.label}: {each.resource}, {_KILLED}, is no longer wanted; delete it if it is in AWS")
    stacks.replace_state(stack, pending_operations.imported(state, {}))
