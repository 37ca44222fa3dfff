"""Member accounts.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.organizations import NOT_IN_USE, SERVICE, Tagged, read_tags
from sandbox.provider.schema import TAGS, Kind, Property, after_creation, auto_named, out
from sandbox.provider.wire import Values

SHUT = frozenset({"CLOSED", "SUSPENDED"})
"""The states of an account that is not there any more for whoever wants to use it. AWS answers no `Status` since
2026-09-09: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""


class Account(Tagged):
    """`name` changes in place, by the Account Management API; `email` only by a replacement."""

    token = "aws:organizations/account:Account"  # noqa: S105
    label = "Organizations Account"
    properties = (
        Property("email", aws="Email", required=True, replaces=True),
        auto_named("AccountName", 50, replaces=False),
        Property("closeOnDeletion", Kind.BOOL, default=False, kept=True),
        Property("iamUserAccessToBilling", aws="IamUserAccessToBilling", replaces=True, kept=True),
        Property("parentId", computed=True),
        Property("roleName", aws="RoleName", replaces=True, kept=True),
        *TAGS,
        out("arn", "Arn"),
        out("govcloudId"),
        out("joinedMethod", "JoinedMethod"),
        out("joinedTimestamp", "JoinedTimestamp"),
        out("state", "State"),
        out("status", "Status"),
    )
    not_supported = frozenset({"createGovcloud"})
    gone = frozenset(
        {NOT_IN_USE, "AccountNotFoundException", "ChildNotFoundException", "AccountAlreadyClosedException"}
    )

    def create(self, aws: Aws, new: Values) -> str:
        email = str(new["email"])
        self._await_earlier_request(aws, str(new["name"]))
        self._refuse_existing(aws, email)
        answer = aws.call(SERVICE, "create_account", **self.request(new))
        id_ = self._wait(aws, answer["CreateAccountStatus"], email)
        with after_creation(id_):
            if new.get("parentId"):
                self._move(aws, id_, new["parentId"])
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        account = aws.call(SERVICE, "describe_account", AccountId=id_)["Account"]
        if account["State"] in SHUT:  # AWS lists it for 90 days more
            return None
        return self.state(account) | {
            "name": account["Name"],
            "parentId": self._parent(aws, id_),
            "tagsAll": read_tags(aws, id_),
        }

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "parentId" in changed:
            self._move(aws, id_, new["parentId"])
        if "name" in changed:
            aws.call("account", "put_account_name", AccountId=id_, AccountName=new["name"])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        if not old.get("closeOnDeletion"):
            aws.call(SERVICE, "remove_account_from_organization", AccountId=id_)
            return
        aws.call(SERVICE, "close_account", AccountId=id_)

        def closed() -> bool:
            return aws.call(SERVICE, "describe_account", AccountId=id_)["Account"]["State"] in SHUT

        aws.poll(closed, aws.timeout or aws.connection.retry_policy.account, f"waiting for account {id_} to close")

    def parse_id(self, id_: str) -> tuple[str, Values]:
        account, _, billing = id_.partition("_")
        return account, {"iamUserAccessToBilling": billing} if billing else {}

    def _parent(self, aws: Aws, id_: str) -> str:
        return str(aws.pages(SERVICE, "list_parents", "Parents", ChildId=id_)[0]["Id"])

    def _move(self, aws: Aws, id_: str, parent: str) -> None:
        source = self._parent(aws, id_)
        if source != parent:
            aws.call(SERVICE, "move_account", AccountId=id_, SourceParentId=source, DestinationParentId=parent)

    def _await_earlier_request(self, aws: Aws, name: str) -> None:
        """Wait for the request of an earlier run that stopped waiting: a second request would fail with an address that
        is taken, without saying by which account.

        A request names its account only by the account's name:
        https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""

        def under_way() -> list[str]:
            found = aws.pages(SERVICE, "list_create_account_status", "CreateAccountStatuses", States=["IN_PROGRESS"])
            return [str(status["Id"]) for status in found if status.get("AccountName") == name]

        requests = under_way()
        if requests:
            seconds = aws.timeout or aws.connection.retry_policy.account
            what = f"waiting for the account that an earlier run asked for (request {', '.join(requests)})"
            aws.poll(lambda: not under_way(), seconds, what)

    def _refuse_existing(self, aws: Aws, email: str) -> None:
        """Raise if the organization has an account with this address: creating one is not idempotent, and an
        interrupted run may have left one that is not in the Pulumi state."""
        for account in aws.pages(SERVICE, "list_accounts", "Accounts"):
            if str(account["Email"]).lower() != email.lower():
                continue
            id_, name = account["Id"], account["Name"]
            if account["State"] not in ("ACTIVE", "PENDING_ACTIVATION"):
                raise ProviderError(
                    f"account {id_} ({name}) of this organization has this e-mail address and is "
                    f"{account['State']}: AWS does not give an address out again; use another one"
                )
            raise ProviderError(
                f"account {id_} ({name}) of this organization has this e-mail address already. If an earlier run made "
                "it and was interrupted, import it (`invoke --help import`)"
            )

    def _wait(self, aws: Aws, status: dict[str, Any], email: str) -> str:
        request = str(status["Id"])

        def finished() -> dict[str, Any] | None:
            answer = aws.call(SERVICE, "describe_create_account_status", CreateAccountRequestId=request)
            now: dict[str, Any] = answer["CreateAccountStatus"]
            return None if now["State"] == "IN_PROGRESS" else now

        seconds = aws.timeout or aws.connection.retry_policy.account
        final = aws.poll(finished, seconds, f"waiting for the account (request {request})")
        if final["State"] == "SUCCEEDED":
            return str(final["AccountId"])
        reason = final.get("FailureReason", "no reason given")
        if reason == "EMAIL_ALREADY_EXISTS":
            self._refuse_existing(aws, email)
        raise ProviderError(f"AWS could not make the account (request {request}): {reason}")


TYPES = (Account(),)
