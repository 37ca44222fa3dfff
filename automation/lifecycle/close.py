"""Closes an account in AWS, and then takes its file and its stack out.

The stack is last: it knows which account it was, so a command that was killed finds out what is left to do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from automation import aws
from automation.aws import AwsFailed
from automation.lifecycle import account as accounts
from automation.lifecycle.account import Account, Step
from automation.lifecycle.closings import Closings, command
from automation.lifecycle.handover import taking_out
from automation.runs import Run
from shared.errors import UsageError
from shared.layers import StackId

CLOSED_DAYS = 90
WAIT_SECONDS = 900.0
"""How long to wait for an account that AWS is closing; it says "a few minutes"."""

GONE, CLOSED, CLOSING, OPEN = "gone", "closed", "closing", "open"
_DOCUMENT = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html"


class QuotaUsedUp(UsageError):
    """AWS closes no more accounts of this organization for now; the account was put on the list of those that wait."""


@dataclass(frozen=True)
class Closing:
    """One account's way to its end, in the management account of the run's environment."""

    run: Run
    account: Account
    id: str

    def state(self) -> str:
        """What the account is to AWS: open, closing, closed, or gone from the organization."""
        name = self.run.environment.name
        try:
            with aws.errors(name, f"asking for account {self.id}"):
                found = self._client().describe_account(AccountId=self.id)["Account"]
        except AwsFailed as error:
            if error.code == "AccountNotFoundException":
                return GONE
            raise
        # `Status` is the older word, of which the newer one makes several: suspended by AWS is not closed.
        word = found.get("State") or {"SUSPENDED": "CLOSED"}.get(found.get("Status"))
        return {"CLOSED": CLOSED, "PENDING_CLOSURE": CLOSING}.get(word or "", OPEN)

    def refuse_management_account(self) -> None:
        """Raise `UsageError` if it is the organization's management account, which cannot be closed in this way."""
        with aws.errors(self.run.environment.name, "asking for the organization"):
            organization = self._client().describe_organization()["Organization"]
        if organization.get("MasterAccountId") == self.id:
            raise UsageError(
                f"account {self.id} is the management account of the organization; allowed: a member account"
            )

    def close(self) -> None:
        """Ask AWS to close it, and wait until it has. Raises `QuotaUsedUp` and `AwsFailed`."""
        name, now = str(self.account.stack.account), datetime.now(UTC)
        closings = Closings.read(self.run.engine.root, self.run.environment.name)
        if self.state() == OPEN:
            # First, because AWS does not say later when it was asked, and this may be killed right after that.
            earlier = closings.closed.get(self.id)
            closings.ask(self.id, now)
            try:
                with aws.errors(self.run.environment.name, f"closing account {self.id}"):
                    self._client().close_account(AccountId=self.id)
            except AwsFailed as error:
                # It was closed meanwhile, or the answer to an earlier attempt was lost.
                if error.code not in {"AccountAlreadyClosedException", "ConflictException"}:
                    if error.code:  # else the answer to this one is lost
                        closings.refused(self.id, earlier, now)
                    if error.reason == "CLOSE_ACCOUNT_QUOTA_EXCEEDED":
                        closings.wait(name, now)
                        raise QuotaUsedUp(_used_up(self.account.stack, closings, now)) from None
                    raise
            closings.close(name, self.id, now)
        self._await()

    def _await(self) -> None:
        end, pause = time.monotonic() + WAIT_SECONDS, 0.5
        while (state := self.state()) == CLOSING:
            if time.monotonic() > end:
                raise UsageError(
                    f"AWS is still closing account {self.id}; nothing else was changed. Go on later with: "
                    f"{command(self.account.stack)}"
                )
            time.sleep(pause)
            pause = min(pause * 2, 10)
        if state == OPEN:
            raise UsageError(
                f"AWS has not closed account {self.id}, which is open again; nothing else was changed. CloudTrail's "
                "event CloseAccountResult in the management account says why"
            )

    def _client(self) -> Any:
        return aws.client(self.run.environment.name, "organizations", self.run.engine.root)


@accounts.alone
def close(run: Run, name: str, *, confirm: str | None, interactive: bool) -> int:
    """Close the account, once its name is given, and take its file and stack out; returns the exit code.

    Raises `shared.errors.UserError`, also when AWS's quota is used up: then the account is put on a list.
    """
    found = accounts.known(run, name)
    if found.id is None:
        raise UsageError(
            f"{found.stack.label} was never deployed, so there is nothing to close; allowed: "
            f"invoke forget-account {name} --env {run.environment.name}"
        )
    closing = Closing(run, found, found.id)
    closing.refuse_management_account()
    state = closing.state()
    steps = _steps(closing, state) + taking_out(run, found)
    accounts.show(run, f"{found.stack.label} of environment {run.environment.name} ends", steps, _notes(closing, state))
    accounts.confirmed(name, confirm=confirm, interactive=interactive)
    accounts.carry_out(run, "closing", steps)
    return 0


def _steps(closing: Closing, state: str) -> list[Step]:
    what = {
        OPEN: f"account {closing.id} ({closing.account.deployed_name}) is closed in AWS",
        CLOSING: f"account {closing.id}, which AWS is closing, is waited for",
    }.get(state)
    return [(what, closing.close)] if what else []


def _notes(closing: Closing, state: str) -> list[str]:
    found, id_ = closing.account, closing.id
    if state == GONE:
        return [f"Account {id_} is no longer in the organization: nothing is left to do in AWS."]
    address = found.deployed_email or "its e-mail address"
    known = Closings.read(closing.run.engine.root, closing.run.environment.name)
    count = len(known.counted(datetime.now(UTC)))
    after = [
        f"For {CLOSED_DAYS} days AWS Support can open it again; it stays in its OU as long, which cannot be deleted. "
        "Then everything in it is deleted.",
        f"{address} is used up: no other account can have it, not even later.",
    ]
    stack = found.stack
    change = f"invoke change-email {stack.account} ADDRESS --env {stack.environment}"
    if state != OPEN:
        return [f"Account {id_} is {'being closed' if state == CLOSING else 'closed'} in AWS already.", *after]
    return [
        "Nobody gets into a closed account, and nothing in it works any more.",
        *after,
        f"To have that address again, give the account another one first: {change}",
        "AWS closes the higher of 250 and 20% of the accounts, and at most 1,000, within 30 days; this repository has "
        f"closed {count} of them ({_DOCUMENT}).",
    ]


def _used_up(stack: StackId, closings: Closings, now: datetime) -> str:
    slot = closings.next_slot(now)
    when = (
        f"from {slot:%Y-%m-%d %H:%M} UTC"
        if slot
        else "in 30 days at the latest: accounts were closed that this repository does not know of"
    )
    return (
        f"AWS's quota is used up: it closes no more accounts of this organization for now, and again {when}. "
        f"{stack.label} was put on the list in stacks/{closings.file.name}, and nothing else was changed; go on then "
        f"with: {command(stack)}"
    )
