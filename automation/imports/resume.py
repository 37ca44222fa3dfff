"""Deploys a stack again after a failed run, without creating any resource twice.

A resource can exist in AWS but not in the state. If the engine was killed, the state has it as a pending creation. If
the provider was killed, AWS's answer was lost or the state could not be saved, the engine knows nothing of it. AWS
then refuses to create it a second time. In a disposable environment the resource is imported if an earlier run had
begun to create it; elsewhere the user gets a command and decides.

A resource that stays in AWS when it leaves the stack (`retain_on_delete`) is taken back everywhere when it is wanted
again, if its id follows from its inputs. After a state was lost, the user can ask for that of every resource.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pulumi.automation.events import StepEventStateMetadata

from automation.backend import pending as pending_operations
from automation.backend.pending import Creation
from automation.events import Problem, Record
from automation.imports import commands, identities
from automation.imports.attempts import Attempts
from automation.imports.identities import ACCOUNT, ORGANIZATION, UNIT
from automation.reporting.advice import EXISTS
from automation.stacks import StackCancelled, StackFailed, Stacks, Watch
from engine.environment import Environment
from engine.install import Progress
from shared.layers import StackId

_NEVER_DELETED = (ACCOUNT, ORGANIZATION, UNIT)
"""The types of which nobody should delete one in order to have it made again: what is in them would go, or stop it."""

_KILLED = "which an earlier run was killed while it created"
_BEGUN = "which an earlier run had begun to create"
_RETAINED = "which was kept in AWS"
_THERE = "which is in AWS already"


def deploy(
    stacks: Stacks,
    environment: Environment,
    progress: Progress,
    stack: StackId,
    watch: Watch,
    *,
    refresh: bool = False,
    import_existing: bool = False,
) -> Record:
    """Deploy the stack, and clean up after earlier runs; with `refresh`, read what AWS has first. Raises what
    `Stacks.up` raises. With `import_existing`, all that AWS has already is imported whose id follows from its inputs.

    Resources that already exist are imported, and the stack is deployed again. This is repeated until a deployment
    finds no more of them, because a resource is tried only after those that it depends on.
    """
    attempts = Attempts(environment.attempts, stack)
    earlier = attempts.read()
    imported: set[str] = set()
    failed: list[Record] = []
    while True:
        try:
            record = stacks.up(stack, watch, refresh=refresh or bool(imported))
        except (StackFailed, StackCancelled) as error:
            attempts.add(error.record.begun)
            if isinstance(error, StackCancelled):
                raise
            imported |= _import(
                stacks, environment, progress, stack, error, earlier, imported, everything=import_existing
            )
            failed.append(error.record)
        else:
            break
    attempts.clear()
    record.follow(failed, imported)
    # The state has these resources now; keeping the inputs of hundreds of stacks would take memory.
    record.begun.clear()
    if record.pending and not imported:
        _forget_pending(stacks, progress, stack)
    return record


def _import(
    stacks: Stacks,
    environment: Environment,
    progress: Progress,
    stack: StackId,
    error: StackFailed,
    earlier: Collection[str],
    imported: Collection[str],
    *,
    everything: bool,
) -> set[str]:
    """Import resources that already exist into the state; returns their URNs, at least one. With `everything`, whoever
    made them.

    Raises `StackFailed` if nothing may be imported; its problems say what the user can do.
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
    steps = [step for urn, step in error.record.begun.items() if urn in refused and urn not in imported]
    found |= _kept(left, steps, everything=everything)
    if not found:
        raise StackFailed(
            _explained(environment, stack, error.problems, left, refused, pending), error.record
        ) from error
    for each in left:
        urn = each.resource.urn
        if urn in found:
            retained = urn in error.record.begun and error.record.begun[urn].retain_on_delete
            there = _RETAINED if retained else _THERE
            why = _KILLED if urn in pending else _BEGUN if urn in earlier else there
            progress(f"{stack.label}: importing {each.resource}, {why} ({found[urn]})")
    stacks.replace_state(stack, pending_operations.imported(state, found))
    return set(found)


def _kept(
    creations: Iterable[Creation], refused: Iterable[StepEventStateMetadata], *, everything: bool
) -> dict[str, str]:
    """URN → id of the refused creations of resources that stay in AWS when they leave the stack, or of `everything`."""
    retained = {step.urn for step in refused if step.retain_on_delete or everything}
    found = {each.resource.urn: identities.from_inputs(each) for each in creations if each.resource.urn in retained}
    return {urn: identity for urn, identity in found.items() if identity}


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
    """The problems, with a remedy for each resource that already exists, or may exist."""
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
    """What the user can do about a resource that AWS refused to create, or, without a `refusal`, that may exist."""
    identity = identities.from_inputs(creation) or identities.in_refusal(creation, refusal)
    command = commands.import_command(stack, creation, identity)
    importing = f"import it with `{command}`" if command else "import it: `invoke --help import`"
    if creation.resource.type not in _NEVER_DELETED:
        importing += ", or delete it in AWS if nobody uses it"
    if not refusal:
        return f"look for it in AWS: if it is there, {importing}; then run this again"
    again = "run this again, which imports it; or " if environment.disposable and identities.finds(creation) else ""
    elsewhere = _address_elsewhere(environment, stack) if creation.resource.type == ACCOUNT and not identity else ""
    return (
        f"it is in AWS and not in the state of {stack.label}, made by hand or by a run that could not record it: "
        f"{again}{importing}; then run this again{elsewhere}"
    )


def _address_elsewhere(environment: Environment, stack: StackId) -> str:
    """AWS gives the address of a closed account to no other one:
    https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html"""
    empty = "; or `invoke sandbox.reset` for an empty AWS" if environment.disposable else ""
    return (
        ". If no account of this organization has its address, one of another organization has it or a closed one, and "
        f"AWS gives it to no other: write another address as accounts:email in {stack.config_label}{empty}"
    )


def _forget_pending(stacks: Stacks, progress: Progress, stack: StackId) -> None:
    """Drop and report pending creations that are not in the program any more; the engine warns of them until then."""
    state: dict[str, Any] = stacks.export(stack) or {}
    for each in pending_operations.unfinished(state):
        progress(f"{stack.label}: {each.resource}, {_KILLED}, is no longer wanted; delete it if it is in AWS")
    stacks.replace_state(stack, pending_operations.imported(state, {}))
