"""Who is deleted and made again under the same name is another principal, whom no trust policy names any more."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document, trust


def named(people: People, role: str = "Role", keys: Any = None) -> Any:
    """The AWS principals that the trust policy names."""
    found = people.aws.client("iam", keys).get_role(RoleName=role)["Role"]
    return found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]


def remove_user(people: People, name: str) -> None:
    for key in people.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        people.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in people.iam.list_user_policies(UserName=name)["PolicyNames"]:
        people.iam.delete_user_policy(UserName=name, PolicyName=policy)
    people.iam.delete_user(UserName=name)


def test_a_user_that_is_made_again_is_not_trusted(organization: Organization, people: People) -> None:
    inside = organization.inside(organization.account("one"))
    arn = f"arn:aws:iam::{MANAGEMENT}:user/ada"
    keys = people.user("ada", allow())
    unique_id = people.iam.get_user(UserName="ada")["User"]["UserId"]
    people.user("eve")
    here = people.role("Role", trust(arn, f"arn:aws:iam::{MANAGEMENT}:user/eve"))
    there = people.role("Role", trust(arn), inside)
    assert people.may(keys, here)
    assert people.may(keys, there)
    remove_user(people, "ada")
    assert named(people) == [unique_id, f"arn:aws:iam::{MANAGEMENT}:user/eve"]
    assert named(people, keys=inside) == [unique_id]
    again = people.user("ada", allow())
    assert not people.may(again, here)
    assert not people.may(again, there)
    people.iam.update_assume_role_policy(RoleName="Role", PolicyDocument=trust(arn))
    assert people.may(again, here)


def test_a_role_that_is_made_again_is_not_trusted(people: People) -> None:
    account = trust(f"arn:aws:iam::{MANAGEMENT}:root")
    first = people.role("First", account)
    unique_id = people.iam.get_role(RoleName="First")["Role"]["RoleId"]
    second = people.role("Role", trust(first))
    session = people.assume(None, first)
    assert people.may(session, second)
    people.iam.delete_role(RoleName="First")
    assert named(people) == [unique_id]
    people.role("First", account)
    assert not people.may(people.assume(None, first), second)


def test_a_user_that_is_renamed_is_trusted_still(people: People) -> None:
    keys = people.user("ada")
    role = people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:user/ada"))
    people.iam.update_user(UserName="ada", NewUserName="ada-lovelace")
    assert named(people) == [f"arn:aws:iam::{MANAGEMENT}:user/ada-lovelace"]
    assert people.may(keys, role)
    people.user("ada")
    assert named(people) == [f"arn:aws:iam::{MANAGEMENT}:user/ada-lovelace"]


def test_only_principals_are_rewritten(people: People) -> None:
    arn = f"arn:aws:iam::{MANAGEMENT}:user/ada"
    people.user("ada")
    condition = {"ArnEquals": {"aws:PrincipalArn": arn}}
    root = {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole", "Condition": condition}
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    excepted = {"Effect": "Deny", "NotPrincipal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    everyone = {"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}
    people.role("Role", document(root, service, excepted, everyone))
    unique_id = people.iam.get_user(UserName="ada")["User"]["UserId"]
    remove_user(people, "ada")
    found = people.iam.get_role(RoleName="Role")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert found == [root, service, {**excepted, "NotPrincipal": {"AWS": unique_id}}, everyone]


def test_an_id_of_nobody_is_no_principal(people: People) -> None:
    people.user("ada")
    people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:user/ada"))
    remove_user(people, "ada")
    for name in (named(people)[0], f"arn:aws:iam::{MANAGEMENT}:user/ada", f"arn:aws:iam::{MANAGEMENT}:user/*"):
        with pytest.raises(ClientError) as error:
            people.iam.update_assume_role_policy(RoleName="Role", PolicyDocument=trust(name))
        assert refused(error) == ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{name}"')
