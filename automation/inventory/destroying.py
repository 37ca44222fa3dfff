"""What would make the destruction of the organization fail at its end, when all the rest is gone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automation.backend import resources
from automation.inventory import declared as state
from automation.inventory.comparison import states
from automation.inventory.declared import Declared, declared
from automation.inventory.foreign import Naming, foreign_in_organization
from automation.inventory.organization import Member, Organization, read_organization
from automation.inventory.stacks import undeclared
from automation.runs import Run
from shared.errors import UsageError
from shared.layers import StackId


def guard(run: Run, chosen: Sequence[StackId], doing: str) -> None:
    """Refuse to destroy the org stack while something is in the organization or its OUs that no stack has.

    AWS deletes no OU with accounts or OUs in it, and no organization with accounts, OUs or policies. Raises
    `UsageError` and `automation.aws.AwsFailed`.
    """
    org = StackId("org", run.environment.name)
    if doing != "destroy" or org not in chosen:
        return
    known_states = states(run, undeclared(run))
    known = declared(known_states)
    if not known.ids.keys() & {state.ORGANIZATION, state.UNIT}:
        return
    organization = read_organization(run.environment.name, run.engine.root)
    if organization is None:
        return
    lines = [*_blocking(organization, known, Naming(run.environment.name)), *_closing(known_states)]
    if lines:
        rest = " ".join(f"--layer {layer}" for layer in sorted({stack.layer for stack in chosen} - {"org"}))
        go_on = f"\nTo destroy the rest alone: invoke destroy-all {rest} --env {run.environment.name}" if rest else ""
        raise UsageError(
            "nothing was destroyed: org cannot be destroyed because of these, which are in no stack or stay\n"
            + "\n".join(f"  {line}" for line in lines)
            + go_on
        )


def _blocking(found: Organization, known: Declared, naming: Naming) -> Iterator[str]:
    """What is in the organization, or, if the organization stays, in the OUs that would be deleted."""
    whole = known.services is not None
    kinds = {"account", "OU", "policy", "delegated administrator"} if whole else {"account", "OU"}
    units = known.ids.get(state.UNIT, frozenset())
    for thing in foreign_in_organization(found, known, naming, create=False):
        if thing.kind in kinds and (whole or units & set(thing.keys)):
            # A closed account would still be in the way, for 90 days.
            leave = f"aws organizations remove-account-from-organization --account-id {thing.id}"
            yield str(replace(thing, remove=leave) if thing.kind == "account" else thing)
    for member in found.members:
        if member.closed and (whole or units & set(member.unit.within)):
            yield _closed(member, found)


def _closed(member: Member, found: Organization) -> str:
    said = f"account {member.name} ({member.id}) is {member.state}: AWS removes it 90 days after it was closed"
    if not member.unit.path:
        return said
    return (
        f"{said}; out of its OU: aws organizations move-account --account-id {member.id} "
        f"--source-parent-id {member.unit.id} --destination-parent-id {found.root.id}"
    )


def _closing(known_states: Mapping[StackId, Mapping[str, Any]]) -> Iterator[str]:
    """The accounts that would be closed, which stay in the organization for 90 days."""
    for stack, each in known_states.items():
        for resource in resources.parts(each)[0]:
            if resource.get("type") == state.ACCOUNT and (resource.get("inputs") or {}).get("closeOnDeletion") is True:
                yield (
                    f"{stack.label}: accounts:closeOnDeletion is true, so account {resource.get('id')} would be "
                    "closed, and AWS removes it after 90 days"
                )
