"""What is to be imported is in AWS (here moto's), and is what the program describes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pulumi.runtime.rpc import UNKNOWN

from automation.backend.pending import Creation
from automation.events import Resource
from automation.imports.engine_file import Key, only
from automation.imports.existing import Planned, attached, find, with_companions
from automation.imports.identities import ACCOUNT, ORGANIZATION, POLICY, UNIT
from shared.errors import UsageError
from shared.layers import StackId

# No file has settings for it.
ORG, SHOP = StackId("org", "nowhere"), StackId("accounts", "nowhere", "shop")
ATTACHMENT, USER = "aws:organizations/policyAttachment:PolicyAttachment", "aws:iam/user:User"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
EMPTY = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An organization."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("organizations", region_name="us-east-1")
        client.create_organization(FeatureSet="ALL")
        yield client


def root(organizations: Any) -> str:
    found: str = organizations.list_roots()["Roots"][0]["Id"]
    return found


def unit(organizations: Any, name: str, parent: str | None = None) -> str:
    made = organizations.create_organizational_unit(ParentId=parent or root(organizations), Name=name)
    found: str = made["OrganizationalUnit"]["Id"]
    return found


def account(organizations: Any, parent: str, **given: str) -> str:
    values = {"Email": "shop@example.com", "AccountName": "Shop", **given}
    found: str = organizations.create_account(**values)["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=found, SourceParentId=root(organizations), DestinationParentId=parent)
    return found


def planned(
    stack: StackId, *made: tuple[str, str, dict[str, Any]], state: tuple[tuple[str, str, str], ...] = ()
) -> Planned:
    """The resources (type, name, inputs) that would be created, and those (type, name, id) in the state."""
    creations = {
        Key(type_, name): Creation(Resource(f"urn:pulumi:x::y::{type_}::{name}"), inputs, {})
        for type_, name, inputs in made
    }
    known = {Key(type_, name): {"id": id_, "outputs": {"name": name}} for type_, name, id_ in state}
    return Planned(stack, creations, known)


def units(*paths: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(UNIT, path, {"name": path.rpartition("/")[2], "parentId": UNKNOWN}) for path in paths]


def test_an_ou_comes_with_its_tree_and_the_organization(organizations: Any) -> None:
    a = unit(organizations, "A")
    b, other = unit(organizations, "B", a), unit(organizations, "Other", a)
    c = unit(organizations, "C", b)
    plan = planned(ORG, (ORGANIZATION, "organization", {}), *units("A", "A/B", "A/B/C", "A/B/Later", "D"))
    found = with_companions(plan, Key(UNIT, "A/B"), b)
    organization = organizations.describe_organization()["Organization"]["Id"]
    assert found == {
        Key(ORGANIZATION, "organization"): organization,
        Key(UNIT, "A"): a,
        Key(UNIT, "A/B"): b,
        Key(UNIT, "A/B/C"): c,
    }
    whole = with_companions(plan, Key(ORGANIZATION, "organization"), organization)
    assert whole == found
    assert other not in found.values()


def test_an_ou_that_got_another_name_is_known_by_its_key(organizations: Any) -> None:
    id_ = unit(organizations, "Engineering")
    plan = planned(ORG, (UNIT, "Development", {"name": "Engineering"}))
    assert with_companions(plan, Key(UNIT, "Development"), id_) == {Key(UNIT, "Development"): id_}


@pytest.mark.parametrize(
    ("name", "path", "message"),
    [
        ("A/B", "A", "has 'A/B', and {id} is 'A' in AWS; allowed: the same path"),
        ("A", "B", "has 'A', and {id} is 'B' in AWS"),
        ("A", "A/A", "has 'A', and {id} is 'A/A' in AWS"),
    ],
)
def test_an_ou_in_another_place_is_refused(organizations: Any, name: str, path: str, message: str) -> None:
    id_ = None
    for part in path.split("/"):
        id_ = unit(organizations, part, id_)
    plan = planned(ORG, *units("A", "A/B"))
    with pytest.raises(UsageError) as error:
        with_companions(plan, Key(UNIT, name), str(id_))
    assert f"stacks/org/Pulumi.nowhere.yaml: org:organizationalUnits {message.format(id=id_)}" in str(error.value)


@pytest.mark.parametrize(
    ("stack", "type_", "name", "id_", "message"),
    [
        (ORG, UNIT, "A", "ou-abcd-12345678", "the organization has no OU ou-abcd-12345678; whose"),
        (SHOP, ACCOUNT, "account", "210987654321", "the organization has no account 210987654321; whose"),
        (ORG, POLICY, "P", "p-12345678", "the organization has no policy p-12345678; whose"),
        (ORG, ORGANIZATION, "organization", "o-abcdefghij", "allowed: the organization of these credentials, o-"),
    ],
)
def test_what_aws_has_not_is_refused(
    organizations: Any, stack: StackId, type_: str, name: str, id_: str, message: str
) -> None:
    assert organizations
    with pytest.raises(UsageError, match=message):
        with_companions(planned(stack, (type_, name, {"name": name})), Key(type_, name), id_)


def test_every_difference_of_an_account_is_named_at_once(organizations: Any) -> None:
    here, there = unit(organizations, "Here"), unit(organizations, "There")
    id_ = account(organizations, there)
    plan = planned(SHOP, (ACCOUNT, "account", {"name": "Shops", "email": "a@example.com", "parentId": here}))
    with pytest.raises(UsageError) as error:
        with_companions(plan, Key(ACCOUNT, "account"), id_)
    file = "stacks/accounts/Pulumi.nowhere.shop.yaml"
    assert [line.partition(" in AWS;")[0] for line in str(error.value).splitlines()] == [
        f"{file}: accounts:name is 'Shops', and account {id_} has 'Shop'",
        f"{file}: accounts:email is 'a@example.com', and account {id_} has 'shop@example.com'",
        f"{file}: accounts:organizationalUnit is 'Here', and account {id_} has 'There'",
    ]


@pytest.mark.parametrize("email", ["SHOP@example.com", "[secret]", {"ciphertext": "v1:x"}])
def test_an_account_that_is_as_the_file_says(organizations: Any, email: Any) -> None:
    there = unit(organizations, "There")
    id_ = account(organizations, there)
    plan = planned(SHOP, (ACCOUNT, "account", {"name": "Shop", "email": email, "parentId": there}))
    assert with_companions(plan, Key(ACCOUNT, "account"), id_) == {Key(ACCOUNT, "account"): id_}


def test_an_account_whose_ou_is_not_known_yet(organizations: Any) -> None:
    id_ = account(organizations, unit(organizations, "There"))
    plan = planned(SHOP, (ACCOUNT, "account", {"name": "Shop", "parentId": UNKNOWN}))
    with pytest.raises(UsageError, match="invoke up org --env nowhere"):
        with_companions(plan, Key(ACCOUNT, "account"), id_)


def test_a_closed_account_is_refused(organizations: Any) -> None:
    id_ = account(organizations, unit(organizations, "There"))
    organizations.close_account(AccountId=id_)
    with pytest.raises(UsageError, match=f"account {id_} is SUSPENDED in AWS; allowed: an account that is ACTIVE"):
        with_companions(planned(SHOP, (ACCOUNT, "account", {})), Key(ACCOUNT, "account"), id_)


def test_a_policy_comes_with_what_it_is_attached_to(organizations: Any) -> None:
    a, b = unit(organizations, "A"), unit(organizations, "B")
    organizations.enable_policy_type(RootId=root(organizations), PolicyType="TAG_POLICY")
    made = organizations.create_policy(Name="P", Description="", Type="TAG_POLICY", Content=EMPTY)
    id_ = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=id_, TargetId=a)
    plan = planned(
        ORG,
        (POLICY, "P", {"name": "P", "type": "TAG_POLICY"}),
        (ATTACHMENT, "P-A", {"policyId": id_, "targetId": a}),
        (ATTACHMENT, "P-B", {"policyId": id_, "targetId": b}),
        (ATTACHMENT, "Q-A", {"policyId": "p-12345678", "targetId": a}),
    )
    assert with_companions(plan, Key(POLICY, "P"), id_) == {Key(POLICY, "P"): id_}
    assert attached(plan, id_) == {Key(ATTACHMENT, "P-A"): f"{a}:{id_}"}
    other = planned(ORG, (POLICY, "P", {"name": "Q"}))
    with pytest.raises(UsageError) as error:
        with_companions(other, Key(POLICY, "P"), id_)
    assert "it is called Q in the program, and P in AWS; its type is SERVICE_CONTROL_POLICY in the" in str(error.value)


def test_a_name_is_the_id_of_what_aws_does_not_number() -> None:
    vault = ("aws:backup/vault:Vault", "vault", {"name": "Default", "region": "us-east-1"})
    plan = planned(SHOP, (USER, "ada", {"name": "ada"}), vault)
    assert with_companions(plan, Key(USER, "ada"), "ada") == {Key(USER, "ada"): "ada"}
    for given in ("Default", "Default@us-east-1"):
        assert list(with_companions(plan, Key(*vault[:2]), given).values()) == ["Default@us-east-1"]
    with pytest.raises(
        UsageError, match="ID is 'grace'; allowed for aws:iam/user:User ada, as the program names it: ada"
    ):
        with_companions(plan, Key(USER, "ada"), "grace")


@pytest.mark.parametrize(
    ("name", "id_", "expected"),
    [
        ("", "123456789012", Key(ACCOUNT, "account")),
        ("account", "123456789012", Key(ACCOUNT, "account")),
        # Of the same name: one that AWS would make twice, and one that is a unit.
        ("ada", "ada", Key(USER, "ada")),
        ("organization", "o-abcdefghij", Key(ORGANIZATION, "organization")),
        ("organization", "ou-abcd-12345678", Key(UNIT, "organization")),
        ("known", "ou-abcd-12345678", Key(UNIT, "known")),
    ],
)
def test_a_name_stands_for_one_resource(name: str, id_: str, expected: Key) -> None:
    made = [(ACCOUNT, "account", {}), (MEMBERSHIP, "ada", {}), (USER, "ada", {}), (ORGANIZATION, "organization", {})]
    plan = planned(SHOP, *made, (UNIT, "organization", {}), state=((UNIT, "known", "ou-abcd-12345678"),))
    assert find(plan, name, id_) == expected


@pytest.mark.parametrize(
    ("name", "id_", "message"),
    [
        ("nothing", "x", "nothing in org is called 'nothing'; allowed: org:A, org:B"),
        ("", "ou-abcd-12345678", "nothing in org has no name; allowed: org:A, org:B"),
        ("A", "123456789012", "ID is '123456789012'; allowed for .* A: the id of an OU, ou-…"),
        ("A", "", "ID is ''; allowed for"),
        ("A", "None", "ID is 'None'; allowed for"),
    ],
)
def test_a_name_or_an_id_that_cannot_be(name: str, id_: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find(planned(ORG, *units("A", "B")), name, id_)


FILE = {
    "nameTable": {"inside": "urn:inside"},
    "resources": [
        {"type": "x:MemberAccount", "name": "account", "component": True},
        {"type": ACCOUNT, "name": "accountAccount", "id": "?", "parent": "account", "logicalName": "account"},
        {"type": "pulumi:providers:aws", "name": "new", "parent": "account"},
        {"type": "x:Outer", "name": "outer", "component": True},
        {"type": "x:Inner", "name": "inner", "component": True, "parent": "outer"},
        {"type": USER, "name": "ada", "id": "?", "parent": "inner", "provider": "inside"},
        {"type": USER, "name": "eve", "id": "?", "parent": "inner", "provider": "new"},
    ],
}


def test_the_import_file_has_the_components_above_and_nothing_else() -> None:
    found = only(FILE, {Key(ACCOUNT, "account"): "1"}, "accounts/shop")
    assert [each["name"] for each in found["resources"]] == ["account", "accountAccount"]
    assert found["resources"][1]["id"] == "1"
    found = only(FILE, {Key(USER, "ada"): "ada"}, "accounts/shop")
    assert [each["name"] for each in found["resources"]] == ["outer", "inner", "ada"]
    assert found["nameTable"] == {"inside": "urn:inside"}
    assert only({"resources": []}, {}, "org") == {"nameTable": {}, "resources": []}


def test_what_is_in_an_account_that_is_not_managed_yet_is_refused() -> None:
    with pytest.raises(UsageError, match="accounts/shop does not manage yet: import the account first"):
        only(FILE, {Key(USER, "eve"): "eve"}, "accounts/shop")
