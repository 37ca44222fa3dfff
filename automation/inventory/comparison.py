"""Compares the whole organization with the states of all stacks of its environment, for `drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console

from automation.aws import AwsFailed
from automation.inventory.declared import declared
from automation.inventory.foreign import Naming, foreign_identities, foreign_in_organization, without_ignored
from automation.inventory.identities import read_identities, removal_of_user
from automation.inventory.left_behind import left_behind
from automation.inventory.organization import read_organization
from automation.inventory.stacks import Undeclared, account_in, undeclared
from automation.results import Foreign
from automation.runs import Run, existing
from automation.stack_files import read_raw
from shared.errors import ConfigError
from shared.layers import StackId


@dataclass(frozen=True)
class Inventory:
    """What no stack has. `ignored` things were left out by `org:ignore`, of which the `unused` entries fit nothing.
    `stayed` is what stacks gave up and AWS keeps, as is meant: it is said, and is no difference.

    `failure` says why the organization could not be read; it was then not compared.
    """

    foreign: tuple[Foreign, ...] = ()
    ignored: int = 0
    unused: tuple[str, ...] = ()
    stayed: tuple[Foreign, ...] = ()
    failure: str | None = None


def compare(run: Run, chosen: Sequence[StackId]) -> Inventory | None:
    """The inventory; None unless the org stack is among the chosen ones, for who looks at one account only."""
    org = StackId("org", run.environment.name)
    if org not in chosen:
        return None
    lost = undeclared(run)
    stacks = [_stack(each) for each in lost]
    try:
        things, kept = _things(run, states(run, lost), chosen)
    except AwsFailed as error:
        return Inventory(tuple(stacks), failure=str(error))
    entries = _setting(run, org, "ignore", ())
    left, unused = without_ignored([*things, *kept], [each.strip() for each in entries if isinstance(each, str)])
    foreign = [each for each in left if each not in kept]
    stayed = tuple(each for each in left if each in kept)
    return Inventory((*stacks, *foreign), len(things) + len(kept) - len(left), tuple(unused), stayed)


def states(run: Run, lost: Sequence[Undeclared]) -> dict[StackId, Mapping[str, Any]]:
    """The state of every stack of the environment in the backend, also of those without a file."""
    there = [*sorted(existing(run)), *(each.stack for each in lost)]
    with ThreadPoolExecutor(run.parallel) as pool:
        return dict(zip(there, pool.map(run.states.whole, there), strict=True))


def show(console: Console, found: Inventory) -> None:
    """Print the inventory, one line for each thing."""
    if found.failure:
        console.print(f"The organization was not compared: {found.failure}", markup=False)
    left = f" ({found.ignored} left alone: org:ignore)" if found.ignored else ""
    if found.foreign:
        console.print(f"Not in any stack: {len(found.foreign)}{left}", markup=False)
    elif not found.failure:
        console.print(f"All that is in the organization is in a stack{left}.", markup=False)
    for each in found.foreign:
        console.print(f"  {each}", markup=False)
    if found.stayed:
        console.print(f"Stayed in AWS when a stack gave it up, with its backups: {len(found.stayed)}")
    for each in found.stayed:
        console.print(f"  {each}", markup=False)
    for entry in found.unused:
        console.print(f"org:ignore has {entry!r}, which fits nothing that was found", markup=False)


def _things(
    run: Run, known_states: Mapping[StackId, Mapping[str, Any]], chosen: Sequence[StackId]
) -> tuple[list[Foreign], list[Foreign]]:
    """What is foreign, and what stayed when a stack gave it up."""
    environment, root = run.environment.name, run.engine.root
    known = declared(known_states)
    things: list[Foreign] = []
    stayed: list[Foreign] = []
    organization = read_organization(environment, root)
    naming = _naming(run, known_states)
    if organization:
        create = _setting(run, StackId("org", environment), "mode", "create") == "create"
        things += foreign_in_organization(organization, known, naming, create=create)
        stayed = left_behind(run, known_states, organization, chosen)
    external = _setting(run, StackId("identity", environment), "userSource", "config") == "external"
    removal = partial(removal_of_user, environment, root)
    found = read_identities(environment, root)
    return things + foreign_identities(found, known, naming, removal, external=external), stayed


def _naming(run: Run, known_states: Mapping[StackId, Mapping[str, Any]]) -> Naming:
    accounts = [stack for stack in run.stacks if stack.account]
    free = [stack for stack in accounts if account_in(known_states.get(stack, {})) is None]
    addresses = {str(_setting(run, stack, "email", "")).lower(): str(stack.account) for stack in free}
    return Naming(run.environment.name, addresses, {str(stack.account) for stack in (*accounts, *known_states)})


def _setting(run: Run, stack: StackId, key: str, default: Any) -> Any:
    """A setting in a stack's file, which was checked before the run."""
    try:
        return read_raw(stack, run.engine.root)[0].get(f"{stack.layer}:{key}", default)
    except ConfigError:
        return default


def _stack(lost: Undeclared) -> Foreign:
    return Foreign("stack", lost.stack.label, lost.stack.name, lost.ways, None)
