"""Accounts live as AWS's do: they are closed, suspended and removed, and some may not be.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused

MANAGEMENT = "123456789012"


def reason(call: Callable[[], Any]) -> tuple[str, str | None]:
    """The code and the reason with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call()
    why: Any = error.value.response.get("Reason")
    return refused(error)[0], why


def state(organization: Organization, account: str) -> tuple[str, str]:
    found = organization.api.describe_account(AccountId=account)["Account"]
    return found["State"], found["Status"]


def test_an_account_is_closed_in_a_while_and_gone_after_90_days(organization: Organization) -> None:
    api, aws, account = organization.api, organization.aws, organization.account("one")
    assert state(organization, account) == ("ACTIVE", "ACTIVE")
    keys = organization.inside(account)
    api.close_account(AccountId=account)
    assert state(organization, account) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    assert reason(lambda: api.close_account(AccountId=account))[0] == "ConflictException"
    aws.later(seconds=1)
    assert state(organization, account) == ("CLOSED", "SUSPENDED")
    assert reason(lambda: api.close_account(AccountId=account))[0] == "AccountAlreadyClosedException"
    assert reason(lambda: organization.inside(account))[0] == "AccessDenied"
    assert reason(aws.client("iam", keys).list_users)[0] == "InvalidClientTokenId"
    assert reason(lambda: api.remove_account_from_organization(AccountId=account)) == (
        "ConstraintViolationException",
        "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
    )
    aws.later(days=89)
    assert state(organization, account) == ("CLOSED", "SUSPENDED")
    aws.later(days=1)
    assert reason(lambda: api.describe_account(AccountId=account))[0] == "AccountNotFoundException"
    assert [found["Id"] for found in api.list_accounts()["Accounts"]] == [MANAGEMENT]
    assert reason(aws.client("iam", keys).list_users)[0] == "InvalidClientTokenId"
    again = organization.finished(api.create_account(AccountName="one", Email="one@example.com"))
    assert again["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_a_closure_takes_as_long_as_a_test_says(organization: Organization) -> None:
    account = organization.account("one")
    fault = {"service": "organizations", "action": "CloseAccount", "code": "IN_PROGRESS", "delay_seconds": 60}
    organization.aws.control("POST", "faults", [fault])
    organization.close(account)
    assert state(organization, account)[0] == "PENDING_CLOSURE"
    organization.aws.later(seconds=60)
    assert state(organization, account)[0] == "CLOSED"


def test_a_quota_limits_what_is_closed_within_30_days(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    accounts = [organization.account(name) for name in ("one", "two", "three")]
    assert aws.control("POST", "settings", {"close_account_quota": 2})["close_account_quota"] == 2
    organization.close(accounts[0])
    aws.later(days=10)
    organization.close(accounts[1])
    exceeded = ("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
    assert reason(lambda: api.close_account(AccountId=accounts[2])) == exceeded
    aws.later(days=19)
    assert reason(lambda: api.close_account(AccountId=accounts[2])) == exceeded
    aws.later(days=1)
    organization.close(accounts[2])
    assert state(organization, accounts[2])[0] == "CLOSED"


def test_the_management_account_stays(organization: Organization) -> None:
    api = organization.api
    assert reason(lambda: api.close_account(AccountId=MANAGEMENT)) == (
        "ConstraintViolationException",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
    )
    assert reason(lambda: api.remove_account_from_organization(AccountId=MANAGEMENT))[0] == (
        "MasterCannotLeaveOrganizationException"
    )


def test_an_account_that_aws_suspends_is_shut_until_aws_opens_it(organization: Organization) -> None:
    aws, account = organization.aws, organization.account("one")
    keys = organization.inside(account)
    aws.control("POST", "accounts", {"account_id": account, "state": "SUSPENDED"})
    assert state(organization, account) == ("SUSPENDED", "SUSPENDED")
    assert reason(lambda: organization.inside(account))[0] == "AccessDenied"
    assert reason(aws.client("iam", keys).list_users)[0] == "InvalidClientTokenId"
    aws.later(days=200)
    aws.control("POST", "accounts", {"account_id": account, "state": "ACTIVE"})
    assert aws.client("iam", organization.inside(account)).list_users()["Users"] == []
    organization.close(account)
    assert state(organization, account)[0] == "CLOSED"


def test_who_may_leave(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    account, at_once, delegated = (organization.account(name) for name in ("one", "two", "three"))
    api.remove_account_from_organization(AccountId=at_once)
    api.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    api.register_delegated_administrator(AccountId=delegated, ServicePrincipal="guardduty.amazonaws.com")
    assert reason(lambda: api.remove_account_from_organization(AccountId=delegated)) == (
        "ConstraintViolationException",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
    )
    aws.control("POST", "settings", {"removable_at_once": False})
    assert reason(lambda: api.remove_account_from_organization(AccountId=account)) == (
        "ConstraintViolationException",
        "WAIT_PERIOD_ACTIVE",
    )
    aws.later(days=4)
    assert reason(lambda: api.remove_account_from_organization(AccountId=account)) == (
        "ConstraintViolationException",
        "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    )
    aws.control("POST", "accounts", {"account_id": account, "payment_method": True})
    api.remove_account_from_organization(AccountId=account)
    assert {found["Id"] for found in api.list_accounts()["Accounts"]} == {MANAGEMENT, delegated}


def test_moves_that_aws_refuses(organization: Organization) -> None:
    api, account, unit = organization.api, organization.account("one"), organization.unit("Unit")

    def move(source: str, destination: str, who: str = account) -> str:
        return reason(lambda: api.move_account(AccountId=who, SourceParentId=source, DestinationParentId=destination))[
            0
        ]

    nowhere = "ou-abcd-12345678"
    assert move(unit, organization.root) == move(nowhere, unit) == "SourceParentNotFoundException"
    assert move(organization.root, nowhere) == "DestinationParentNotFoundException"
    assert move(organization.root, organization.root) == "DuplicateAccountException"
    assert move(organization.root, unit, "210987654321") == "AccountNotFoundException"
    organization.close(account)
    api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=unit)
    assert api.list_parents(ChildId=account)["Parents"][0]["Id"] == unit


def test_the_clock_moves_forward_only_and_a_reset_sets_it_back(organization: Organization) -> None:
    aws = organization.aws
    aws.later(days=2)
    assert aws.control("GET", "clock")["ahead_seconds"] == 2 * 86_400
    aws.reset()
    assert aws.control("GET", "clock")["ahead_seconds"] == 0
    for path, wrong, said in (
        ("clock", {"days": -1}, "the clock moves forward"),
        ("clock", {"weeks": 1}, "the clock moves forward"),
        ("settings", {"quota": 1}, "the settings are"),
        ("settings", {"close_account_quota": "two"}, "is a number or null"),
        ("accounts", {"account_id": "1", "state": "ACTIVE"}, "1 is no member account"),
    ):
        assert said in aws.control("POST", path, wrong)["error"]
