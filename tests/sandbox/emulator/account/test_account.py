"""Contacts and names of accounts."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused

MANAGEMENT = "123456789012"


def test_an_account_has_one_contact_of_each_type(organization: Organization) -> None:
    api = organization.aws.client("account", organization.inside(organization.account("one")))
    contact = {"EmailAddress": "a@example.com", "Name": "A", "PhoneNumber": "1", "Title": "T"}
    api.put_alternate_contact(AlternateContactType="SECURITY", **contact)
    assert api.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]["Name"] == "A"
    with pytest.raises(ClientError) as error:
        api.get_alternate_contact(AlternateContactType="BILLING")
    assert refused(error)[0] == "ResourceNotFoundException"
    api.delete_alternate_contact(AlternateContactType="SECURITY")


def test_the_management_account_renames_a_member_and_not_the_other_way_round(organization: Organization) -> None:
    account, aws = organization.account("one"), organization.aws
    api = aws.client("account", organization.inside(account))
    aws.client("account").put_account_name(AccountId=account, AccountName="renamed")
    assert api.get_account_information()["AccountName"] == "renamed"
    assert organization.api.describe_account(AccountId=account)["Account"]["Name"] == "renamed"
    with pytest.raises(ClientError) as error:
        api.put_account_name(AccountId=MANAGEMENT, AccountName="mine")
    assert refused(error)[0] == "AccessDeniedException"
