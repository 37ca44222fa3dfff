"""Contacts and names of accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.sandbox.emulator.conftest import Organization, refused

MANAGEMENT = "123456789012"


def code(call: Callable[[], Any]) -> str:
    """The code with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call()
    return refused(error)[0]


@pytest.fixture
def trusted(organization: Organization) -> Organization:
    """An organization with trusted access for Account Management."""
    organization.api.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    return organization


def test_an_account_has_one_contact_of_each_type(organization: Organization) -> None:
    api = organization.aws.client("account", organization.inside(organization.account("one")))
    contact = {"EmailAddress": "a@example.com", "Name": "A", "PhoneNumber": "1", "Title": "T"}
    api.put_alternate_contact(AlternateContactType="SECURITY", **contact)
    assert api.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]["Name"] == "A"
    with pytest.raises(ClientError) as error:
        api.get_alternate_contact(AlternateContactType="BILLING")
    assert refused(error)[0] == "ResourceNotFoundException"
    api.delete_alternate_contact(AlternateContactType="SECURITY")


def test_the_management_account_renames_a_member_and_not_the_other_way_round(trusted: Organization) -> None:
    organization, account, aws = trusted, trusted.account("one"), trusted.aws
    api = aws.client("account", organization.inside(account))
    aws.client("account").put_account_name(AccountId=account, AccountName="renamed")
    assert api.get_account_information()["AccountName"] == "renamed"
    assert organization.api.describe_account(AccountId=account)["Account"]["Name"] == "renamed"
    with pytest.raises(ClientError) as error:
        api.put_account_name(AccountId=MANAGEMENT, AccountName="mine")
    assert refused(error)[0] == "AccessDeniedException"


def test_the_primary_address_changes_with_the_code_that_was_sent_to_the_new_one(trusted: Organization) -> None:
    aws, account, other = trusted.aws, trusted.account("one"), trusted.account("two")
    api = aws.client("account")
    new = {"AccountId": account, "PrimaryEmail": "New@example.com"}
    assert api.get_primary_email(AccountId=account)["PrimaryEmail"] == "one@example.com"
    assert code(lambda: api.accept_primary_email_update(**new, Otp="123456")) == "ResourceNotFoundException"
    assert api.start_primary_email_update(**new)["Status"] == "PENDING"
    (letter,) = aws.control("GET", "mail")
    assert (letter["account_id"], letter["address"]) == (account, "New@example.com")
    wrong = "000000" if letter["code"] != "000000" else "111111"
    assert code(lambda: api.accept_primary_email_update(**new, Otp=wrong)) == "ValidationException"
    assert trusted.api.describe_account(AccountId=account)["Account"]["Email"] == "one@example.com"
    assert api.accept_primary_email_update(**new, Otp=letter["code"])["Status"] == "ACCEPTED"
    assert aws.control("GET", "mail") == []
    assert api.get_primary_email_update_status(AccountId=account)["Status"] == "COMPLETED"
    assert trusted.api.describe_account(AccountId=account)["Account"]["Email"] == "New@example.com"
    listed = {found["Id"]: found["Email"] for found in trusted.api.list_accounts()["Accounts"]}
    assert (listed[account], listed[other]) == ("New@example.com", "two@example.com")
    # The new address is taken, the old one is free.
    taken = {"AccountId": other, "PrimaryEmail": "new@example.com"}
    assert code(lambda: api.start_primary_email_update(**taken)) == "ConflictException"
    free = {"AccountId": other, "PrimaryEmail": "one@example.com"}
    assert api.start_primary_email_update(**free)["Status"] == "PENDING"


def test_a_code_is_good_for_a_day_and_the_last_one_only(trusted: Organization) -> None:
    aws, account = trusted.aws, trusted.account("one")
    api = aws.client("account")
    new = {"AccountId": account, "PrimaryEmail": "new@example.com"}
    api.start_primary_email_update(**new)
    aws.later(days=1)
    assert aws.control("GET", "mail") == []
    assert code(lambda: api.accept_primary_email_update(**new, Otp="123456")) == "ResourceNotFoundException"
    api.start_primary_email_update(**new)
    api.start_primary_email_update(AccountId=account, PrimaryEmail="newer@example.com")
    (letter,) = aws.control("GET", "mail")
    assert letter["address"] == "newer@example.com"
    assert code(lambda: api.accept_primary_email_update(**new, Otp=letter["code"])) == "ResourceNotFoundException"


