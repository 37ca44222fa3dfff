"""Accounts are invited, join and leave, and agree to all features."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused


def reason(call: Callable[[], Any]) -> tuple[str, str | None]:
    """The code and the reason with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call()
    why: Any = error.value.response.get("Reason")
    return refused(error)[0], why


def sign_up(aws: Server, name: str) -> tuple[str, Mapping[str, str]]:
    """A new account that is in no organization: its id and its administrator's key."""
    made = aws.control("POST", "standalone-accounts", {"name": name, "email": f"{name}@example.com"})
    return made["account_id"], {
        "AccessKeyId": made["access_key_id"],
        "SecretAccessKey": made["secret_access_key"],
    }


def invited(organization: Organization, name: str) -> tuple[str, Any]:
    """A new account that has joined: its id and its own client."""
    account, keys = sign_up(organization.aws, name)
    own = organization.aws.client("organizations", keys)
    handshake = organization.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})
    own.accept_handshake(HandshakeId=handshake["Handshake"]["Id"])
    return account, own


def test_an_invited_account_joins_with_its_tags_and_leaves_without(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    organization.enable("SERVICE_CONTROL_POLICY")
    account, keys = sign_up(aws, "one")
    own = aws.client("organizations", keys)
    assert reason(own.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    tags = [{"Key": "Owner", "Value": "ada"}]
    sent = api.invite_account_to_organization(
        Target={"Type": "EMAIL", "Id": "One@example.com"}, Notes="Welcome", Tags=tags
    )["Handshake"]
    assert (sent["State"], sent["Action"]) == ("OPEN", "INVITE")
    assert sent["Parties"] == [
        {"Id": organization.id, "Type": "ORGANIZATION"},
        {"Id": "One@example.com", "Type": "EMAIL"},
    ]
    (received,) = own.list_handshakes_for_account(Filter={"ActionType": "INVITE"})["Handshakes"]
    assert received == own.describe_handshake(HandshakeId=sent["Id"])["Handshake"] == sent
    assert own.list_handshakes_for_account(Filter={"ActionType": "ENABLE_ALL_FEATURES"})["Handshakes"] == []
    assert own.accept_handshake(HandshakeId=sent["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert own.describe_organization()["Organization"]["Id"] == organization.id
    found = api.describe_account(AccountId=account)["Account"]
    assert (found["Name"], found["Email"], found["JoinedMethod"]) == ("one", "one@example.com", "INVITED")
    assert api.list_tags_for_resource(ResourceId=account)["Tags"] == tags
    attached = api.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [policy["Name"] for policy in attached] == ["FullAWSAccess"]
    # No access role comes with an invitation.
    assert aws.client("iam", keys).list_roles()["Roles"] == []
    own.leave_organization()
    assert reason(own.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    again = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
    own.accept_handshake(HandshakeId=again["Id"])
    assert api.list_tags_for_resource(ResourceId=account)["Tags"] == []


def test_an_invitation_is_declined_cancelled_or_runs_out(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    account, keys = sign_up(aws, "one")
    own = aws.client("organizations", keys)

    def invite() -> str:
        answer = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})
        id_: str = answer["Handshake"]["Id"]
        return id_

    first = invite()
    assert reason(invite)[0] == "DuplicateHandshakeException"
    for call in (own.cancel_handshake, api.accept_handshake, api.decline_handshake):
        assert reason(lambda call=call: call(HandshakeId=first))[0] == "AccessDeniedException"  # type: ignore[misc]
    assert own.decline_handshake(HandshakeId=first)["Handshake"]["State"] == "DECLINED"
    assert reason(lambda: own.decline_handshake(HandshakeId=first))[0] == "HandshakeAlreadyInStateException"
    assert reason(lambda: own.accept_handshake(HandshakeId=first))[0] == "InvalidHandshakeTransitionException"
    second = invite()
    assert api.cancel_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    third = invite()
    aws.later(days=15)
    assert reason(lambda: own.accept_handshake(HandshakeId=third))[0] == "InvalidHandshakeTransitionException"
    states = {each["Id"]: each["State"] for each in api.list_handshakes_for_organization()["Handshakes"]}
    assert states == {first: "DECLINED", second: "CANCELED", third: "EXPIRED"}
    aws.later(days=15)
    assert [each["Id"] for each in own.list_handshakes_for_account()["Handshakes"]] == [third]
    assert reason(lambda: own.describe_handshake(HandshakeId=first))[0] == "HandshakeNotFoundException"


def test_who_cannot_be_invited(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    account, _keys = sign_up(aws, "one")
    member = organization.account("two")

    def invite(kind: str, target: str) -> tuple[str, str | None]:
        return reason(lambda: api.invite_account_to_organization(Target={"Type": kind, "Id": target}))

    assert invite("ACCOUNT", member) == ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
    assert invite("ORGANIZATION", organization.id) == ("InvalidInputException", "INVALID_PARTY_TYPE_TARGET")
    assert invite("ACCOUNT", "210987654321")[0] == invite("EMAIL", "nobody@example.com")[0] == "InvalidInputException"
    outsider = aws.client("organizations", sign_up(aws, "three")[1])
    sent = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
    assert reason(lambda: outsider.accept_handshake(HandshakeId=sent["Id"]))[0] == "HandshakeNotFoundException"


def test_an_account_goes_from_one_organization_to_another(organization: Organization) -> None:
    api, aws = organization.api, organization.aws
    account, own = invited(organization, "one")
    other = aws.client("organizations", sign_up(aws, "other")[1])
    assert other.create_organization(FeatureSet="ALL")["Organization"]["Id"] != organization.id
    sent = other.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
    own.accept_handshake(HandshakeId=sent["Id"])
    assert account not in {found["Id"] for found in api.list_accounts()["Accounts"]}
    assert account in {found["Id"] for found in other.list_accounts()["Accounts"]}


def test_who_may_leave_by_itself(organization: Organization) -> None:
    aws, account = organization.aws, organization.account("one")
    own = aws.client("organizations", organization.inside(account))
    assert reason(organization.api.leave_organization)[0] == "MasterCannotLeaveOrganizationException"
    aws.control("POST", "settings", {"removable_at_once": False})
    assert reason(own.leave_organization) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    # One that was invited need not wait.
    _account, guest = invited(organization, "two")
    guest.leave_organization()
    assert len(organization.api.list_accounts()["Accounts"]) == 2


@pytest.fixture
def bills_only(aws: Server) -> Organization:
    """An organization that shares its bills alone, with one account of its own and one that was invited."""
    organization = Organization(aws, "CONSOLIDATED_BILLING")
    organization.account("one")
    return organization


def test_all_features_come_when_the_invited_accounts_agree(bills_only: Organization) -> None:
    api = bills_only.api
    account, own = invited(bills_only, "two")
    enable = {"RootId": bills_only.root, "PolicyType": "TAG_POLICY"}
    assert reason(lambda: api.enable_policy_type(**enable))[0] == "PolicyTypeNotAvailableForOrganizationException"
    for call in (
        lambda: api.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com"),
        lambda: api.close_account(AccountId=account),
    ):
        assert reason(call) == ("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    parent = api.enable_all_features()["Handshake"]
    assert (parent["Action"], parent["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    violation = "HandshakeConstraintViolationException"
    assert reason(api.enable_all_features) == (violation, "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    three, _keys = sign_up(bills_only.aws, "three")
    assert reason(lambda: api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": three})) == (
        violation,
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
    )
    accept = api.accept_handshake
    assert reason(lambda: accept(HandshakeId=parent["Id"]))[0] == "InvalidHandshakeTransitionException"
    children = api.list_handshakes_for_organization(Filter={"ParentHandshakeId": parent["Id"]})["Handshakes"]
    assert [child["Parties"][1] for child in children] == [{"Id": account, "Type": "ACCOUNT"}]
    own.accept_handshake(HandshakeId=children[0]["Id"])
    assert api.describe_handshake(HandshakeId=parent["Id"])["Handshake"]["State"] == "OPEN"
    accept(HandshakeId=parent["Id"])
    assert own.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    api.enable_policy_type(**enable)
    assert reason(api.enable_all_features) == (violation, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")


def test_accounts_that_were_made_in_the_organization_are_not_asked(bills_only: Organization) -> None:
    api = bills_only.api
    first = api.enable_all_features()["Handshake"]
    assert first["State"] == "OPEN"
    api.cancel_handshake(HandshakeId=first["Id"])
    second = api.enable_all_features()["Handshake"]
    api.accept_handshake(HandshakeId=second["Id"])
    assert api.describe_organization()["Organization"]["FeatureSet"] == "ALL"


def test_signing_up_is_refused_with_an_address_that_is_taken(aws: Server) -> None:
    sign_up(aws, "one")
    for body, said in (
        ({"name": "two", "email": "One@example.com"}, "is the address of another account"),
        ({"name": "two"}, "there are name and email"),
        ({"name": "two", "email": 2}, "there are name and email"),
    ):
        assert said in aws.control("POST", "standalone-accounts", body)["error"]
