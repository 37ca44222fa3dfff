"""What must hold before the work of a run begins. A guard that fails has changed nothing, in AWS or in a state."""

from collections.abc import Callable, Sequence
from typing import Literal

from automation import added_roles, caller, existing_groups
from automation.inventory import destroying
from automation.inventory import stacks as undeclared_stacks
from automation.lifecycle import addresses, closings
from automation.removals import permission_sets, policy_types, units, users
from automation.runs import Run, mend
from shared.layers import StackId

Doing = Literal["deploy", "preview", "refresh", "drift", "destroy", "change"]
"""`change` is what a command of `automation.lifecycle` does to the state of a stack, and maybe to AWS."""

Guard = Callable[[Run, Sequence[StackId], Doing], None]
"""Raises `shared.errors.UserError` if the operation must not be carried out on the chosen stacks."""

GUARDS: tuple[Guard, ...] = (
    undeclared_stacks.guard,
    caller.require,
    destroying.guard,
    addresses.refuse_changed,
    units.check,
    policy_types.check,
    users.check,
    permission_sets.check,
    added_roles.check,
    existing_groups.check,
    closings.remind,
)
"""The guards of every operation, in their order: those that cost nothing first."""


def before(run: Run, chosen: Sequence[StackId], doing: Doing) -> None:
    """Raise `shared.errors.UserError` if one of the guards refuses the operation."""
    mend(run)  # the guards read the states
    for guard in GUARDS:
        guard(run, chosen, doing)