def test_who_may_change_a_primary_address(organization: Organization) -> None:
    aws, account = organization.aws, organization.account("one")
    api = aws.client("account")
    inside = aws.client("account", organization.inside(account))
    assert code(lambda: api.get_primary_email(AccountId=account)) == "AccessDeniedException"
    organization.api.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    assert api.get_primary_email(AccountId=account)["PrimaryEmail"] == "one@example.com"
    for client, asked in ((inside, account), (inside, MANAGEMENT), (api, MANAGEMENT), (api, "210987654321")):
        assert code(lambda client=client, asked=asked: client.get_primary_email(AccountId=asked)) == (  # type: ignore[misc]
            "AccessDeniedException"
        )
    for wrong in ("nobody", "a@b", "x" * 60 + "@example.com"):
        start = {"AccountId": account, "PrimaryEmail": wrong}
        with pytest.raises((ClientError, ParamValidationError)):
            api.start_primary_email_update(**start)
    organization.close(account)
    assert code(lambda: api.get_primary_email(AccountId=account)) == "AccessDeniedException"


def test_an_account_has_a_contact_and_keeps_the_one_it_is_given(trusted: Organization) -> None:
    organization, aws, account = trusted, trusted.aws, trusted.account("one")
    api = aws.client("account")
    inside = aws.client("account", organization.inside(account))
    assert inside.get_contact_information()["ContactInformation"]["FullName"] == "Sandbox"
    contact = {
        "FullName": "Ada",
        "AddressLine1": "1 Street",
        "City": "London",
        "PostalCode": "N1",
        "CountryCode": "GB",
        "PhoneNumber": "+44 20 7946 0000",
    }
    api.put_contact_information(AccountId=account, ContactInformation=contact)
    assert inside.get_contact_information()["ContactInformation"] == contact
    assert api.get_contact_information()["ContactInformation"]["FullName"] == "Sandbox"
    wrong = {**contact, "PhoneNumber": "none"}
    assert code(lambda: api.put_contact_information(ContactInformation=wrong)) == "ValidationException"
    assert code(lambda: inside.get_contact_information(AccountId=MANAGEMENT)) == "AccessDeniedException"


def test_regions_are_listed_and_some_are_asked_for(organization: Organization) -> None:
    api = organization.aws.client("account")
    pages = api.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 10})
    found = {region["RegionName"]: region["RegionOptStatus"] for page in pages for region in page["Regions"]}
    assert (found["us-west-2"], found["af-south-1"]) == ("ENABLED_BY_DEFAULT", "DISABLED")
    assert len(found) > 30
    api.enable_region(RegionName="af-south-1")
    assert api.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"] == "ENABLED"
    enabled = api.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"]
    assert [region["RegionName"] for region in enabled] == ["af-south-1"]
    api.disable_region(RegionName="af-south-1")
    assert api.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"] == []
    assert code(lambda: api.disable_region(RegionName="us-west-2")) == "ValidationException"
    assert code(lambda: api.get_region_opt_status(RegionName="mars-1")) == "ValidationException"


def test_an_account_that_left_still_has_its_name(organization: Organization) -> None:
    account = organization.account("one")
    keys = organization.inside(account)
    organization.api.remove_account_from_organization(AccountId=account)
    api = organization.aws.client("account", keys)
    assert api.get_account_information()["AccountName"] == "one"
    api.put_account_name(AccountName="alone")
    assert api.get_account_information()["AccountName"] == "alone"
    assert code(lambda: organization.aws.client("account").get_contact_information(AccountId=account)) == (
        "AccessDeniedException"
    )


def test_the_organization_asks_for_an_account_only_with_trusted_access(organization: Organization) -> None:
    aws, account = organization.aws, organization.account("one")
    api, inside = aws.client("account"), aws.client("account", organization.inside(account))

    def refusal(client: Any, asked: str) -> str:
        with pytest.raises(ClientError) as error:
            client.list_regions(AccountId=asked)
        assert refused(error)[0] == "AccessDeniedException"
        return refused(error)[1].partition(" is not authorized to perform: account:ListRegions")[2]

    assert refusal(api, account) == " (Your organization must first enable trusted access with AWS Account Management.)"
    organization.api.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    assert len(api.list_regions(AccountId=account)["Regions"]) > 30
    assert "standalone context" in refusal(api, MANAGEMENT)
    assert refusal(inside, account) == refusal(inside, MANAGEMENT) == refusal(api, "210987654321") == ""
    delegate = {"AccountId": account, "ServicePrincipal": "account.amazonaws.com"}
    organization.api.register_delegated_administrator(**delegate)
    assert len(inside.list_regions(AccountId=organization.account("two"))["Regions"]) > 30
