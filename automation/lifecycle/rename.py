"""Gives an account another name here: its file and its stack. AWS is not changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from automation.imports.attempts import Attempts
from automation.lifecycle import account as accounts
from automation.lifecycle import stack_commands
from automation.lifecycle.account import Account, Step
from automation.lifecycle.closings import Closings
from automation.runs import Run
from shared.errors import UsageError
from shared.layers import StackId

What = Literal["drop the copy", "rename the stack", "rename the file"]


@accounts.alone
def rename(run: Run, old: str, new: str, *, yes: bool, interactive: bool) -> int:
    """Rename the account's file and stack; returns the exit code. What an earlier run has done is not done again.

    Raises `shared.errors.UserError` before anything is changed, also for a name that is taken.
    """
    before, after = accounts.account(run, old), accounts.account(run, new)
    if not (before.file or before.stack_exists):
        _forget(run, before.stack)  # in case an earlier run was killed right before that
        raise _unknown(run, before, after)
    todo = steps(before, after)
    work: dict[What, Callable[[], None]] = {
        "drop the copy": lambda: stack_commands.remove(run.engine, before.stack),
        "rename the stack": lambda: _rename_stack(run, before.stack, after.stack),
        "rename the file": lambda: _rename_file(run, before.stack, after.stack),
    }
    named: list[Step] = [(_sentence(what, before.stack, after.stack), work[what]) for what in todo]
    heading = f"{before.stack.label} becomes {after.stack.label} in environment {run.environment.name}"
    accounts.show(run, heading, named, ["Nothing changes in AWS: the account keeps its id, its name and its address."])
    if not accounts.agreed(run, yes=yes, interactive=interactive):
        return 1
    accounts.carry_out(run, "renaming", named)
    _forget(run, before.stack)
    run.console.print(f"next: invoke preview {after.stack.label} --env {run.environment.name}", markup=False)
    return 0


def steps(old: Account, new: Account) -> list[What]:
    """What is left to do, from what there is of both names. Raises `UsageError` if that must not be done.

    The engine renames first the stack and then the file, and a stack by writing the new one and deleting the old one.
    It may have been killed anywhere in between, and a file may have been renamed by hand.
    """
    if old.stack == new.stack:
        raise UsageError(f"{old.stack.label} is called so already; allowed: another name")
    if old.file and new.file:
        raise UsageError(f"{new.stack.config_label} exists; allowed: a name that no account has")
    file = old if old.file else new
    if not file.file:
        raise UsageError(
            f"{old.stack.label} has a stack and no file; put back {old.stack.config_label} first, or give the account "
            f"away: invoke forget-account {old.stack.account} --env {old.stack.environment}"
        )
    if old.stack_exists and new.stack_exists:
        if old.id is None or old.id != new.id:
            raise UsageError(
                f"the stack {new.stack.name} exists, with {_whose(new)}; allowed: a name that no account has"
            )
        todo: list[What] = ["drop the copy"]
    else:
        there = old if old.stack_exists else new
        if there.stack_exists and not file.same_address(there):
            raise UsageError(
                f"{file.stack.config_label}: accounts:email is {file.email}, and the stack {there.stack.name} has "
                f"{_whose(there)}, {there.deployed_email}: these are two accounts; allowed: those of one"
            )
        todo = ["rename the stack"] if old.stack_exists else []
    return [*todo, "rename the file"] if old.file else todo


def _whose(account: Account) -> str:
    return f"account {account.id}" if account.id else "no account in it"


def _sentence(what: What, old: StackId, new: StackId) -> str:
    return {
        "drop the copy": f"the stack {old.name} goes, of which a killed run has made the copy {new.name}",
        "rename the stack": f"the stack {old.name} becomes {new.name}",
        "rename the file": f"{old.config_label} becomes {new.config_label}",
    }[what]


def _unknown(run: Run, old: Account, new: Account) -> Exception:
    if new.file and new.stack_exists:
        return UsageError(
            f"no account is called {old.stack.account!r}, and {new.stack.label} exists: if that is the one, it has its "
            "new name and nothing is left to do"
        )
    return accounts.unknown(run, str(old.stack.account))


def _rename_stack(run: Run, old: StackId, new: StackId) -> None:
    closings = Closings.read(run.engine.root, run.environment.name)
    closings.rename(str(old.account), str(new.account), datetime.now(UTC))
    # First, and the old ones are kept until the end, so that nothing is lost in between.
    if found := Attempts(run.environment.attempts, old).read():
        renamed = (urn.replace(f"urn:pulumi:{old.name}::", f"urn:pulumi:{new.name}::", 1) for urn in found)
        Attempts(run.environment.attempts, new).add(renamed)
    stack_commands.rename(run.engine, old, new)


def _forget(run: Run, old: StackId) -> None:
    """Forget what is remembered of the old name, so that a later account of that name does not have it."""
    run.ledger.forget(old)
    Attempts(run.environment.attempts, old).clear()


def _rename_file(run: Run, old: StackId, new: StackId) -> None:
    file = old.config_file(run.engine.root)
    if file.exists():  # the engine renames the file of a stack with the stack
        file.rename(new.config_file(run.engine.root))
