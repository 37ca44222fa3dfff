"""Accounts that were closed, or that left the organization, are recognized before the engine works inside them.

The engine would fail in there after many attempts, or find the account gone and make it again.
"""

from pathlib import Path

from automation import aws
from automation.aws import AwsFailed
from automation.backend import resources
from automation.events import CLOSED_ACCOUNT, Change, Problem, Record, Resource
from automation.inventory.declared import ACCOUNT
from automation.inventory.organization import CLOSED
from automation.inventory.stacks import account_in
from automation.runs import Run
from automation.stacks import StackFailed
from shared.layers import StackId

GONE = "GONE"
"""The state of an account that is not in the organization any more."""


def refuse(run: Run, stack: StackId) -> None:
    """Raise `StackFailed` if nothing can be deployed into the account of `stack` any more."""
    found = _closed(run, stack)
    if found:
        raise StackFailed([Problem(found)])


def as_drift(run: Run, stack: StackId) -> Record | None:
    """That the account of `stack` is closed, as what differs in AWS; None if it is not."""
    found = _closed(run, stack)
    if not found:
        return None
    run.tell(f"{stack.label}: {found}")
    urns = [each["urn"] for each in resources.parts(run.states.whole(stack))[0] if each["type"] == ACCOUNT]
    return Record(drift=[Change(Resource(urn), CLOSED_ACCOUNT) for urn in urns])


def _closed(run: Run, stack: StackId) -> str | None:
    """What is the matter with the account, and what to do; None if it can be worked in, or is not made yet."""
    account = account_in(run.states.whole(stack)) if stack.account else None
    if account is None:
        return None
    try:
        now = current_state(run.environment.name, run.engine.root, account.id)
    except AwsFailed:
        return None  # the engine says what is wrong with AWS or the credentials
    called = f"account {account.id}" + (f" ({account.name})" if account.name else "")
    name, environment = stack.account, run.environment.name
    if now == GONE:
        return (
            f"{called} is not in the organization any more: "
            f"invoke forget-account {name} --env {environment} takes its stack and file out"
        )
    if now in CLOSED:
        return (
            f"{called} is closed ({now}): invoke close-account {name} --env {environment} takes its stack and file out"
        )
    return None


def current_state(environment: str, root: Path, account: str) -> str:
    """AWS's state of the account. Raises `automation.aws.AwsFailed`."""
    client = aws.client(environment, "organizations", root)
    with aws.errors(environment, f"reading account {account}"):
        try:
            return aws.state_of(client.describe_account(AccountId=account)["Account"])
        except client.exceptions.AccountNotFoundException:
            return GONE
