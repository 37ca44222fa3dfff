"""The identity layer's program."""

import json
from typing import Any

import pulumi
import pytest

from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ORG

USERS_ONLY = {"users": ["ada", "grace"]}
OIDC = {
    "issuer": "https://token.actions.githubusercontent.com",
    "audience": "sts.amazonaws.com",
    "subjects": ["repo:acme/infrastructure:ref:refs/heads/main", "repo:acme/network:*"],
}
USER = "aws:iam/user:User"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
OWN_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
ASSUME_AUTOMATION_ROLE = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Resource": "arn:aws:iam::*:role/AutomationRole",
    "Condition": OWN_ORGANIZATION,
}


def identity(config: dict[str, Any], **options: Any) -> Run:
    return run_program("identity", "sandbox", config, upstream={"org": ORG}, **options)


def policy(run: Run, type_: str, name: str) -> Any:
    return json.loads(run.of(type_)[name].inputs["policy"])


def test_developers_may_assume_developer_role_with_mfa_and_nothing_else() -> None:
    run = identity(USERS_ONLY)
    groups = [group.inputs for group in run.of("aws:iam/group:Group").values()]
    assert groups == [{"name": "developers"}, {"name": "mfa-enrolment"}]
    assert policy(run, GROUP_POLICY, "assume-developer-role")["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/DeveloperRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, **OWN_ORGANIZATION},
        }
    ]
    actions = {
        action
        for statement in policy(run, GROUP_POLICY, "self-service-mfa")["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {
        "iam:ChangePassword",
        "iam:CreateVirtualMFADevice",
        "iam:DeactivateMFADevice",
        "iam:DeleteVirtualMFADevice",
        "iam:EnableMFADevice",
        "iam:GetAccountPasswordPolicy",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
        "iam:ResyncMFADevice",
    }
    names = {name: (p.inputs["name"], p.inputs["group"]) for name, p in run.of(GROUP_POLICY).items()}
    assert names == {
        "assume-developer-role": ("AssumeDeveloperRole", "developers"),
        "enrol-mfa": ("EnrolMfa", "mfa-enrolment"),
        "self-service-mfa": ("SelfServiceMfa", "developers"),
    }


@pytest.mark.parametrize("users", [["ada"], ["ada", "grace"], ["ada", "grace", "joan"]])
@pytest.mark.parametrize("force", [True, False])
def test_each_user_is_a_member_and_is_deleted_with_its_keys_only_on_demand(users: list[str], force: bool) -> None:
    run = identity({"users": users, "forceDestroyUsers": force})
    made = run.of(USER)
    assert {name: made[name].inputs for name in users} == {
        name: {"name": name, "forceDestroy": force} for name in users
    }
    assert set(made) == {*users, "automation"}
    assert {name: m.inputs for name, m in run.of("aws:iam/userGroupMembership:UserGroupMembership").items()} == {
        name: {"user": name, "groups": ["developers"]} for name in users
    }


def test_users_are_not_deleted_with_their_keys_by_default() -> None:
    assert identity(USERS_ONLY).of(USER)["ada"].inputs["forceDestroy"] is False


def test_mfa_can_be_left_to_others() -> None:
    run = identity({**USERS_ONLY, "requireMfa": False, "selfServiceMfa": False})
    assert set(run.of(GROUP_POLICY)) == {"assume-developer-role"}
    assert policy(run, GROUP_POLICY, "assume-developer-role")["Statement"][0]["Condition"] == OWN_ORGANIZATION
    assert run.outputs["mfaRequired"] == {"DeveloperRole": False, "AutomationRole": False}


def test_nothing_is_protected_or_blind_to_changes() -> None:
    for config in (USERS_ONLY, {**USERS_ONLY, "automation": "oidc", "oidc": OIDC}):
        resources = identity(config).resources
        assert len(resources) > 10
        assert [r.name for r in resources if r.protect or r.ignored or r.provider] == []


def test_automation_user_may_assume_automation_role_only() -> None:
    run = identity(USERS_ONLY)
    assert run.of(USER)["automation"].inputs == {"name": "cicd-automation"}
    made = run.one(USER_POLICY).inputs
    assert (made["name"], made["user"]) == ("AssumeAutomationRole", "cicd-automation")
    assert policy(run, USER_POLICY, "assume-automation-role")["Statement"] == [ASSUME_AUTOMATION_ROLE]


@pytest.mark.parametrize(("force", "made"), [(True, {"forceDestroy": True}), (False, {})])
def test_the_automation_user_gives_way_to_oidc_with_its_keys_only_on_demand(force: bool, made: dict[str, bool]) -> None:
    user = identity({**USERS_ONLY, "forceDestroyUsers": force}).of(USER)["automation"]
    assert user.inputs == {"name": "cicd-automation", **made}


def test_only_users_that_are_listed_may_enrol_a_device_without_mfa() -> None:
    run = identity({**USERS_ONLY, "mfaEnrolment": ["grace"]})
    memberships = run.of("aws:iam/userGroupMembership:UserGroupMembership")
    assert {name: made.inputs["groups"] for name, made in memberships.items()} == {
        "ada": ["developers"],
        "grace": ["developers", "mfa-enrolment"],
    }
    made = run.of("aws:iam/groupPolicy:GroupPolicy")["enrol-mfa"].inputs
    assert (made["name"], made["group"]) == ("EnrolMfa", "mfa-enrolment")
    assert json.loads(made["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "iam:EnableMFADevice", "Resource": "arn:aws:iam::*:user/${aws:username}"},
        {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/${aws:username}"},
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
        "permissionSetRoles": {},
        "identityCenter": None,
    }


def test_the_role_of_a_permission_set_is_exported_beside_whoever_else_is_let_in() -> None:
    path = f"arn:aws:iam::{MANAGEMENT}:role/aws-reserved/sso.amazonaws.com/"
    roles = [f"{path}AWSReservedSSO_Dev_????????????????", f"{path}*/AWSReservedSSO_Dev_????????????????"]
    for config in (USERS_ONLY, {"userSource": "external"}):
        with_set, without = identity({**config, "permissionSet": "Dev"}).outputs, identity(config).outputs
        assert with_set == {**without, "permissionSetRoles": {"DeveloperRole": roles}}


def test_oidc_has_no_user_and_trusts_audience_and_subjects_only() -> None:
    run = identity({**USERS_ONLY, "automation": "oidc", "oidc": OIDC})
    assert set(run.of(USER)) == {"ada", "grace"}
    assert run.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs == {
        "url": OIDC["issuer"],
        "clientIdLists": [OIDC["audience"]],
    }
    role = run.one("aws:iam/role:Role")
    assert role.inputs["name"] == "cicd-automation"
    made = run.one("aws:iam/rolePolicy:RolePolicy").inputs
    assert (made["name"], made["role"]) == ("AssumeAutomationRole", "cicd-automation")
    assert policy(run, "aws:iam/rolePolicy:RolePolicy", "assume-automation-role")["Statement"] == [
        ASSUME_AUTOMATION_ROLE
    ]
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:test::identity-provider"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": OIDC["subjects"]},
            },
        }
    ]
    assert run.outputs["principals"]["AutomationRole"] == ["arn:aws:test::automation"]


