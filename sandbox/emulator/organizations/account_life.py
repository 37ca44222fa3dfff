"""The life of an account after it was made: it moves, gets another address, is closed, leaves.

Of AWS's two descriptions, `State` is the newer and finer one. `Status` is retired on 2026-09-09 and says SUSPENDED
for everything that keeps an account from being used:
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from moto.organizations.exceptions import AccountAlreadyClosedException
from moto.organizations.models import FakeAccount, organizations_backends

from sandbox.emulator.organizations.effective_policies import EffectivePoliciesBackend
from sandbox.emulator.organizations.exceptions import client_error, constraint_violation
from sandbox.emulator.settings import now, settings

DAY = 86_400

CLOSING_SECONDS = 0.2
"""How long an account is PENDING_CLOSURE."""

CLOSED_DAYS = 90
"""How long a closed account stays in its organization. Only then is it gone.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
"""

QUOTA_DAYS = 30
WAIT_DAYS = 4
"""How old an account must be that was made in the organization and leaves it:
https://docs.aws.amazon.com/organizations/latest/APIReference/API_LeaveOrganization.html"""

STATUS = {
    "PENDING_ACTIVATION": "ACTIVE",
    "ACTIVE": "ACTIVE",
    "SUSPENDED": "SUSPENDED",
    "PENDING_CLOSURE": "PENDING_CLOSURE",
    "CLOSED": "SUSPENDED",
}
"""The `Status` of an account by its `State`."""

USABLE = frozenset({"PENDING_ACTIVATION", "ACTIVE", "PENDING_CLOSURE"})
"""The states in which the account's own users and roles can still do something."""


def created(account: FakeAccount) -> datetime:
    """When the account was made; `create_time` is when it joined the organization."""
    time: datetime = vars(account).get("created", account.create_time)
    return time


