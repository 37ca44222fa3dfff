"""Changes an account's address in AWS, and then in its file and its state."""

import re
from functools import partial

from pydantic import TypeAdapter, ValidationError

from automation.asking import answer
from automation.lifecycle import account as accounts
from automation.lifecycle import addresses
from automation.lifecycle.account import Account, Step
from automation.lifecycle.primary_email import PrimaryEmail
from automation.runs import Run
from shared.errors import ConfigError, UsageError
from shared.layers import StackId
from shared.settings.fields import Email

_CODE = re.compile(r"[A-Za-z0-9]{6}\Z")
"""https://docs.aws.amazon.com/accounts/latest/reference/API_AcceptPrimaryEmailUpdate.html"""


@accounts.alone
def change_email(
    run: Run, name: str, *, address: str, code: str | None = None, yes: bool = False, interactive: bool = False
) -> int:
    """Give the account the `address`, with the `code` that AWS sends to it; returns the exit code.

    What has the address already is not changed again. Raises `shared.errors.UserError`.
    """
    found = accounts.known(run, name)
    _check(run, found, address, code)
    update = PrimaryEmail(run, found, address)
    steps = _in_aws(update, code, interactive=interactive) + _here(run, found, address)
    if not steps:
        run.console.print(f"{found.stack.label} has the address {address}: nothing is left to do", markup=False)
        return 0
    heading = f"{found.stack.label} of environment {run.environment.name} gets the address {address}"
    accounts.show(run, heading, steps, ["The account stays the same; whoever reads this address is its root user."])
    if not accounts.agreed(run, yes=yes, interactive=interactive):
        return 1
    accounts.carry_out(run, "changing", steps)
    run.console.print(f"next: invoke preview {found.stack.label} --env {run.environment.name}", markup=False)
    return 0


def _check(run: Run, found: Account, address: str, code: str | None) -> None:
    try:
        TypeAdapter(Email).validate_python(address)
    except ValidationError as error:
        raise UsageError(f"{address!r} is {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    if code is not None and not _CODE.match(code):
        raise UsageError(f"--code is {code!r}; allowed: the six letters or digits that AWS has sent to {address}")
    if found.file is None:
        raise UsageError(f"{found.stack.label} has a stack and no file; put back {found.stack.config_label} first")
    if found.resource is None:
        raise UsageError(
            f"{found.stack.label} is not deployed, so no address has to be changed in AWS; write it as accounts:email "
            f"in {found.stack.config_label}"
        )
    for other in run.stacks:
        if other.account and other != found.stack and _has(run, other, address):
            raise UsageError(f"{other.config_label}: accounts:email is {address}; allowed: an address that is free")


def _has(run: Run, account: StackId, address: str) -> bool:
    try:
        return str(addresses.raw(run, account)).lower() == address.lower()
    except ConfigError:
        return False


def _in_aws(update: PrimaryEmail, code: str | None, *, interactive: bool) -> list[Step]:
    if update.changed():
        return []
    update.require_trusted_access()
    given = f"account {update.account.id} gets the address in AWS, with that code"
    if code is not None:
        return [(given, partial(update.accept, code))]
    return [
        (f"AWS sends a one-time code to {update.address}", update.start),
        (given, partial(_ask_and_accept, update, interactive=interactive)),
    ]


def _ask_and_accept(update: PrimaryEmail, *, interactive: bool) -> None:
    code = answer(f"The code that AWS has sent to {update.address}: ") if interactive else ""
    if not _CODE.match(code):
        raise UsageError(
            f"the address is as it was, until AWS has the code that it has sent to {update.address}. "
            f"Go on with: {update.command} --code CODE"
        )
    update.accept(code)


def _here(run: Run, found: Account, address: str) -> list[Step]:
    """What is left to do in the file and in the state."""
    steps: list[Step] = []
    encrypted = isinstance(addresses.raw(run, found.stack), dict)
    if addresses.in_file(run, found.stack) != address:
        kind = "--secret" if encrypted else "--plaintext"
        words = ["config", "set", kind, "--stack", found.stack.name, addresses.KEY, "--", address]
        steps.append(
            (
                f"{found.stack.config_label}: {addresses.KEY} becomes {address}{', encrypted' if encrypted else ''}",
                lambda: _done(run.engine.ask(found.stack, words)),
            )
        )
    resource = found.resource or {}
    if encrypted and found.deployed_email is not None:
        steps.append(
            ("the address is encrypted in the state, too", lambda: addresses.encrypt_in_state(run, found.stack))
        )
    if addresses.in_state(run, found.stack, resource) != address:
        steps.append(
            (
                "the account is refreshed in the state, which takes the address from AWS",
                lambda: _done(run.engine.refresh(found.stack, lambda _record, _change: None, only=resource["urn"])),
            )
        )
    return steps


def _done(_answer: object) -> None:
    """An engine command ends well or raises; what it prints is of no use here."""
