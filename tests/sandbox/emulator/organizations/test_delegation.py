"""Trusted access, and accounts that administer a service."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.organizations.integrated_services import DELEGATED, TRUSTED
from tests.sandbox.emulator.conftest import Organization, refused

MANAGEMENT = "123456789012"
BACKUP, RAM = "backup.amazonaws.com", "ram.amazonaws.com"


def reason(call: Callable[[], Any]) -> tuple[str, str | None]:
    """The code and the reason with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call()
    why: Any = error.value.response.get("Reason")
    return refused(error)[0], why


def test_an_account_administers_a_service_that_is_trusted(organization: Organization) -> None:
    api, account, aws = organization.api, organization.account("one"), organization.aws
    delegate = {"AccountId": account, "ServicePrincipal": BACKUP}
    assert reason(lambda: api.register_delegated_administrator(**delegate)) == (
        "ConstraintViolationException",
        "SERVICE_ACCESS_NOT_ENABLED",
    )
    api.enable_aws_service_access(ServicePrincipal=BACKUP)
    assert reason(lambda: api.deregister_delegated_administrator(**delegate))[0] == "AccountNotRegisteredException"
    api.register_delegated_administrator(**delegate)
    assert reason(lambda: api.register_delegated_administrator(**delegate))[0] == "AccountAlreadyRegisteredException"
    (found,) = api.list_delegated_administrators(ServicePrincipal=BACKUP)["DelegatedAdministrators"]
    assert (found["Id"], found["Name"]) == (account, "one")
    assert api.list_delegated_administrators(ServicePrincipal="sso.amazonaws.com")["DelegatedAdministrators"] == []
    services = api.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert [service["ServicePrincipal"] for service in services] == [BACKUP]
    inside = aws.client("organizations", organization.inside(account))
    assert len(inside.list_accounts()["Accounts"]) == 2
    api.deregister_delegated_administrator(**delegate)
    assert reason(inside.list_accounts)[0] == "AccessDeniedException"
    assert api.list_delegated_administrators()["DelegatedAdministrators"] == []
    assert reason(lambda: api.list_delegated_services_for_account(AccountId=account))[0] == (
        "AccountNotRegisteredException"
    )


def test_who_cannot_administer_a_service(organization: Organization) -> None:
    api, account = organization.api, organization.account("one")
    api.enable_aws_service_access(ServicePrincipal=BACKUP)

    def register(account: str, principal: str = BACKUP) -> tuple[str, str | None]:
        return reason(lambda: api.register_delegated_administrator(AccountId=account, ServicePrincipal=principal))

    violation = "ConstraintViolationException"
    assert register(MANAGEMENT) == (violation, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    assert register("210987654321")[0] == "AccountNotFoundException"
    assert register(account, RAM) == ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")
    organization.close(account)
    assert register(account) == (violation, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")


def test_every_service_that_aws_lists_is_known_and_no_other(organization: Organization) -> None:
    api, account = organization.api, organization.account("one")
    for principal in sorted(TRUSTED):
        api.enable_aws_service_access(ServicePrincipal=principal)
    for principal in sorted(DELEGATED):
        api.register_delegated_administrator(AccountId=account, ServicePrincipal=principal)
    pages = api.get_paginator("list_delegated_services_for_account").paginate(AccountId=account)
    services = {service["ServicePrincipal"] for page in pages for service in page["DelegatedServices"]}
    assert services == DELEGATED > {BACKUP, "sso.amazonaws.com", "iam.amazonaws.com"}
    for unknown in ("backup", "s3.amazonaws.com"):
        assert reason(lambda unknown=unknown: api.enable_aws_service_access(ServicePrincipal=unknown))[0] == (  # type: ignore[misc]
            "InvalidInputException"
        )
