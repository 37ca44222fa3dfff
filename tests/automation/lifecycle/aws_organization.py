"""An organization whose answers are a list: what a command makes of AWS takes no time."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation import aws

MANAGEMENT = "999999999999"


def error(code: str, reason: str | None = None) -> ClientError:
    """An error as AWS answers it."""
    answer: Any = {"Error": {"Code": code, "Message": "No."}}
    return ClientError(answer | ({"Reason": reason} if reason else {}), "AnAction")


class Organization:
    """Member accounts by id with their state. `refusals` are what CloseAccount answers next; `pending` how often an
    account is still PENDING_CLOSURE when it is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **states: str) -> None:
        self.states = {key.removeprefix("a"): state for key, state in states.items()}
        self.refusals: list[Exception] = []
        self.pending = 0
        self.asked: list[str] = []
        monkeypatch.setattr(aws, "client", lambda *_given, **_named: self)

    def describe_organization(self) -> dict[str, Any]:
        return {"Organization": {"MasterAccountId": MANAGEMENT}}

    def describe_account(self, AccountId: str) -> dict[str, Any]:
        state = self.states.get(AccountId)
        if state is None:
            raise error("AccountNotFoundException")
        if state == "PENDING_CLOSURE":
            self.pending -= 1
            if self.pending < 0:
                state = self.states[AccountId] = "CLOSED"
        return {"Account": {"Id": AccountId, "State": state, "Status": "SUSPENDED"}}

    def close_account(self, AccountId: str) -> None:
        self.asked.append(AccountId)
        if self.refusals:
            raise self.refusals.pop(0)
        self.states[AccountId] = "PENDING_CLOSURE"
