"""Organizations: moto's backend, with the rules of AWS that moto does not know.

What takes AWS a while, such as making an account, takes `CREATION_SECONDS` here. What takes AWS moments, such as
enabling a policy type, is done when the call returns.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from moto.iam.models import iam_backends
from moto.organizations import utils
from moto.organizations.exceptions import (
    AccountNotFoundException,
    AlreadyInOrganizationException,
    OrganizationNotEmptyException,
)
from moto.organizations.models import FakeAccount, organizations_backends

from sandbox.emulator.iam.models import ROOT_CREDENTIALS, iam_backend
from sandbox.emulator.organizations.account_life import USABLE
from sandbox.emulator.organizations.exceptions import client_error
from sandbox.emulator.organizations.handshakes import HandshakesBackend
from sandbox.emulator.settings import now

CREATION_SECONDS = 0.2
"""How long an account is `IN_PROGRESS`."""

ACCESS_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


class PendingAccount:
    """A request for an account; `failure` is the reason why it will fail, if it will."""

    def __init__(self, seconds: float, failure: str | None, arguments: dict[str, Any]):
        self.id = utils.make_random_create_account_status_id()
        self.name = arguments["AccountName"]
        self.arguments = arguments
        self.failure = failure
        self.requested = now()
        self.due = self.requested + seconds
        self.state = "IN_PROGRESS"
        self.completed: float | None = None
        self.account_id: str | None = None

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""
        found = {
            "Id": self.id,
            "AccountName": self.name,
            "State": self.state,
            "RequestedTimestamp": self.requested,
            "CompletedTimestamp": self.completed,
            "AccountId": self.account_id,
            "FailureReason": self.failure if self.state == "FAILED" else None,
        }
        return {name: value for name, value in found.items() if value is not None}


class OrganizationsBackend(HandshakesBackend):
    """Organizations of one management account."""

    def _reset(self) -> None:
        super()._reset()
        self.requests: list[PendingAccount] = []
        # Those that are neither done nor failed yet; every call checks whether one of them is due.
        self.in_progress: list[PendingAccount] = []
        self.creating = False

    # The organization

    def create_organization(self, region: str, **kwargs: Any) -> dict[str, Any]:
        if self.org or self.account_id in organizations_backends.master_accounts:
            raise AlreadyInOrganizationException
        before = set(iam_backends)
        self.creating = True
        try:
            answer = super().create_organization(region, **kwargs)
        finally:
            self.creating = False
        # moto makes an account with an id of its own for the management account, and then changes the id.
        for account_id in set(iam_backends) - before - {self.account_id}:
            del iam_backends[account_id]
        self.taken.add(utils.MASTER_ACCOUNT_EMAIL)
        return answer

    def attach_policy(self, **kwargs: Any) -> None:
        # moto attaches the default policies when the organization is made, AWS when their type is enabled.
        if not self.creating:
            super().attach_policy(**kwargs)

    def delete_organization(self) -> None:
        if len(self.accounts) > 1:
            raise OrganizationNotEmptyException
        left = {"organizational units": self.ou[1:], "policies": [one for one in self.policies if not one.aws_managed]}
        for what, found in left.items():
            if found:
                message = f"To delete an organization you must first remove all {what}."
                raise client_error("OrganizationNotEmptyException", message)
        super().delete_organization()

    # Accounts

    def create_account(self, **kwargs: Any) -> dict[str, Any]:
        fault = kwargs.pop("fault", None) or {}
        failure = fault.get("failure")
        email = kwargs["Email"].lower()
        if failure is None and not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", email):
            failure = "INVALID_EMAIL"
        if failure is None and address_is_taken(email):
            failure = "EMAIL_ALREADY_EXISTS"
        request = PendingAccount(max(CREATION_SECONDS, fault.get("seconds", 0)), failure, kwargs)
        self.requests.append(request)
        self.in_progress.append(request)
        return {"CreateAccountStatus": request.describe()}

    def addresses(self) -> set[str]:
        """The e-mail addresses that nobody else can have, in lower case."""
        asked = {request.arguments["Email"].lower() for request in self.in_progress if request.failure is None}
        return self.taken | asked

    def finish_accounts(self) -> bool:
        """Finish the requests whose time has come: make the account, or fail. Whether there were any."""
        due = [request for request in self.in_progress if request.due <= now()]
        for request in due:
            self.in_progress.remove(request)
            request.completed = request.due
            request.state = "FAILED" if request.failure else "SUCCEEDED"
            if not request.failure:
                request.account_id = self._make_account(request.arguments)
        return bool(due)

    def _make_account(self, arguments: dict[str, Any]) -> str:
        account = FakeAccount(self.organization, **arguments)
        account.create_time = _utc_now()
        self._take_in(account)
        # moto made the role, as AWS does, without the policy that makes it worth assuming.
        role = arguments.get("RoleName") or "OrganizationAccountAccessRole"
        iam_backend(account.id).attach_role_policy(ACCESS_POLICY, role)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
        iam_backend(account.id).root_password = (
            ROOT_CREDENTIALS not in iam_backend(self.account_id).organizations_features
        )
        account_id: str = account.id
        return account_id

    def join(self, account_id: str, tags: Mapping[str, str]) -> None:
        """An account that was invited joins. It gets no access role."""
        left = organization_of(account_id)
        if left is not None:
            organization_backend(left.account_id).release(account_id)
        own = organization_backend(account_id)
        # To call moto's class would make an account with an id and a role of its own.
        account = cast(FakeAccount, FakeAccount.__new__(FakeAccount))
        vars(account).update(
            type="ACCOUNT",
            region=self.organization.region,
            organization_id=self.organization.id,
            master_account_id=self.account_id,
            id=account_id,
            name=own.alone["name"],
            email=own.alone["email"],
            created=own.alone["created"],
            create_time=_utc_now(),
            joined_method="INVITED",
            parent_id=self.organization.root_id,
            attached_policies=[],
            tags=dict(tags),
        )
        self.set_state(account, "ACTIVE")
        own.alone = {}
        self._take_in(account)

    def _take_in(self, account: FakeAccount) -> None:
        self.accounts.append(account)
        self.taken.add(account.email.lower())
        organizations_backends.master_accounts[account.id] = (self.account_id, self.partition)
        self.attach_defaults(account)

    def register_members(self) -> None:
        """Tell moto which organization the accounts belong to, which it does not save."""
        for account in self.accounts:
            if account.id != self.account_id:
                organizations_backends.master_accounts[account.id] = (self.account_id, self.partition)

    def describe_create_account_status(self, **kwargs: Any) -> dict[str, Any]:
        for request in self.requests:
            if request.id == kwargs["CreateAccountRequestId"]:
                return {"CreateAccountStatus": request.describe()}
        raise client_error(
            "CreateAccountStatusNotFoundException",
            "We can't find an create account request with the CreateAccountRequestId that you specified.",
        )

    def account_requests(self, states: Collection[str]) -> list[PendingAccount]:
        """The requests for accounts that are in one of the states, or all."""
        return [request for request in self.requests if not states or request.state in states]


def _utc_now() -> datetime:
    # moto's times have no zone.
    return datetime.fromtimestamp(now(), UTC).replace(tzinfo=None)


def organization_backend(account_id: str) -> OrganizationsBackend:
    """Organizations as the account itself would manage it, made when it is first asked for."""
    return cast(OrganizationsBackend, organizations_backends[account_id]["aws"])


def organization_of(account_id: str) -> OrganizationsBackend | None:
    """The organization that an account is in, or None."""
    owner, _partition = organizations_backends.master_accounts.get(account_id, (account_id, "aws"))
    if owner not in organizations_backends:
        return None
    backend = cast(OrganizationsBackend, organizations_backends[owner]["aws"])
    return backend if backend.org else None


def all_organizations() -> Sequence[OrganizationsBackend]:
    """The backend of Organizations of every account that has one, even if it has no organization."""
    return [
        cast(OrganizationsBackend, backend) for _account, _region, backend in organizations_backends.iter_backends()
    ]


def address_is_taken(email: str) -> bool:
    """Whether an account of any organization has the e-mail address, or had it when it was closed or left."""
    return any(email.lower() in organization.addresses() for organization in all_organizations())


def known_account(target: str) -> str | None:
    """The account with that id or e-mail address, if it is in use and manages no organization."""
    for organization in all_organizations():
        names = {account.id: account.email for account in organization.accounts[1:] if account.state in USABLE}
        if organization.alone and not organization.org and not account_is_closed(organization.account_id):
            names[organization.account_id] = organization.alone["email"]
        for account_id, email in names.items():
            if target.lower() in (account_id, email.lower()):
                return account_id
    return None


def account_is_closed(account_id: str) -> bool:
    """Whether nobody gets into the account: it is closed, or suspended by AWS."""
    organization = organization_of(account_id)
    if organization is None:
        return any(account_id in other.terminated for other in all_organizations())
    try:
        return organization.get_account_by_id(account_id).state not in USABLE
    except AccountNotFoundException:
        return False
