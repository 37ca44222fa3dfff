"""Reading the organization: every page, every level, and nothing that AWS itself has put there."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from automation import aws
from automation.inventory import organization as inventory
from automation.inventory.closed import GONE
from automation.inventory.closed import current_state as account_state
from automation.inventory.identities import ROLES, read_identities, removal_of_user
from automation.inventory.organization import read_organization, read_tree

DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})


def test_without_an_organization_there_is_none(organizations: Any, tmp_path: Path) -> None:
    assert organizations
    assert read_organization("prod", tmp_path) is None
    assert read_tree("prod", tmp_path) is None


def test_the_whole_tree(organizations: Any, tmp_path: Path) -> None:
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    parent, ids = root, {}
    for path in ("A", "A/B", "A/B/C"):
        unit = organizations.create_organizational_unit(ParentId=parent, Name=path[-1])["OrganizationalUnit"]
        parent = ids[path] = unit["Id"]
    # More than a page of AWS's.
    for number in range(25):
        organizations.create_account(AccountName=f"a{number:02}", Email=f"a{number:02}@example.com")
    accounts = {each["Name"]: each["Id"] for each in organizations.list_accounts()["Accounts"]}
    organizations.move_account(AccountId=accounts["a07"], SourceParentId=root, DestinationParentId=ids["A/B"])
    organizations.close_account(AccountId=accounts["a08"])
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    policy = organizations.create_policy(Content=DENY, Description="x", Name="Deny", Type="SERVICE_CONTROL_POLICY")
    policy_id = policy["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy_id, TargetId=ids["A"])
    organizations.enable_aws_service_access(ServicePrincipal="ssm.amazonaws.com")
    organizations.register_delegated_administrator(AccountId=accounts["a01"], ServicePrincipal="ssm.amazonaws.com")

    found = read_organization("prod", tmp_path)
    assert found
    assert {unit.path: unit.id for unit in found.units} == ids
    assert found.units[2].within == ("A", ids["A"], "A/B", ids["A/B"], "A/B/C", ids["A/B/C"])
    assert {member.id for member in found.members} == {id_ for name, id_ in accounts.items() if name != "master"}
    assert len(found.members) == 25
    assert {member.name for member in found.members if member.closed} == {"a08"}
    assert {member.name: member.unit.path for member in found.members if member.unit.path} == {"a07": "A/B"}
    # AWS's own FullAWSAccess is attached everywhere.
    assert [(each.name, each.targets) for each in found.policies] == [("Deny", (ids["A"],))]
    assert found.services == ("ssm.amazonaws.com",)
    assert found.delegates == ((accounts["a01"], "ssm.amazonaws.com"),)
    assert found.names[ids["A/B"]] == "A/B"

    tree = read_tree("prod", tmp_path)
    assert tree
    assert (tree.units, tree.members) == (found.units, found.members)


@pytest.mark.parametrize(
    ("answer", "closed"),
    [
        ({"Status": "ACTIVE"}, False),
        ({"Status": "SUSPENDED"}, True),
        ({"State": "ACTIVE", "Status": "ACTIVE"}, False),
        ({"State": "PENDING_ACTIVATION", "Status": "ACTIVE"}, False),
        ({"State": "CLOSED", "Status": "SUSPENDED"}, True),
        ({"State": "PENDING_CLOSURE"}, True),
        ({}, False),
    ],
)
def test_the_newer_description_of_a_state_counts(answer: dict[str, str], closed: bool) -> None:
    assert aws.state_of(answer) in {*answer.values(), "ACTIVE"}
    member = inventory.Member("1", "x", "x@example.com", inventory.Unit("r-1", ""), aws.state_of(answer))
    assert member.closed == closed


@pytest.mark.usefixtures("organizations")
def test_principals_and_how_to_remove_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    iam.create_group(GroupName="developers")
    iam.put_group_policy(GroupName="developers", PolicyName="Inline", PolicyDocument=DENY)
    iam.create_user(UserName="eve")
    iam.add_user_to_group(GroupName="developers", UserName="eve")
    iam.put_user_policy(UserName="eve", PolicyName="Own", PolicyDocument=DENY)
    iam.create_login_profile(UserName="eve", Password="correct horse battery")
    key = iam.create_access_key(UserName="eve")["AccessKey"]["AccessKeyId"]
    iam.create_user(UserName="plain")
    iam.create_user(UserName="administrator")
    own = iam.create_access_key(UserName="administrator")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", own["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", own["SecretAccessKey"])
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for name in (ROLES[0], "Another"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.create_role(RoleName="cicd-Releaser", Path="/organization/", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="cicd-Releaser", PolicyName="AssumeReleaser", PolicyDocument=DENY)
    found = read_identities("prod", tmp_path)
    users = {user.name: user for user in found.users}
    assert set(users) == {"eve", "plain"}
    assert (users["eve"].groups, users["eve"].inline) == (("developers",), ("Own",))
    assert [(group.name, group.inline) for group in found.groups] == [("developers", ("Inline",))]
    assert [(role.name, role.inline) for role in found.roles] == [
        (ROLES[0], ()),
        ("cicd-Releaser", ("AssumeReleaser",)),
    ]
    assert removal_of_user("prod", tmp_path, users["eve"]) == (
        "aws iam remove-user-from-group --group-name developers --user-name eve && "
        f"aws iam delete-access-key --access-key-id {key} --user-name eve && "
        "aws iam delete-login-profile --user-name eve && "
        "aws iam delete-user-policy --user-name eve --policy-name Own && "
        "aws iam delete-user --user-name eve"
    )
    assert removal_of_user("prod", tmp_path, users["plain"]) == "aws iam delete-user --user-name plain"


def test_the_state_of_one_account(organizations: Any, tmp_path: Path) -> None:
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="a", Email="a@example.com")["CreateAccountStatus"]["AccountId"]
    assert account_state("prod", tmp_path, made) == "ACTIVE"
    organizations.close_account(AccountId=made)
    assert account_state("prod", tmp_path, made) in inventory.CLOSED
    assert account_state("prod", tmp_path, "999999999999") == GONE
