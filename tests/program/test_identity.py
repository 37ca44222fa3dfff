"""The identity layer's program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from tests.program.harness import MANAGEMENT, Run, run_program
from tests.program.samples import ORG

USERS_ONLY = {"users": ["ada", "grace"]}


def identity(config: dict[str, Any], **options: Any) -> Run:
    return run_program("identity", "sandbox", config, upstream={"org": ORG}, **options)


def policy(run: Run, type_: str, name: str) -> Any:
    return json.loads(run.of(type_)[name].inputs["policy"])


def test_developers_may_assume_developer_role_with_mfa_and_nothing_else() -> None:
    run = identity(USERS_ONLY)
    assert run.one("aws:iam/group:Group").inputs == {"name": "developers"}
    assert policy(run, "aws:iam/groupPolicy:GroupPolicy", "assume-developer-role")["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/DeveloperRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ]
    actions = [
        action
        for statement in policy(run, "aws:iam/groupPolicy:GroupPolicy", "self-service-mfa")["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert all(action.startswith("iam:") and "*" not in action for action in actions)
    memberships = run.of("aws:iam/userGroupMembership:UserGroupMembership")
    assert {name: m.inputs["groups"] for name, m in memberships.items()} == {
        "ada": ["developers"],
        "grace": ["developers"],
    }


def test_automation_user_may_assume_automation_role_only() -> None:
    run = identity(USERS_ONLY)
    assert run.of("aws:iam/user:User")["automation"].inputs["name"] == "cicd-automation"
    assert policy(run, "aws:iam/userPolicy:UserPolicy", "assume-automation-role")["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/AutomationRole"}
    ]


def test_no_key_password_or_login_is_ever_made() -> None:
    made = {resource.type for resource in identity(USERS_ONLY).resources}
    assert not any("accessKey" in type_ or "LoginProfile" in type_ for type_ in made)


def test_outputs_are_exactly_the_users_and_the_automation_user() -> None:
    assert identity(USERS_ONLY).outputs == {
        "principals": {
            "DeveloperRole": ["arn:aws:test::ada", "arn:aws:test::grace"],
            "AutomationRole": ["arn:aws:test::automation"],
        },
        "mfaRequired": {"DeveloperRole": True, "AutomationRole": False},
    }


def test_oidc_has_no_user_and_trusts_audience_and_subjects_only() -> None:
    oidc = {
        "issuer": "https://token.actions.githubusercontent.com",
        "audience": "sts.amazonaws.com",
        "subjects": ["repo:acme/infrastructure:ref:refs/heads/main"],
    }
    run = identity({**USERS_ONLY, "automation": "oidc", "oidc": oidc})
    assert "automation" not in run.of("aws:iam/user:User")
    assert run.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs == {
        "url": oidc["issuer"],
        "clientIdLists": [oidc["audience"]],
    }
    role = run.one("aws:iam/role:Role")
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:test::identity-provider"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": oidc["subjects"]},
            },
        }
    ]
    assert run.outputs["principals"]["AutomationRole"] == ["arn:aws:test::automation"]


def test_external_users_leave_the_group_alone_and_the_account_decides() -> None:
    run = identity({"userSource": "external"})
    assert set(run.of("aws:iam/user:User")) == {"automation"}
    assert run.outputs["principals"]["DeveloperRole"] == [f"arn:aws:iam::{MANAGEMENT}:root"]


def test_password_policy_can_be_left_alone() -> None:
    type_ = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
    assert identity(USERS_ONLY).one(type_).inputs["minimumPasswordLength"] == 14
    assert identity({**USERS_ONLY, "passwordPolicy": "null"}).of(type_) == {}


def test_the_wrong_account_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="belong to account 999999999999"):
        identity(USERS_ONLY, calls={"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "999999999999"}})


def test_an_organization_without_outputs_is_named_with_the_command() -> None:
    with pytest.raises(pulumi.RunError, match="deploy it first: invoke up org --env sandbox"):
        run_program("identity", "sandbox", USERS_ONLY)


def test_preview_before_the_organization_exists_is_no_error() -> None:
    run = run_program("identity", "sandbox", USERS_ONLY, preview=True)
    assert "developers" in run.of("aws:iam/group:Group")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "identity:users is []"),
        ({"users": ["ada", "ada"]}, "listed twice: ada"),
        ({"users": ["a b"]}, "identity:users.0 is 'a b'"),
        ({"users": ["ada"], "userSource": "external"}, "allowed: users only with userSource config"),
        ({"users": ["ada"], "automation": "oidc"}, "identity:oidc is missing"),
        ({"users": ["cicd-automation"]}, "is the automation user"),
        ({"users": [f"developer-{n}" for n in range(31)]}, "at most 30 fit"),
    ],
)
def test_bad_configuration(config: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        identity(config)
    assert message in str(error.value)


@pytest.mark.parametrize("subject", ["*", "*:acme", "?"])
def test_a_subject_that_trusts_strangers_is_refused(subject: str) -> None:
    oidc = {"issuer": "https://issuer.example.com", "audience": "aws", "subjects": [subject]}
    with pytest.raises(pulumi.RunError, match="trusts strangers"):
        identity({**USERS_ONLY, "automation": "oidc", "oidc": oidc})
