"""Who may assume which role and what a user may do for themselves, decided by policy evaluation as AWS does it."""

from typing import Any

import pytest

from shared.policy_evaluation.evaluation import (
    Decision,
    Match,
    Principal,
    Request,
    evaluate_trust,
    is_allowed,
)
from stacks.accounts.iam_policies import service_trust_policy, trust_policy
from stacks.identity.iam_policies import (
    assume_role_policy,
    mfa_enrolment_policy,
    self_service_mfa_policy,
    web_identity_trust_policy,
)

MANAGEMENT = "123456789012"
MEMBERS = ["210987654321", "310987654321"]
OURS = {"aws:PrincipalOrgID": "o-example", "aws:ResourceOrgID": "o-example"}
"""The caller and what is acted on belong to one organization."""
WITH_MFA = {"aws:MultiFactorAuthPresent": "true"}
WITHOUT_MFA: list[dict[str, str]] = [{}, {"aws:MultiFactorAuthPresent": "false"}]


def user(name: str, account: str = MANAGEMENT) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole"])
def test_a_role_may_be_assumed_in_every_account_and_no_other_role(role: str) -> None:
    policy = [assume_role_policy(role)]
    for account in MEMBERS:
        assert is_allowed("sts:AssumeRole", f"arn:aws:iam::{account}:role/{role}", policy, context=OURS)
        for other in ("DeveloperRole2", "OrganizationalAccountAccessRole", "MyMonthlyBackupIamRole"):
            assert not is_allowed("sts:AssumeRole", f"arn:aws:iam::{account}:role/{other}", policy, context=OURS)
        for action in ("sts:TagSession", "sts:AssumeRoleWithWebIdentity", "iam:PassRole"):
            assert not is_allowed(action, f"arn:aws:iam::{account}:role/{role}", policy, context=OURS)


@pytest.mark.parametrize(
    "context",
    [
        {**OURS, "aws:ResourceOrgID": "o-stranger"},
        {"aws:PrincipalOrgID": "o-example"},
        {"aws:ResourceOrgID": "o-example"},
        {},
    ],
    ids=["another organization's", "nobody's", "the caller's organization is unknown", "neither is known"],
)
@pytest.mark.parametrize("require_mfa", [True, False])
def test_a_role_of_the_same_name_outside_the_organization_is_out_of_reach(
    context: dict[str, str], require_mfa: bool
) -> None:
    role = f"arn:aws:iam::{MEMBERS[0]}:role/DeveloperRole"
    policy = [assume_role_policy("DeveloperRole", require_mfa)]
    assert is_allowed("sts:AssumeRole", role, policy, context={**WITH_MFA, **OURS})
    assert not is_allowed("sts:AssumeRole", role, policy, context={**WITH_MFA, **context})


def test_mfa_is_asked_for_when_a_role_is_assumed() -> None:
    role = f"arn:aws:iam::{MEMBERS[0]}:role/DeveloperRole"
    policy = [assume_role_policy("DeveloperRole", require_mfa=True)]
    assert is_allowed("sts:AssumeRole", role, policy, context={**OURS, **WITH_MFA})
    for context in WITHOUT_MFA:
        assert not is_allowed("sts:AssumeRole", role, policy, context={**OURS, **context})
        assert is_allowed("sts:AssumeRole", role, [assume_role_policy("DeveloperRole")], context={**OURS, **context})


def ada_may(action: str, resource: str, *more: dict[str, Any], mfa: dict[str, str] | None = None) -> bool:
    context = {"aws:username": "ada", **(mfa or {})}
    return is_allowed(action, resource, [self_service_mfa_policy(), *more], context=context)


ALWAYS = [
    ("iam:ChangePassword", "user"),
    ("iam:GetUser", "user"),
    ("iam:ListMFADevices", "user"),
    ("iam:ResyncMFADevice", "user"),
    ("iam:DeleteVirtualMFADevice", "mfa"),
]
WITH_A_DEVICE = [
    ("iam:DeactivateMFADevice", "user"),
    ("iam:EnableMFADevice", "user"),
    ("iam:CreateVirtualMFADevice", "mfa"),
]


@pytest.mark.parametrize(("action", "kind"), ALWAYS + WITH_A_DEVICE)
def test_users_look_after_their_own_mfa_device_and_nobody_elses(action: str, kind: str) -> None:
    for account in (MANAGEMENT, MEMBERS[0]):
        assert ada_may(action, f"arn:aws:iam::{account}:{kind}/ada", mfa=WITH_MFA)
    for other in ("grace", "ada2", "*"):
        assert not ada_may(action, f"arn:aws:iam::{MANAGEMENT}:{kind}/{other}", mfa_enrolment_policy(), mfa=WITH_MFA)


@pytest.mark.parametrize("mfa", WITHOUT_MFA)
def test_nobody_enrols_a_second_device_or_takes_one_off_without_mfa(mfa: dict[str, str]) -> None:
    for action, kind in ALWAYS:
        assert ada_may(action, f"arn:aws:iam::{MANAGEMENT}:{kind}/ada", mfa=mfa)
    for action, kind in WITH_A_DEVICE:
        assert not ada_may(action, f"arn:aws:iam::{MANAGEMENT}:{kind}/ada", mfa=mfa)


