"""Gives an account away: its file and its stack are taken out. Nothing changes in AWS."""

from collections import defaultdict
from datetime import UTC, datetime

from automation.backend.resources import held
from automation.imports.attempts import Attempts
from automation.lifecycle import account as accounts
from automation.lifecycle import stack_commands
from automation.lifecycle.account import Account, Step
from automation.lifecycle.closings import Closings
from automation.runs import Run


@accounts.alone
def forget(run: Run, name: str, *, confirm: str | None, interactive: bool) -> int:
    """Take the account's file and stack out, once its name is given; returns the exit code.

    Also what only one of them is left of, such as a stack without a file. Raises `shared.errors.UserError`.
    """
    found = accounts.known(run, name)
    named = taking_out(run, found)
    stays = _stays(run, found)
    accounts.show(run, f"{found.stack.label} of environment {run.environment.name} is given away", named, stays)
    accounts.confirmed(name, confirm=confirm, interactive=interactive)
    accounts.carry_out(run, "giving away", named)
    return 0


def taking_out(run: Run, found: Account) -> list[Step]:
    """The steps that take out what is there of the account's file and stack.

    The file is first: without its file a stack is left alone, but a file without its stack would be deployed.
    """
    steps: list[Step] = []
    if found.file:
        steps.append((f"{found.stack.config_label} is deleted; git has what was committed", found.file.unlink))
    if found.stack_exists:
        steps.append((f"the stack {found.stack.name} is removed, with its state", lambda: _remove_stack(run, found)))
    return steps


def _remove_stack(run: Run, found: Account) -> None:
    # The stack is last: without it nothing would make the command go on, and a later account of this name would have
    # what is remembered of this one.
    run.ledger.forget(found.stack)
    Attempts(run.environment.attempts, found.stack).clear()
    Closings.read(run.engine.root, run.environment.name).drop(str(found.stack.account), datetime.now(UTC))
    stack_commands.remove(run.engine, found.stack)


def _stays(run: Run, found: Account) -> list[str]:
    """What is in AWS and stays there, as the state has it."""
    if not found.id:
        return ["Nothing of it is in AWS, as far as its stack knows."]
    by_type: dict[str, list[str]] = defaultdict(list)
    for resource in held(run.engine.export(found.stack) or {}):
        by_type[resource.type].append(resource.name)
    by_type.pop(accounts.TYPE, None)
    return [
        f"Nothing changes in AWS: account {found.id} ({found.deployed_name}) stays in its OU, under the policies of "
        "the OU. These stay in it:",
        *(f"  {kind} {', '.join(sorted(names))}" for kind, names in sorted(by_type.items())),
        "From now on it is an account of the organization that no file describes.",
    ]
