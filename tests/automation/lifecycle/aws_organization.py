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
    account is still PENDING_CLOSURE when it is asked for. `emails` are their addresses, `code` what AWS has sent and
    `sent` how often; `trusted` are the services with trusted access."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **states: str) -> None:
        self.states = {key.removeprefix("a"): state for key, state in states.items()}
        self.refusals: list[Exception] = []
        self.pending = 0
        self.asked: list[str] = []
        self.emails = dict.fromkeys(self.states, "web@example.com")
        self.code, self.sent = "123456", 0
        self.trusted = ["account.amazonaws.com"]
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
        return {"Account": {"Id": AccountId, "State": state, "Email": self.emails[AccountId]}}

    def close_account(self, AccountId: str) -> None:
        self.asked.append(AccountId)
        if self.refusals:
            raise self.refusals.pop(0)
        self.states[AccountId] = "PENDING_CLOSURE"

    def get_paginator(self, _name: str) -> "Organization":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"EnabledServicePrincipals": [{"ServicePrincipal": name} for name in self.trusted]}]

    def start_primary_email_update(self, AccountId: str, PrimaryEmail: str) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        assert AccountId in self.emails
        self.asked.append(PrimaryEmail)
        self.sent += 1

    def accept_primary_email_update(self, AccountId: str, PrimaryEmail: str, Otp: str) -> None:
        if not self.asked or self.asked[-1] != PrimaryEmail:
            raise error("ResourceNotFoundException")
        if Otp != self.code:
            raise error("ValidationException")
        self.emails[AccountId] = PrimaryEmail