class AccountLifeBackend(EffectivePoliciesBackend):
    """The part of `OrganizationsBackend` that is about accounts which are there."""

    def _reset(self) -> None:
        super()._reset()
        # Which account was closed, when it was asked for, and when it is done; kept as long as AWS counts it.
        self.closures: list[tuple[str, float, float]] = []
        # Accounts with a payment method, which may leave the organization.
        self.payers: set[str] = set()
        # These outlive the organization. An address stays taken when its account is closed or leaves.
        self.taken: set[str] = getattr(self, "taken", set())
        # Closed for 90 days: nobody gets into them again.
        self.terminated: set[str] = getattr(self, "terminated", set())
        # Of an account that is in no organization any more: its name and address.
        self.alone: dict[str, Any] = getattr(self, "alone", {})

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        # What was saved by an older version has not all of the attributes.
        vars(self).update({"closures": [], "payers": set(), "terminated": set(), "alone": {}, **state})
        for account in self.accounts:
            if account.state == "SUSPENDED" and account.id not in {closure[0] for closure in self.closures}:
                account.state = "CLOSED"
                self.closures.append((account.id, now(), now()))

    def describe_account(self, **kwargs: Any) -> dict[str, Any]:
        return {"Account": self.describe(self.get_account_by_id(kwargs["AccountId"]))}

    def describe(self, account: FakeAccount) -> dict[str, Any]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""
        return {**account.describe(), "Paths": [self.path_of(account)]}

    # Moving

    def move_account(self, **kwargs: Any) -> None:
        account = self.get_account_by_id(kwargs["AccountId"])
        units = {unit.id for unit in self.ou}
        if kwargs["SourceParentId"] not in units or account.parent_id != kwargs["SourceParentId"]:
            raise client_error(
                "SourceParentNotFoundException",
                "We can't find a source root or OU with the ParentId that you specified.",
            )
        if kwargs["DestinationParentId"] not in units:
            raise client_error(
                "DestinationParentNotFoundException",
                "We can't find the destination container (a root or OU) with the ParentId that you specified.",
            )
        if account.parent_id == kwargs["DestinationParentId"]:
            raise client_error(
                "DuplicateAccountException", "That account is already present in the specified destination."
            )
        account.parent_id = kwargs["DestinationParentId"]

    # Its address

    def change_email(self, account: FakeAccount, email: str) -> None:
        """Give the account another address; the old one is free again, as with AWS."""
        self.taken.discard(account.email.lower())
        self.taken.add(email.lower())
        account.email = email

    # Closing

    def close_account(self, **kwargs: Any) -> None:
        fault = kwargs.pop("fault", None) or {}
        if kwargs["AccountId"] == self.account_id:
            raise constraint_violation(
                "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account with this API."
            )
        account = self.get_account_by_id(kwargs["AccountId"])
        self.require_all_features()
        if account.state == "PENDING_CLOSURE":
            raise client_error(
                "ConflictException", "The request failed because it conflicts with the current state of the account."
            )
        if account.state == "CLOSED":
            raise AccountAlreadyClosedException
        if self.closed_lately() >= self.close_account_quota():
            raise constraint_violation(
                "CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days."
            )
        asked = now()
        self.closures.append((account.id, asked, asked + max(CLOSING_SECONDS, fault.get("seconds", 0))))
        self.set_state(account, "PENDING_CLOSURE")

    def require_all_features(self) -> None:
        """Raise what AWS answers in an organization that shares its bills alone."""
        if self.organization.feature_set != "ALL":
            raise constraint_violation(
                "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
                "This operation requires that all features are enabled in the organization.",
            )

    def closed_lately(self) -> int:
        """How many accounts were closed within the time that AWS counts."""
        limit = now() - QUOTA_DAYS * DAY
        return sum(asked > limit for _id, asked, _due in self.closures)

    def close_account_quota(self) -> int:
        """250 or a fifth of the member accounts, whichever is higher, and at most 1000, unless a test set another one.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
        """
        given = settings().close_account_quota
        return min(max(250, (len(self.accounts) - 1) // 5), 1000) if given is None else given

    def set_state(self, account: FakeAccount, state: str) -> None:
        """Set the state, and the older status with it."""
        account.state, account.status = state, STATUS[state]

    def finish_closures(self) -> bool:
        """Close the accounts whose time has come, and drop those that have been closed for long. Whether there were
        any."""
        changed, time_now = False, now()
        last = {account_id: (asked, due) for account_id, asked, due in self.closures}
        for account in [account for account in self.accounts if account.id in last] if last else []:
            asked, due = last[account.id]
            if account.state == "PENDING_CLOSURE" and due <= time_now:
                self.set_state(account, "CLOSED")
                changed = True
            if account.state == "CLOSED" and asked + CLOSED_DAYS * DAY <= time_now:
                self.terminated.add(account.id)
                self.depart(account)
                changed = True
        return changed

    # Leaving

    def remove_account_from_organization(self, **kwargs: str) -> None:
        self.release(kwargs["AccountId"])

    def release(self, account_id: str) -> None:
        """Let the account go, by its own wish or not. Raises what AWS answers if it may not."""
        if account_id == self.account_id:
            raise client_error(
                "MasterCannotLeaveOrganizationException",
                "You can't remove a management account from an organization.",
            )
        account = self.get_account_by_id(account_id)
        if any(admin.account.id == account.id for admin in self.admins):
            raise constraint_violation(
                "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
                "The account is a delegated administrator of a service. Deregister it first.",
            )
        if account.state != "ACTIVE":
            # AWS documents no reason of its own for this.
            raise constraint_violation(
                "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
                f"An account that is {account.state} can't leave the organization: a closed account leaves by itself "
                f"after {CLOSED_DAYS} days.",
            )
        self._refuse_unready(account)
        own = cast(AccountLifeBackend, organizations_backends[account.id]["aws"])
        own.alone = {"name": account.name, "email": account.email, "created": created(account)}
        self.depart(account)

    def _refuse_unready(self, account: FakeAccount) -> None:
        """Refuse an account that could not live alone. The sandbox asks for that only if a test says so, since nobody
        could ever destroy what he had tried out."""
        if settings().removable_at_once or account.joined_method == "INVITED":
            return
        if now() - account.describe()["JoinedTimestamp"] < WAIT_DAYS * DAY:
            raise constraint_violation(
                "WAIT_PERIOD_ACTIVE",
                "After you create an AWS account, you must wait until at least four days after the account was "
                "created.",
            )
        if account.id not in self.payers:
            raise constraint_violation(
                "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
                "To complete this operation with this member account, you first must associate a valid payment "
                "instrument, such as a credit card, with the account.",
            )

    def depart(self, account: FakeAccount) -> None:
        """Take the account out of the organization; its tags are lost."""
        self.drop_attachments(account)
        self.admins = [admin for admin in self.admins if admin.account.id != account.id]
        self.accounts.remove(account)
        self.payers.discard(account.id)
        account.tags = {}
        organizations_backends.master_accounts.pop(account.id, None)