@pytest.mark.parametrize("mfa", WITHOUT_MFA)
def test_a_new_user_enrols_the_first_device_without_mfa_and_takes_none_off(mfa: dict[str, str]) -> None:
    new = mfa_enrolment_policy()
    assert ada_may("iam:CreateVirtualMFADevice", f"arn:aws:iam::{MANAGEMENT}:mfa/ada", new, mfa=mfa)
    assert ada_may("iam:EnableMFADevice", user("ada"), new, mfa=mfa)
    assert not ada_may("iam:DeactivateMFADevice", user("ada"), new, mfa=mfa)
    for other in ("grace", "ada2", "*"):
        assert not ada_may("iam:CreateVirtualMFADevice", f"arn:aws:iam::{MANAGEMENT}:mfa/{other}", new, mfa=mfa)
        assert not ada_may("iam:EnableMFADevice", user(other), new, mfa=mfa)


@pytest.mark.parametrize("action", ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"])
def test_users_read_what_enrolling_takes(action: str) -> None:
    assert ada_may(action, "*")


@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:ListUsers",
        "iam:PutUserPolicy",
        "sts:AssumeRole",
    ],
)
def test_self_service_is_no_more_than_that(action: str) -> None:
    for resource in ("*", user("ada"), f"arn:aws:iam::{MANAGEMENT}:mfa/ada"):
        assert not ada_may(action, resource, mfa_enrolment_policy(), mfa=WITH_MFA)


def trusts(
    document: dict[str, Any], arn: str, context: dict[str, str] | None = None, action: str = "sts:AssumeRole"
) -> bool:
    request = Request(action, f"arn:aws:iam::{MEMBERS[0]}:role/DeveloperRole", context or {})
    decision, match = evaluate_trust(document, request, Principal(arn, arn.split(":")[4]))
    return decision is Decision.ALLOW and match is Match.DIRECT


def test_a_role_trusts_exactly_the_principals_named() -> None:
    document = trust_policy([user("grace"), user("ada")])
    assert trusts(document, user("ada"))
    assert trusts(document, user("grace"))
    assert not trusts(document, user("eve"))
    assert not trusts(document, user("ada", MEMBERS[0]))
    assert not trusts(document, user("ada"), action="sts:TagSession")
    assert document == trust_policy([user("ada"), user("grace")]), "the order of the principals changes nothing"


def test_a_role_that_asks_for_mfa_trusts_nobody_without() -> None:
    document = trust_policy([user("ada")], require_mfa=True)
    assert trusts(document, user("ada"), WITH_MFA)
    for context in WITHOUT_MFA:
        assert not trusts(document, user("ada"), context)
        assert trusts(trust_policy([user("ada")]), user("ada"), context)


@pytest.mark.parametrize(
    "principals",
    [
        [],
        ["*"],
        [user("*")],
        [user("ad?")],
        ["arn:aws:iam::*:root"],
        [user("ada"), user("*")],
        [user("?"), user("ada")],
    ],
)
def test_strangers_are_never_trusted(principals: list[str]) -> None:
    with pytest.raises(ValueError, match="principals without wildcards"):
        trust_policy(principals)


PROVIDER = f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.example.com"
TOKEN = {"token.example.com/tenant:aud": "sts.amazonaws.com", "token.example.com/tenant:sub": "repo:acme/web:ref:main"}


def token_opens(token: dict[str, str], provider: str = PROVIDER, action: str = "sts:AssumeRoleWithWebIdentity") -> bool:
    document = web_identity_trust_policy(
        PROVIDER,
        "https://token.example.com/tenant",
        "sts.amazonaws.com",
        ["repo:acme/web:ref:main", "repo:acme/infrastructure:*"],
    )
    request = Request(action, f"arn:aws:iam::{MANAGEMENT}:role/cicd-automation", token)
    caller = Principal("arn:aws:sts::anonymous:token", MANAGEMENT, provider=provider)
    return evaluate_trust(document, request, caller)[0] is Decision.ALLOW


def test_a_token_of_the_audience_and_of_each_subject_is_let_in() -> None:
    assert token_opens(TOKEN)
    assert token_opens({**TOKEN, "token.example.com/tenant:sub": "repo:acme/infrastructure:ref:main"})


@pytest.mark.parametrize(
    "token",
    [
        {**TOKEN, "token.example.com/tenant:aud": "another.example.com"},
        {**TOKEN, "token.example.com/tenant:aud": "sts.amazonaws.com.example.com"},
        {**TOKEN, "token.example.com/tenant:sub": "repo:stranger/web:ref:main"},
        {**TOKEN, "token.example.com/tenant:sub": "repo:acme/web:ref:other"},
        {"token.example.com/tenant:aud": "sts.amazonaws.com"},
        {"token.example.com/tenant:sub": "repo:acme/web:ref:main"},
        {"aud": "sts.amazonaws.com", "sub": "repo:acme/web:ref:main"},
        {},
    ],
)
def test_no_other_token_is_let_in(token: dict[str, str]) -> None:
    assert not token_opens(token)


def test_no_other_provider_and_no_other_way_is_let_in() -> None:
    assert not token_opens(TOKEN, provider=f"arn:aws:iam::{MANAGEMENT}:oidc-provider/other.example.com")
    assert not token_opens(TOKEN, action="sts:AssumeRole")


@pytest.mark.parametrize("service", ["backup.amazonaws.com", "ec2.amazonaws.com"])
def test_a_service_role_trusts_its_service_alone(service: str) -> None:
    assert service_trust_policy(service) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
