"""The identity store: users, groups and memberships, as AWS keeps them."""

import pytest

from tests.sandbox.emulator.conftest import Server
from tests.sandbox.emulator.identity_center import Center, code, message


@pytest.fixture
def center(aws: Server) -> Center:
    return Center(aws)


def test_a_store_that_is_not_there(center: Center) -> None:
    assert code(center.people.list_users, IdentityStoreId="d-0123456789") == "ResourceNotFoundException"
    elsewhere = center.aws.client("identitystore", region="eu-west-1")
    assert code(elsewhere.list_users, IdentityStoreId=center.store) == "ResourceNotFoundException"


def test_a_group_is_made_found_changed_and_deleted(center: Center) -> None:
    store = {"IdentityStoreId": center.store}
    id_ = center.group("developers", center.user("ada"))
    assert code(center.people.create_group, **store, DisplayName="developers") == "ConflictException"
    center.people.update_group(
        **store, GroupId=id_, Operations=[{"AttributePath": "description", "AttributeValue": "build"}]
    )
    assert center.people.describe_group(**store, GroupId=id_)["Description"] == "build"
    named = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "developers"}}
    assert center.people.get_group_id(**store, AlternateIdentifier=named)["GroupId"] == id_
    assert len(center.people.list_group_memberships(**store, GroupId=id_)["GroupMemberships"]) == 1
    center.people.delete_group(**store, GroupId=id_)
    assert code(center.people.describe_group, **store, GroupId=id_) == "ResourceNotFoundException"
    assert code(center.people.delete_group, **store, GroupId=id_) == "ResourceNotFoundException"
    assert center.people.list_groups(**store)["Groups"] == []


def test_a_group_cannot_get_anothers_name(center: Center) -> None:
    first, _second = center.group("first"), center.group("second")
    operation = {"AttributePath": "displayName", "AttributeValue": "second"}
    call = {"IdentityStoreId": center.store, "GroupId": first, "Operations": [operation]}
    assert code(center.people.update_group, **call) == "ConflictException"


def test_a_user_is_made_changed_and_deleted(center: Center) -> None:
    store = {"IdentityStoreId": center.store}
    id_ = center.user("ada")
    found = center.people.describe_user(**store, UserId=id_)
    assert (found["UserName"], found["Name"]) == ("ada", {"GivenName": "Ada", "FamilyName": "Example"})
    assert code(center.user, "ADA") == "ConflictException"
    operations = [
        {"AttributePath": "name.familyName", "AttributeValue": "Lovelace"},
        {"AttributePath": "emails", "AttributeValue": [{"Value": "new@example.com", "Primary": True}]},
    ]
    center.people.update_user(**store, UserId=id_, Operations=operations)
    found = center.people.describe_user(**store, UserId=id_)
    assert (found["Name"]["FamilyName"], found["Emails"][0]["Value"]) == ("Lovelace", "new@example.com")
    rename = [{"AttributePath": "userName", "AttributeValue": "eve"}]
    assert code(center.people.update_user, **store, UserId=id_, Operations=rename) == "ValidationException"
    center.people.delete_user(**store, UserId=id_)
    assert code(center.people.describe_user, **store, UserId=id_) == "ResourceNotFoundException"


def test_what_the_model_does_not_take(center: Center) -> None:
    refused = message(center.people.create_group, IdentityStoreId="store", DisplayName="x")
    assert refused.startswith("1 validation error detected: Value 'store' at 'identityStoreId' failed")
    assert code(center.user, "administrator") == "ValidationException"
    assert code(center.people.create_user, IdentityStoreId=center.store, UserName="x") == "ValidationException"


def test_a_membership_is_made_once_and_goes_with_its_user(center: Center) -> None:
    store = {"IdentityStoreId": center.store}
    user = center.user("ada")
    group = center.group("developers", user)
    member = {"GroupId": group, "MemberId": {"UserId": user}}
    assert code(center.people.create_group_membership, **store, **member) == "ConflictException"
    id_ = center.people.get_group_membership_id(**store, **member)["MembershipId"]
    assert center.people.describe_group_membership(**store, MembershipId=id_)["GroupId"] == group
    assert center.people.is_member_in_groups(**store, MemberId={"UserId": user}, GroupIds=[group])["Results"][0][
        "MembershipExists"
    ]
    center.people.delete_user(**store, UserId=user)
    assert code(center.people.describe_group_membership, **store, MembershipId=id_) == "ResourceNotFoundException"
    assert code(center.people.delete_group_membership, **store, MembershipId=id_) == "ResourceNotFoundException"
