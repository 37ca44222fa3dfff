"""What the lifecycle commands have in common: an account as its file and its stack have it, and what a user agrees to.

Each command is a list of steps that are worked out from what is there now. So a command that was killed goes on when it
is run again: the steps that were done are no longer in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any

from automation.asking import answer
from automation.backend import locks
from automation.backend.resources import parts
from automation.environment_lock import held
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError, LayerError, UsageError
from shared.layers import StackId, check_name

TYPE = "aws:organizations/account:Account"


@dataclass(frozen=True)
class Account:
    """One account. `email` is None if it is encrypted. `resource` is the account in the stack's state, `stack_exists`
    whether there is such a stack at all."""

    stack: StackId
    file: Path | None
    stack_exists: bool
    email: str | None = None
    resource: dict[str, Any] | None = None
    exported_id: str | None = None

    @property
    def id(self) -> str | None:
        """The account's id in AWS; None if it was never deployed.

        A refresh drops an account that was closed by hand from the state; what the stack exported stays.
        """
        return str(self.resource["id"]) if self.resource and self.resource.get("id") else self.exported_id

    @property
    def deployed_email(self) -> str | None:
        """Its address in the state; None if it was never deployed or is encrypted."""
        return _text(self.resource, "email")

    @property
    def deployed_name(self) -> str:
        """Its name in AWS as the state has it, or else what it is called here."""
        return _text(self.resource, "name") or str(self.stack.account)

    def same_address(self, other: Account) -> bool:
        """Whether the address in this account's file may be that of the deployed `other`: encrypted ones may."""
        mine, deployed = self.email, other.deployed_email
        return mine is None or deployed is None or mine.lower() == deployed.lower()


def _text(resource: dict[str, Any] | None, key: str) -> str | None:
    value = ((resource or {}).get("outputs") or {}).get(key)
    return value if isinstance(value, str) else None


def alone(command: Callable[..., int]) -> Callable[..., int]:
    """A decorator for a command on the accounts whose names follow the run: no other run is at work on their stacks,
    from the first question on."""

    @wraps(command)
    def run_alone(run: Run, *names: str, **options: Any) -> int:
        for name in names:
            check_name("account", name)
        with held(run, {StackId("accounts", run.environment.name, name) for name in names}):
            return command(run, *names, **options)

    return run_alone


def account(run: Run, name: str) -> Account:
    """The account called `name`, whether or not it has a file and a stack."""
    stack = StackId("accounts", run.environment.name, name)
    if run.environment.disposable:
        locks.free_locks(run.backend, stack, partial(run.console.print, markup=False), run.stop.is_set)
    file = stack.config_file(run.engine.root)
    state = run.engine.export(stack)
    by_type = {each["type"]: each for each in parts(state or {})[0]}
    return Account(
        stack,
        file if file.is_file() else None,
        state is not None,
        _email(stack, run),
        by_type.get(TYPE),
        _text(by_type.get("pulumi:pulumi:Stack"), "accountId"),
    )


def known(run: Run, name: str) -> Account:
    """The account called `name`, which has a file or a stack. Raises `LayerError` if it has neither."""
    found = account(run, name)
    if not found.file and not found.stack_exists:
        raise unknown(run, name)
    return found


def unknown(run: Run, name: str) -> LayerError:
    """The error for an account that has neither a file nor a stack."""
    there = [str(stack.account) for stack in run.stacks if stack.account]
    file = StackId("accounts", run.environment.name, name).config_label
    return LayerError(f"no account is called {name!r}: neither {file} nor its stack exists; there are: {_list(there)}")


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _email(stack: StackId, run: Run) -> str | None:
    try:
        value = read_raw(stack, run.engine.root)[0].get("accounts:email")
    except ConfigError:  # a name can be changed, and an account be given away, with a file that is wrong
        return None
    return value if isinstance(value, str) else None


Step = tuple[str, Callable[[], None]]
"""What a step does, as a sentence for the user, and its work."""


def carry_out(run: Run, heading: str, steps: Sequence[Step]) -> None:
    """Do each step, and say that it is done."""
    run.console.print(f"{heading}:", markup=False)
    for number, (what, work) in enumerate(steps, 1):
        work()
        run.console.print(f"  {number}. done: {what}", markup=False)


def show(run: Run, heading: str, steps: Sequence[Step], notes: Sequence[str] = ()) -> None:
    """Show what would be done, before anybody agrees to it."""
    run.console.print(f"{heading}:", markup=False)
    for number, (what, _work) in enumerate(steps, 1):
        run.console.print(f"  {number}. {what}", markup=False)
    for note in notes:
        run.console.print(f"  {note}", markup=False)


def agreed(run: Run, *, yes: bool, interactive: bool) -> bool:
    """Whether the user agrees to what was shown; in the sandbox nobody is asked."""
    if yes or run.environment.disposable:
        return True
    if not interactive:
        raise UsageError("nothing was changed: without a terminal to ask on, this needs --yes")
    return answer(f"Do this in {run.environment.name}? [y/N] ").lower() in {"y", "yes"}


def confirmed(name: str, *, confirm: str | None, interactive: bool) -> None:
    """Raise `UsageError` unless the account's name is given as `confirm` or typed."""
    if confirm is None and not interactive:
        raise UsageError(f"nothing was changed: without a terminal to ask on, this needs --confirm {name}")
    given = confirm if confirm is not None else answer(f"Type the account's name to go on ({name}): ")
    if given != name:
        raise UsageError(f"nothing was changed: {given!r} is not the account's name; allowed: {name}")