def test_external_users_leave_the_group_alone_and_the_account_decides() -> None:
    run = identity({"userSource": "external"})
    assert set(run.of(USER)) == {"automation"}
    assert run.outputs["principals"]["DeveloperRole"] == [f"arn:aws:iam::{MANAGEMENT}:root"]


def test_the_account_can_decide_for_users_made_here_too() -> None:
    run = identity({"users": [f"developer-{n}" for n in range(31)], "developerTrust": "account"})
    assert len(run.of(USER)) == 32
    assert run.outputs["principals"]["DeveloperRole"] == [f"arn:aws:iam::{MANAGEMENT}:root"]


PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"


@pytest.mark.parametrize(
    ("configured", "made"),
    [
        ({}, (14, 24, 90)),
        ({"minimumLength": 20}, (20, 24, 90)),
        ({"reusePrevention": 5}, (14, 5, 90)),
        ({"maxAgeDays": 365}, (14, 24, 365)),
        ({"minimumLength": 6, "reusePrevention": 1, "maxAgeDays": 1}, (6, 1, 1)),
    ],
)
def test_every_password_rule(configured: dict[str, int], made: tuple[int, int, int]) -> None:
    length, reuse, age = made
    run = identity({**USERS_ONLY, **({"passwordPolicy": configured} if configured else {})})
    assert run.one(PASSWORDS).inputs == {
        "minimumPasswordLength": length,
        "passwordReusePrevention": reuse,
        "maxPasswordAge": age,
        "allowUsersToChangePassword": True,
        "requireLowercaseCharacters": True,
        "requireUppercaseCharacters": True,
        "requireNumbers": True,
        "requireSymbols": True,
    }


@pytest.mark.parametrize("null", ["null", ""])
def test_password_policy_can_be_left_alone(null: str) -> None:
    # The engine passes `key: null` as an empty text.
    assert identity({**USERS_ONLY, "passwordPolicy": null}).of(PASSWORDS) == {}


def test_a_text_that_is_empty_stays_one_where_null_is_not_allowed() -> None:
    assert "identity:automation is ''" in refusal("identity", "sandbox", {"users": ["ada"], "automation": ""})


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
        ({"users": ["cicd-automation"]}, "which is automation (identity:automation is "),
        ({"users": [f"developer-{n}" for n in range(31)]}, "at most 30 fit"),
        ({"users": ["ada"], "mfaEnrolment": ["eve"]}, "mfaEnrolment lists eve; allowed: users of identity:users (ada)"),
    ],
)
def test_bad_configuration(config: dict[str, Any], message: str) -> None:
    text = refusal("identity", "sandbox", config, upstream={"org": ORG})
    assert message in text
    assert text.startswith("stacks/identity/Pulumi.sandbox.yaml: ")


@pytest.mark.parametrize("subject", ["*", "*:acme", "?"])
def test_a_subject_that_trusts_strangers_is_refused(subject: str) -> None:
    oidc = {"issuer": "https://issuer.example.com", "audience": "aws", "subjects": [subject]}
    with pytest.raises(pulumi.RunError, match="strangers may have such a token"):
        identity({**USERS_ONLY, "automation": "oidc", "oidc": oidc})
