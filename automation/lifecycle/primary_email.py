"""AWS's own change of an account's primary e-mail address: it sends a code to the new address, which is given back.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from automation import aws
from automation.aws import AwsFailed
from automation.lifecycle.account import Account
from automation.runs import Run
from shared.errors import UsageError
from shared.layers import StackId

SERVICE = "account.amazonaws.com"
"""The service that needs trusted access, so that the management account may name a member account."""

WAIT_SECONDS = 300.0
"""How long to wait until AWS shows the new address."""


@dataclass(frozen=True)
class PrimaryEmail:
    """The change of one account's address to `address`."""

    run: Run
    account: Account
    address: str

    @property
    def command(self) -> str:
        """The command that goes on with the change."""
        stack = self.account.stack
        return f"invoke change-email {stack.account} {self.address} --env {stack.environment}"

    def changed(self) -> bool:
        """Whether the account has the address already."""
        with self._errors("asking for account"):
            found = self._client("organizations").describe_account(AccountId=self.account.id)["Account"]
        if (state := aws.state_of(found)) != "ACTIVE":
            raise UsageError(f"account {self.account.id} is {state}; allowed: an account that is ACTIVE")
        return str(found["Email"]).lower() == self.address.lower()

    def require_trusted_access(self) -> None:
        """Raise `UsageError` unless the organization lets its management account change the address of a member."""
        with self._errors("asking for the services with trusted access, for account"):
            pages = self._client("organizations").get_paginator("list_aws_service_access_for_organization").paginate()
            trusted = {each["ServicePrincipal"] for page in pages for each in page["EnabledServicePrincipals"]}
        if SERVICE not in trusted:
            org = StackId("org", self.account.stack.environment)
            raise UsageError(
                f"AWS lets the management account change the address only with trusted access for {SERVICE}, which the "
                f"organization has not. With org:mode create, add {SERVICE} to org:additionalTrustedServices in "
                f"{org.config_label}, then: invoke up org --env {org.environment}; with org:mode lookup: "
                f"aws organizations enable-aws-service-access --service-principal {SERVICE}"
            )

    def start(self) -> None:
        """Let AWS send a code to the new address; one that it sent before is no longer good."""
        try:
            with self._errors("asking for the change of the address of account"):
                self._client("account").start_primary_email_update(AccountId=self.account.id, PrimaryEmail=self.address)
        except AwsFailed as error:
            if error.code == "ConflictException":
                raise UsageError(
                    f"an AWS account has the address {self.address} already; allowed: an address that none has"
                ) from None
            raise

    def accept(self, code: str) -> None:
        """Give AWS the code, and wait until the account has the address. Raises `UsageError` and `AwsFailed`."""
        try:
            with self._errors("changing the address of account"):
                self._client("account").accept_primary_email_update(
                    AccountId=self.account.id, PrimaryEmail=self.address, Otp=code
                )
        except AwsFailed as error:
            if error.code == "ValidationException":
                raise UsageError(
                    f"AWS says that {code} is not the code that it sent to {self.address}; the address is as it was. "
                    f"Go on with: {self.command} --code CODE, or without --code, which has a new one sent"
                ) from None
            if error.code == "ResourceNotFoundException":
                raise UsageError(
                    f"AWS waits for no code for {self.address}: it ran out, or it was for another address. A new one "
                    f"is sent by: {self.command}"
                ) from None
            raise
        end = time.monotonic() + WAIT_SECONDS
        while not self.changed():
            if time.monotonic() > end:
                raise UsageError(f"AWS is still changing the address; go on later with: {self.command}")
            time.sleep(1)

    def _errors(self, doing: str) -> Any:
        return aws.errors(self.run.environment.name, f"{doing} {self.account.id}")

    def _client(self, service: str) -> Any:
        return aws.client(self.run.environment.name, service, self.run.engine.root)
