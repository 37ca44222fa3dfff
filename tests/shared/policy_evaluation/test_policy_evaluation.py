"""Policy evaluation: the order of decisions, matching, condition operators and variables."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy_evaluation.condition_operators import holds
from shared.policy_evaluation.evaluation import (
    Decision,
    Match,
    Principal,
    Request,
    evaluate,
    evaluate_trust,
    is_allowed,
)

ROLE = "arn:aws:iam::111122223333:role/Role"


def policy(effect: str = "Allow", action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    elements = {"Effect": effect, "Action": action, "Resource": resource, **more}
    for name in ("Action", "Resource"):
        if f"Not{name}" in more:
            del elements[name]
    return {"Version": "2012-10-17", "Statement": elements}


ALL, NOTHING = policy(), policy("Deny")


@pytest.mark.parametrize(
    ("identity", "more", "allowed"),
    [
        ([], {}, False),
        ([ALL], {}, True),
        ([ALL, NOTHING], {}, False),
        ([ALL], {"boundary": policy(action="sts:*")}, True),
        ([ALL], {"boundary": policy(action="iam:*")}, False),
        ([], {"boundary": ALL}, False),
        ([ALL], {"session": []}, False),
        ([ALL], {"session": [policy(action="sts:AssumeRole")]}, True),
        ([ALL], {"service_control": [[ALL], [ALL]]}, True),
        ([ALL], {"service_control": [[ALL], []]}, False),
        ([ALL], {"service_control": [[ALL], [ALL, NOTHING], [ALL]]}, False),
        ([policy(action="s3:*")], {"service_control": [[ALL]]}, False),
    ],
)
def test_every_kind_of_policy_must_allow_and_none_deny(
    identity: list[Any], more: Mapping[str, Any], allowed: bool
) -> None:
    assert is_allowed("sts:AssumeRole", ROLE, identity, **more) is allowed


@pytest.mark.parametrize(
    ("elements", "action", "resource", "matches"),
    [
        ({"action": "STS:assumerole"}, "sts:AssumeRole", ROLE, True),
        ({"action": ["s3:*", "sts:Assume*"]}, "sts:AssumeRole", ROLE, True),
        ({"action": "sts:AssumeRol?"}, "sts:AssumeRole", ROLE, True),
        ({"action": "sts:Get*"}, "sts:AssumeRole", ROLE, False),
        ({"NotAction": "iam:*"}, "sts:AssumeRole", ROLE, True),
        ({"NotAction": ["sts:*"]}, "sts:AssumeRole", ROLE, False),
        ({"resource": "arn:aws:iam::*:role/Role"}, "a:B", ROLE, True),
        ({"resource": "arn:aws:iam::*:role/role"}, "a:B", ROLE, False),
        ({"resource": "arn:aws:iam::*:role/Ro*"}, "a:B", ROLE, True),
        # A wildcard does not reach over into the next part of the ARN.
        ({"resource": "arn:aws:iam:*:role/Role"}, "a:B", ROLE, False),
        ({"resource": "arn:aws:iam"}, "a:B", ROLE, True),
        ({"resource": "arn:aws:s3"}, "a:B", ROLE, False),
        ({"resource": "arn:aws:iam::111122223333:role/Rol"}, "a:B", ROLE, False),
        ({"NotResource": ["arn:aws:iam::*:role/Other"]}, "a:B", ROLE, True),
        ({"NotResource": ROLE}, "a:B", ROLE, False),
        ({"resource": "arn:aws:iam::*:*"}, "a:B", "*", False),
    ],
)
def test_actions_and_resources(elements: Mapping[str, Any], action: str, resource: str, matches: bool) -> None:
    expected = Decision.ALLOW if matches else Decision.IMPLICIT_DENY
    assert evaluate([policy(**elements)], Request(action, resource)) is expected


CONTEXT = {"s": "Value", "n": "5", "b": "true", "d": "2026-01-01T00:00:00Z", "ip": "10.1.2.3", "many": ["a", "b"]}
ARN = {"arn": "arn:aws:iam::1:role/team/Role"}


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "s", "Value", True),
        ("StringEquals", "S", "Value", True),
        ("StringEquals", "s", "value", False),
        ("StringEquals", "s", ["x", "Value"], True),
        ("StringEqualsIgnoreCase", "s", "VALUE", True),
        ("StringNotEquals", "s", ["x", "Value"], False),
        ("StringNotEqualsIgnoreCase", "s", "value", False),
        ("StringLike", "s", "V*u?", True),
        ("StringLike", "s", "v*", False),
        ("StringNotLike", "s", "X*", True),
        ("ArnLike", "arn", "arn:aws:iam::*:role/*", True),
        ("ArnEquals", "arn", "arn:aws:iam::*:role/team/R*", True),
        ("ArnLike", "arn", "arn:aws:*:role/*", False),
        ("ArnNotLike", "arn", "arn:aws:iam::2:*", True),
        ("Bool", "b", True, True),
        ("Bool", "b", "false", False),
        ("NumericEquals", "n", "5.0", True),
        ("NumericNotEquals", "n", 5, False),
        ("NumericLessThan", "n", "6", True),
        ("NumericLessThanEquals", "n", "4", False),
        ("NumericGreaterThan", "n", "5", False),
        ("NumericGreaterThanEquals", "n", "5", True),
        ("NumericEquals", "s", "5", False),
        ("DateLessThan", "d", "2026-01-02", True),
        ("DateGreaterThan", "d", "2025-12-31T23:59:59Z", True),
        ("DateEquals", "d", "1767225600", True),
        ("DateNotEquals", "d", "1767225600", False),
        ("IpAddress", "ip", "10.0.0.0/8", True),
        ("NotIpAddress", "ip", "10.1.2.3", False),
        ("Null", "s", "false", True),
        ("Null", "none", "true", True),
        ("Null", "none", False, False),
        ("StringEquals", "none", "x", False),
        ("StringEqualsIfExists", "none", "x", True),
        ("StringEqualsIfExists", "s", "x", False),
        ("StringNotEquals", "none", "x", True),
        ("BoolIfExists", "none", "true", True),
        ("Bool", "none", "false", False),
        ("ForAnyValue:StringEquals", "many", ["b", "c"], True),
        ("ForAnyValue:StringEquals", "many", "c", False),
        ("ForAnyValue:StringEquals", "none", "c", False),
        ("ForAllValues:StringEquals", "many", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "many", ["a"], False),
        ("ForAllValues:StringEquals", "none", "a", True),
        ("ForAnyValue:StringNotEquals", "many", "a", True),
        ("ForAllValues:StringNotEquals", "many", "a", False),
    ],
)
def test_condition_operators(operator: str, key: str, value: Any, expected: bool) -> None:
    document = policy(Condition={operator: {key: value}})
    decision = evaluate([document], Request("a:B", "*", {**CONTEXT, **ARN}))
    assert (decision is Decision.ALLOW) is expected


def test_all_conditions_must_hold() -> None:
    both = {"StringEquals": {"s": "Value", "n": "6"}}
    assert evaluate([policy(Condition=both)], Request("a:B", "*", CONTEXT)) is Decision.IMPLICIT_DENY


def test_an_operator_that_iam_does_not_have_is_an_error() -> None:
    for operator in ("StringSimilar", "ForSomeValues:StringEquals"):
        with pytest.raises(ValueError, match="no condition operator"):
            holds(operator, "s", ["x"], CONTEXT, variables=True)


@pytest.mark.parametrize(
    ("resource", "context", "version", "matches"),
    [
        ("arn:aws:s3:::home/${aws:username}/*", {"aws:username": "ada"}, "2012-10-17", True),
        ("arn:aws:s3:::home/${aws:username}/*", {"aws:username": "eve"}, "2012-10-17", False),
        ("arn:aws:s3:::home/${aws:username}/*", {}, "2012-10-17", False),
        # What a variable stands for is no pattern.
        ("arn:aws:s3:::home/${aws:username}/*", {"aws:username": "*"}, "2012-10-17", False),
        ("arn:aws:s3:::home/${aws:username, 'ada'}/*", {}, "2012-10-17", True),
        ("arn:aws:s3:::home/${aws:username}/*", {"aws:username": "ada"}, "2008-10-17", False),
        ("arn:aws:s3:::home/ad${*}/*", {}, "2012-10-17", False),
    ],
)
def test_policy_variables(resource: str, context: Mapping[str, str], version: str, matches: bool) -> None:
    document = {**policy(resource=resource), "Version": version}
    decision = evaluate([document], Request("s3:GetObject", "arn:aws:s3:::home/ada/file", context))
    assert (decision is Decision.ALLOW) is matches


def test_a_variable_in_a_condition() -> None:
    own = policy(Condition={"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}})
    mine = Request("a:B", "*", {"aws:username": "ada", "aws:ResourceTag/owner": "ada"})
    theirs = Request("a:B", "*", {"aws:username": "ada", "aws:ResourceTag/owner": "eve"})
    assert (evaluate([own], mine), evaluate([own], theirs)) == (Decision.ALLOW, Decision.IMPLICIT_DENY)


ADA = Principal("arn:aws:iam::1:user/ada", "1")
SESSION = Principal("arn:aws:sts::1:assumed-role/Role/name", "1", role_arn="arn:aws:iam::1:role/Role")
TOKEN = Principal("arn:aws:iam::1:oidc-provider/x", "1", provider="arn:aws:iam::1:oidc-provider/x")


@pytest.mark.parametrize(
    ("element", "principal", "match"),
    [
        ("*", ADA, Match.DIRECT),
        ({"AWS": "*"}, ADA, Match.DIRECT),
        ({"AWS": "1"}, ADA, Match.ACCOUNT),
        ({"AWS": "arn:aws:iam::1:root"}, SESSION, Match.ACCOUNT),
        ({"AWS": ["arn:aws:iam::2:root", "arn:aws:iam::1:user/ada"]}, ADA, Match.DIRECT),
        ({"AWS": "arn:aws:iam::1:user/eve"}, ADA, Match.NONE),
        ({"AWS": "arn:aws:iam::1:role/Role"}, SESSION, Match.ROLE),
        ({"AWS": "arn:aws:sts::1:assumed-role/Role/name"}, SESSION, Match.DIRECT),
        ({"AWS": "arn:aws:sts::1:assumed-role/Role/other"}, SESSION, Match.NONE),
        ({"Service": "ec2.amazonaws.com"}, ADA, Match.NONE),
        ({"Federated": "arn:aws:iam::1:oidc-provider/x"}, TOKEN, Match.DIRECT),
        ({"Federated": "arn:aws:iam::1:oidc-provider/y"}, TOKEN, Match.NONE),
        ({"AWS": "1"}, TOKEN, Match.NONE),
        ("*", TOKEN, Match.NONE),
    ],
)
def test_principals_of_a_trust_policy(element: Any, principal: Principal, match: Match) -> None:
    document = {"Statement": [{"Effect": "Allow", "Principal": element, "Action": "sts:AssumeRole"}]}
    expected = Decision.IMPLICIT_DENY if match is Match.NONE else Decision.ALLOW
    assert evaluate_trust(document, Request("sts:AssumeRole", ROLE), principal) == (expected, match)


def test_not_principal_denies_all_others() -> None:
    document = {
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "NotPrincipal": {"AWS": [ADA.arn, "1"]}, "Action": "sts:AssumeRole"},
        ]
    }
    request = Request("sts:AssumeRole", ROLE)
    assert evaluate_trust(document, request, ADA)[0] is Decision.ALLOW
    assert evaluate_trust(document, request, SESSION)[0] is Decision.EXPLICIT_DENY


EFFECTS = st.lists(
    st.builds(
        policy,
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["*", "a:*", "a:B", "c:*"]),
        st.sampled_from(["*", ROLE, "arn:aws:iam::*:role/Other"]),
    ),
    max_size=5,
)


@given(EFFECTS, EFFECTS)
def test_more_policies_never_undo_a_deny_and_order_does_not_matter(first: list[Any], second: list[Any]) -> None:
    request = Request("a:B", ROLE)
    alone, together = evaluate(first, request), evaluate(first + second, request)
    assert together is evaluate(second + first, request)
    if alone is Decision.EXPLICIT_DENY:
        assert together is Decision.EXPLICIT_DENY
    if Decision.EXPLICIT_DENY not in (alone, evaluate(second, request)) and alone is Decision.ALLOW:
        assert together is Decision.ALLOW


@given(EFFECTS, EFFECTS, EFFECTS)
def test_a_boundary_or_an_scp_only_ever_takes_away(identity: list[Any], boundary: list[Any], scp: list[Any]) -> None:
    bounded = is_allowed(
        "a:B",
        ROLE,
        identity,
        boundary={"Version": "2012-10-17", "Statement": [document["Statement"] for document in boundary]},
        service_control=[scp],
    )
    assert not bounded or is_allowed("a:B", ROLE, identity)
