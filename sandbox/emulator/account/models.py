"""Account Management of one account: contacts, regions, and the change of its primary e-mail address."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.account.models import AccountBackend as MotoAccountBackend
from moto.account.models import account_backends

from sandbox.emulator.regions import ENABLED_BY_DEFAULT
from sandbox.emulator.settings import now

CODE_SECONDS = 24 * 3600
"""How long a one-time code is good; AWS does not document it."""

CONTACT: Mapping[str, str] = {
    "FullName": "Sandbox",
    "AddressLine1": "1 Loopback Road",
    "City": "Localhost",
    "PostalCode": "12700",
    "CountryCode": "US",
    "StateOrRegion": "WA",
    "PhoneNumber": "+1 206 555 0100",
}
"""The contact of an account that was given none. With AWS an account always has one: a member account begins with
that of the management account."""


@dataclass(frozen=True)
class EmailUpdate:
    """A request for another primary e-mail address. AWS sends the code to that address."""

    email: str
    code: str
    status: str
    changed: float


class AccountBackend(MotoAccountBackend):
    """Account Management of one account."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.__setstate__({})

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        # What was saved by an older version has not all of the attributes.
        vars(self).update({"contact": dict(CONTACT), "update": None, "opted_in": set(), **state})

    contact: dict[str, str]
    update: EmailUpdate | None
    opted_in: set[str]
    """The regions that the account has besides those that every account has."""

    def opt_status(self, region: str) -> str:
        """Whether the account has the region: https://docs.aws.amazon.com/accounts/latest/reference/API_Region.html"""
        if region in ENABLED_BY_DEFAULT:
            return "ENABLED_BY_DEFAULT"
        return "ENABLED" if region in self.opted_in else "DISABLED"

    def start_update(self, email: str) -> None:
        """Send a code to the new address; a code that was sent before is no longer good."""
        code = "".join(secrets.choice("0123456789") for _ in range(6))
        self.update = EmailUpdate(email, code, "PENDING", now())

    def pending_update(self) -> EmailUpdate | None:
        """The request whose code can still be given."""
        found = self.update
        open_ = found is not None and found.status == "PENDING" and found.changed + CODE_SECONDS > now()
        return found if open_ else None

    def finish_update(self) -> None:
        """The address has been changed."""
        if self.update is not None:
            self.update = EmailUpdate(self.update.email, "", "COMPLETED", now())


def account_backend(account_id: str) -> AccountBackend:
    """Account Management of the account, made when it is first asked for."""
    return cast(AccountBackend, account_backends[account_id]["aws"])


def codes() -> Iterator[tuple[str, EmailUpdate]]:
    """The requests whose codes are still good, by account: what AWS has sent by e-mail."""
    for account_id, _region, backend in account_backends.iter_backends():
        update = cast(AccountBackend, backend).pending_update()
        if update is not None:
            yield account_id, update
