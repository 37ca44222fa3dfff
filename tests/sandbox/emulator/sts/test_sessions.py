"""Session tags and source identities: who may set them, what follows, and what goes along a chain of roles."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document, token, trust

ROOT = f"arn:aws:iam::{MANAGEMENT}:root"
EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
TAGS = [{"Key": "team", "Value": "web"}]
ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def trusting(*principals: str, actions: Any = None, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": actions or ACTIONS}
    return document({**statement, "Condition": condition} if condition else statement)


def listing(people: People, role: str, condition: dict[str, str]) -> None:
    """Let the role list users while these condition keys have these values."""
    policy = allow("iam:ListUsers", Condition={"StringEquals": condition})
    people.iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=policy)


def may_list_users(people: People, keys: Any) -> bool:
    try:
        people.aws.client("iam", keys).list_users()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def code(people: People, keys: Any, role: str, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as error:
        people.assume(keys, role, **kwargs)
    return refused(error)[0]


def test_tags_need_a_permission_on_both_sides(people: People) -> None:
    able = people.user("able", document({"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}))
    unable = people.user("unable", allow())
    tagged, untagged = people.role("Tagged", trusting(ROOT)), people.role("Untagged", trust(ROOT))
    assert people.may(able, tagged, Tags=TAGS)
    assert not people.may(able, untagged, Tags=TAGS)
    assert people.may(able, untagged)
    assert not people.may(unable, tagged, Tags=TAGS)
    assert people.may(unable, tagged)
    only_web = trusting(ROOT, StringEquals={"aws:RequestTag/team": "web"})
    people.iam.update_assume_role_policy(RoleName="Tagged", PolicyDocument=only_web)
    assert people.may(able, tagged, Tags=TAGS)
    assert not people.may(able, tagged, Tags=[{"Key": "team", "Value": "other"}])
    keys = trusting(ROOT, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})
    people.iam.update_assume_role_policy(RoleName="Tagged", PolicyDocument=keys)
    assert not people.may(able, tagged, Tags=[*TAGS, {"Key": "more", "Value": ""}])


def test_the_tags_of_a_session_are_those_of_the_principal(people: People) -> None:
    role = people.role("Role", trusting(ROOT), Tags=[{"Key": "Team", "Value": "none"}])
    web = {"aws:PrincipalTag/team": "web"}
    listing(people, "Role", web)
    assert not may_list_users(people, people.assume(None, role))
    assert may_list_users(people, people.assume(None, role, Tags=TAGS))
    people.iam.tag_role(RoleName="Role", Tags=[{"Key": "Team", "Value": "web"}])
    assert may_list_users(people, people.assume(None, role))


def test_transitive_tags_go_along_the_chain(people: People) -> None:
    first, second = people.role("First", trusting(ROOT)), people.role("Second", trusting(ROOT))
    people.iam.attach_role_policy(RoleName="First", PolicyArn=EVERYTHING)
    web = {"aws:PrincipalTag/team": "web"}
    listing(people, "Second", web)
    handed_on = people.assume(None, first, Tags=TAGS, TransitiveTagKeys=["Team"])
    assert may_list_users(people, people.assume(handed_on, second))
    assert code(people, handed_on, second, Tags=[{"Key": "TEAM", "Value": "other"}]) == "ValidationError"
    kept = people.assume(None, first, Tags=TAGS)
    assert not may_list_users(people, people.assume(kept, second))


def test_tags_that_aws_does_not_take(people: People) -> None:
    role = people.role("Role", trusting(ROOT))
    for tags in (
        [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "aws:a", "Value": "1"}],
        [{"Key": "a", "Value": "<"}],
        [{"Key": f"a{number}", "Value": ""} for number in range(51)],
    ):
        assert code(people, None, role, Tags=tags) == "ValidationError"
    assert code(people, None, role, Tags=TAGS, TransitiveTagKeys=["other"]) == "ValidationError"


def test_a_source_identity_sticks(people: People) -> None:
    first, second = people.role("First", trusting(ROOT)), people.role("Second", trusting(ROOT))
    people.iam.attach_role_policy(RoleName="First", PolicyArn=EVERYTHING)
    ada = {"aws:SourceIdentity": "ada"}
    listing(people, "Second", ada)
    answer = people.aws.client("sts").assume_role(RoleArn=first, RoleSessionName="test", SourceIdentity="ada")
    assert answer["SourceIdentity"] == "ada"
    chained = people.assume(answer["Credentials"], second)
    assert may_list_users(people, chained)
    assert not may_list_users(people, people.assume(None, second))
    assert code(people, answer["Credentials"], second, SourceIdentity="eve") == "AccessDenied"
    assert people.may(answer["Credentials"], second, SourceIdentity="ada")
    # A role that does not permit it cannot be assumed with one, not even with that of the session before.
    without = people.role("Without", trust(ROOT))
    assert not people.may(answer["Credentials"], without)
    assert people.may(None, without)
    assert code(people, None, first, SourceIdentity="aws:ada") == "ValidationError"


def test_who_may_set_which_source_identity(people: People) -> None:
    only_ada = {"StringEquals": {"sts:SourceIdentity": "ada"}}
    keys = people.user("ada", document({"Effect": "Allow", "Action": ACTIONS, "Resource": "*", "Condition": only_ada}))
    role = people.role("Role", trusting(ROOT))
    assert people.may(keys, role, SourceIdentity="ada")
    assert not people.may(keys, role, SourceIdentity="eve")
    assert not people.may(keys, role)


ISSUER = "https://token.example.com"
PROVIDER = f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.example.com"
GOOD = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": "repo:acme/x"}


def federated(*actions: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": list(actions)})


def sign_in(people: People, role: str, **claims: Any) -> Any:
    web_token = token(**{**GOOD, "exp": time.time() + 60, **claims})
    sts = people.aws.client("sts")
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="ci", WebIdentityToken=web_token)


def provider(people: People, keys: Any = None) -> None:
    people.aws.client("iam", keys).create_open_id_connect_provider(
        Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )


def test_tags_and_source_identity_of_a_token(people: People) -> None:
    provider(people)
    plain = people.role("Plain", federated("sts:AssumeRoleWithWebIdentity"))
    tagged = people.role(
        "Tagged", federated("sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity")
    )
    web = {"aws:PrincipalTag/team": "web", "aws:SourceIdentity": "ada"}
    listing(people, "Tagged", web)
    tags = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["web"]}, "transitive_tag_keys": ["team"]}}
    source = {"https://aws.amazon.com/source_identity": "ada"}
    assert may_list_users(people, sign_in(people, tagged, **tags, **source)["Credentials"])
    assert not may_list_users(people, sign_in(people, tagged, **tags)["Credentials"])
    assert sign_in(people, plain)["Credentials"]
    for more in (tags, source):
        with pytest.raises(ClientError) as error:
            sign_in(people, plain, **more)
        assert refused(error)[0] == "AccessDenied"
    with pytest.raises(ClientError) as error:
        sign_in(people, tagged, **{"https://aws.amazon.com/tags": ["team"]})
    assert refused(error)[0] == "InvalidIdentityToken"


def test_a_token_that_is_not_valid_yet(people: People) -> None:
    provider(people)
    role = people.role("Role", federated("sts:AssumeRoleWithWebIdentity"))
    assert sign_in(people, role, nbf=time.time() - 1)["Credentials"]
    with pytest.raises(ClientError) as error:
        sign_in(people, role, nbf=time.time() + 30)
    assert refused(error)[0] == "InvalidIdentityToken"


def test_resource_control_policies_decide_on_tokens(organization: Organization, people: People) -> None:
    organization.enable("RESOURCE_CONTROL_POLICY")
    account = organization.account("one")
    inside = organization.inside(account)
    provider(people, inside)
    trusted = federated("sts:AssumeRoleWithWebIdentity").replace(MANAGEMENT, account)
    role = people.role("Role", trusted, inside)
    assert sign_in(people, role)["Credentials"]
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Resource": "*",
        "Condition": {"StringNotLike": {"token.example.com:sub": "repo:acme/*"}},
    }
    rcp = {"Version": "2012-10-17", "Statement": [statement]}
    organization.attach("RESOURCE_CONTROL_POLICY", rcp, organization.root)
    assert sign_in(people, role)["Credentials"]
    with pytest.raises(ClientError) as error:
        sign_in(people, role, sub="repo:mallory/x")
    assert refused(error)[0] == "AccessDenied"
