"""All kinds of policies together: which one decides, within an account and between accounts, and what AWS says then."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from shared.policy_evaluation.evaluation import (
    CallerPolicies,
    Decision,
    Document,
    Match,
    Principal,
    Request,
    ResourcePolicies,
    Verdict,
    decide,
    evaluate_trust,
    is_allowed,
)

OWN, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWN}:role/Role"
VAULT = f"arn:aws:backup:us-west-2:{OWN}:backup-vault:Default"
ADA = Principal(f"arn:aws:iam::{OWN}:user/ada", OWN, unique_id="AIDAADA")
SESSION = Principal(
    f"arn:aws:sts::{OWN}:assumed-role/Team/name", OWN, f"arn:aws:iam::{OWN}:role/Team", unique_id="AROA1"
)
STRANGER = Principal(f"arn:aws:iam::{OTHER}:user/eve", OTHER)
SERVICE = Principal("arn:aws:iam::000000000000:root", "000000000000", service="backup.amazonaws.com")


def policy(effect: str = "Allow", action: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}


def resource(name: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    element = name if name == "*" or isinstance(name, dict) else {"AWS": name}
    return policy(effect, "backup:*", Principal=element, **more)


ALL, NOTHING, OTHERS = policy(), policy("Deny"), policy(action="s3:*")


def decided(
    principal: Principal = ADA,
    shared: Document | None = None,
    control: Sequence[Sequence[Document]] = (),
    action: str = "backup:StartBackupJob",
    **caller: Any,
) -> Verdict:
    return decide(
        Request(action, VAULT),
        principal,
        CallerPolicies(**caller),
        ResourcePolicies(OWN, shared, shared=True, control=control),
    )


ALLOWED = "allowed"


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ({"identity": [ALL]}, ALLOWED),
        ({}, "because no identity-based policy allows"),
        ({"identity": [ALL, NOTHING]}, "with an explicit deny in an identity-based policy"),
        ({"identity": [ALL], "boundary": OTHERS}, "because no permissions boundary allows"),
        ({"identity": [ALL], "boundary": NOTHING}, "with an explicit deny in a permissions boundary"),
        ({"identity": [ALL], "session": [OTHERS]}, "because no session policy allows"),
        ({"identity": [ALL], "session": [NOTHING]}, "with an explicit deny in a session policy"),
        ({"identity": [ALL], "service_control": [[ALL], [OTHERS]]}, "because no service control policy allows"),
        ({"identity": [ALL], "service_control": [[ALL, NOTHING]]}, "with an explicit deny in a service control policy"),
        ({"identity": [ALL], "control": [[ALL], [OTHERS]]}, "because no resource control policy allows"),
        ({"identity": [ALL], "control": [[ALL, NOTHING]]}, "with an explicit deny in a resource control policy"),
        ({"identity": [ALL], "control": [[ALL], [ALL]], "service_control": [[ALL]]}, ALLOWED),
        ({"identity": [ALL], "shared": resource(ADA.arn, "Deny")}, "with an explicit deny in a resource-based policy"),
        # A deny is found wherever it is, though another kind does not allow either.
        ({"boundary": NOTHING}, "with an explicit deny in a permissions boundary"),
    ],
)
def test_the_kind_of_policy_that_decides_is_named(policies: dict[str, Any], expected: str) -> None:
    verdict = decided(**policies)
    assert verdict.allowed is (expected == ALLOWED)
    if expected != ALLOWED:
        action = " the backup:StartBackupJob action" if "because" in expected else ""
        assert verdict.reason("backup:StartBackupJob") == expected + action


@pytest.mark.parametrize(
    ("principal", "named", "caller", "allowed"),
    [
        # Within the account, a policy that names the user or the session is enough, and its limits do not count.
        (ADA, ADA.arn, {}, True),
        (ADA, ADA.arn, {"boundary": OTHERS}, True),
        (ADA, "AIDAADA", {}, True),
        (ADA, "AIDAOTHER", {}, False),
        (SESSION, SESSION.arn, {"session": [OTHERS]}, True),
        # One that names the role is held to them.
        (SESSION, SESSION.role_arn, {}, True),
        (SESSION, "AROA1", {}, True),
        (SESSION, SESSION.role_arn, {"session": [OTHERS]}, False),
        (SESSION, SESSION.role_arn, {"boundary": OTHERS}, False),
        # One that names the account leaves it to the caller's own policies.
        (ADA, OWN, {}, False),
        (ADA, OWN, {"identity": [ALL]}, True),
        # What the organization allows counts in any case.
        (ADA, ADA.arn, {"service_control": [[OTHERS]]}, False),
        (ADA, ADA.arn, {"control": [[OTHERS]]}, False),
        # From another account both sides have to allow.
        (STRANGER, STRANGER.arn, {}, False),
        (STRANGER, STRANGER.arn, {"identity": [ALL]}, True),
        (STRANGER, ADA.arn, {"identity": [ALL]}, False),
        (STRANGER, "*", {"identity": [ALL]}, True),
        (STRANGER, OTHER, {"identity": [ALL], "control": [[ALL, NOTHING]]}, False),
        # A service has no policies of its own.
        (SERVICE, {"Service": "backup.amazonaws.com"}, {}, True),
        (SERVICE, {"Service": "s3.amazonaws.com"}, {}, False),
        (SERVICE, "*", {}, True),
        (SERVICE, {"Service": "backup.amazonaws.com"}, {"control": [[OTHERS]]}, False),
        # No pattern within an ARN.
        (ADA, f"arn:aws:iam::{OWN}:user/*", {}, False),
        (ADA, f"arn:aws:iam::{OWN}:*", {}, False),
    ],
)
def test_a_resource_based_policy(principal: Principal, named: Any, caller: dict[str, Any], allowed: bool) -> None:
    assert decided(principal, resource(named), **caller).allowed is allowed


def test_every_combination_of_policies() -> None:
    slots = (ALL, OTHERS, NOTHING)
    named = (None, resource(ADA.arn), resource(ADA.arn, "Deny"), resource(OWN))
    for combination in product(slots, slots, slots, slots, slots, named):
        identity, boundary, session, scp, rcp, shared = combination
        verdict = decided(
            ADA,
            shared,
            [[ALL], [rcp]],
            identity=[identity],
            boundary=boundary,
            session=[session],
            service_control=[[ALL], [scp]],
        )
        own = (identity, boundary, session) == (ALL, ALL, ALL) or shared == named[1]
        denied = NOTHING in combination or shared == named[2]
        assert verdict.allowed is (not denied and scp == rcp == ALL and own), combination
        assert (verdict.decision is Decision.EXPLICIT_DENY) is denied, combination


def test_a_resource_without_a_policy_is_for_its_own_account() -> None:
    assert decided(ADA, identity=[ALL]).allowed
    outside = decided(STRANGER, identity=[ALL])
    assert outside == Verdict(Decision.IMPLICIT_DENY, "resource-based policy")


def test_a_role_lets_in_only_whom_its_trust_policy_names() -> None:
    trust = policy(action="sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"})
    del trust["Statement"][0]["Resource"]
    request = Request("sts:AssumeRole", ROLE)
    role = ResourcePolicies(OWN, trust, trust=True, shared=True)
    assert decide(request, ADA, CallerPolicies([ALL]), role) == Verdict(Decision.IMPLICIT_DENY, "role trust policy")
    assert decide(request, STRANGER, CallerPolicies([ALL]), role).allowed
    assert decide(request, STRANGER, CallerPolicies([OTHERS]), role).kind == "identity-based policy"
    missing = ResourcePolicies(OWN, {}, trust=True, shared=True)
    assert not decide(request, ADA, CallerPolicies([ALL]), missing).allowed


PERIMETER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sts:assumerole", "s3:*"],
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1", "aws:PrincipalAccount": OTHER},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        }
    ],
}


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({"aws:PrincipalOrgID": "o-1", "aws:PrincipalAccount": OWN, "aws:PrincipalIsAWSService": "false"}, True),
        ({"aws:PrincipalOrgID": "o-2", "aws:PrincipalAccount": OTHER, "aws:PrincipalIsAWSService": "false"}, True),
        ({"aws:PrincipalOrgID": "o-2", "aws:PrincipalAccount": "9", "aws:PrincipalIsAWSService": "false"}, False),
        ({"aws:PrincipalAccount": "9", "aws:PrincipalIsAWSService": "false"}, False),
        ({"aws:PrincipalIsAWSService": "true"}, True),
    ],
)
def test_a_resource_control_policy_keeps_strangers_out(context: dict[str, str], allowed: bool) -> None:
    found = is_allowed("sts:AssumeRole", ROLE, [ALL], resource_control=[[ALL, PERIMETER]], context=context)
    assert found is allowed


@pytest.mark.parametrize(
    ("names", "principal", "excepted"),
    [
        ([ADA.arn, OWN], ADA, True),
        ([ADA.arn, f"arn:aws:iam::{OWN}:root"], ADA, True),
        ([ADA.arn], ADA, False),
        ([OWN], ADA, False),
        ([OWN, SESSION.role_arn], SESSION, False),
        ([OWN, SESSION.role_arn, SESSION.arn], SESSION, True),
        ([OWN, SESSION.arn], SESSION, False),
        ([ADA.arn, OWN], Principal(ADA.arn, OWN, bounded=True), False),
        ("*", ADA, True),
    ],
)
def test_whom_a_deny_leaves_out_has_to_be_named_with_account_and_role(
    names: Any, principal: Principal, excepted: bool
) -> None:
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": "*"}
    document = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}, deny]}
    decision, _match = evaluate_trust(document, Request("sts:AssumeRole", ROLE), principal)
    assert (decision is Decision.ALLOW) is excepted


def test_an_allow_with_not_principal_is_for_all_others() -> None:
    document = {"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": ADA.arn}, "Action": "*"}]}
    request = Request("sts:AssumeRole", ROLE)
    assert evaluate_trust(document, request, ADA) == (Decision.IMPLICIT_DENY, Match.NONE)
    assert evaluate_trust(document, request, STRANGER) == (Decision.ALLOW, Match.DIRECT)


@pytest.mark.parametrize(
    ("condition", "context", "allowed"),
    [
        ({"StringEquals": {"aws:PrincipalTag/team": "web"}}, {"aws:PrincipalTag/Team": "web"}, True),
        (
            {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
            {"aws:ResourceTag/team": "web"},
            False,
        ),
        (
            {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
            {"aws:ResourceTag/team": "web", "aws:PrincipalTag/team": "web"},
            True,
        ),
        ({"StringEquals": {"aws:RequestTag/env": ["a", "b"]}}, {"aws:RequestTag/env": "b"}, True),
        ({"StringEquals": {"aws:RequestTag/env": ["a", "b"]}}, {}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}}, {"aws:TagKeys": ["env"]}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}}, {"aws:TagKeys": ["env", "x"]}, False),
        ({"Null": {"aws:TagKeys": "false"}}, {}, False),
    ],
)
def test_tags_as_conditions(condition: dict[str, Any], context: dict[str, Any], allowed: bool) -> None:
    assert is_allowed("ec2:RunInstances", "*", [policy(Condition=condition)], context=context) is allowed
