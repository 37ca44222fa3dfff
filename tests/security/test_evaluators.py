"""Our evaluator and iam-simulate agree on random documents too, not only on those that this project writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.policy_evaluation.evaluation import Document
from tests.security.catalogue import request
from tests.security.principals import Cast
from tests.security.simulation import Case, own_verdict, simulate

MANY = 800
"""Requests: they are made first, and one process decides them all."""

ACTIONS = ["s3:GetObject", "s3:PutObject", "iam:CreateRole", "iam:PassRole", "ec2:RunInstances", "sts:AssumeRole"]
PATTERNS = [*ACTIONS, "s3:*", "S3:getobject", "iam:*Role", "ec2:Run?nstances", "*", "sts:*"]
RESOURCES = [
    "*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::d?ta/x",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::*:role/a/${aws:username}",
]
# The last is not in a NotResource: with a variable without a value, iam-simulate drops the statement, and
# ours takes the name for one that does not match. AWS documents it for Resource only.
CONDITIONS: list[dict[str, Any]] = [
    {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg"}},
    {"StringNotEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    {"StringEqualsIfExists": {"aws:SourceAccount": "1"}},
    {"StringNotLike": {"iam:PassedToService": ["lambda.*", "ec2.amazonaws.com"]}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    {"ArnNotLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/*Boundary"}},
    {"ArnNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::*:role/A*", "arn:aws:iam::*:root"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"Null": {"iam:PassedToService": "true"}},
    {"Null": {"aws:PrincipalOrgID": "false", "aws:username": "true"}},
    {"StringEquals": {"aws:RequestedRegion": ["us-west-2", "eu-west-1"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Owner"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["T*"]}},
    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-other", "aws:PrincipalAccount": "999999999999"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
]
CALLS = [
    "s3:GetObject data/x",
    "s3:PutObject other/x",
    "iam:CreateRole role/a/ada",
    "iam:CreateRole role/a/b iam:PermissionsBoundary=arn:aws:iam::210987654321:policy/WorkloadBoundary",
    "iam:CreateRole role/b aws:TagKeys=Team|Cost",
    "iam:PassRole role/b iam:PassedToService=lambda.amazonaws.com",
    "iam:PassRole role/b iam:PassedToService=glue.amazonaws.com",
    "ec2:RunInstances instance/*",
    "sts:AssumeRole role/b@other",
]


def some(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


@st.composite
def statements(draw: st.DrawFn, principal: bool = False) -> dict[str, Any]:
    action, resource = (
        draw(st.sampled_from(["Action", "Action", "NotAction"])),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])),
    )
    found: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        action: draw(some(PATTERNS)),
        resource: draw(some(RESOURCES if resource == "Resource" else RESOURCES[:-1])),
    }
    if draw(st.booleans()):
        found["Condition"] = draw(st.sampled_from(CONDITIONS))
    if principal:
        found["Principal"] = {
            "AWS": draw(some(["*", "arn:aws:iam::210987654321:root", "arn:aws:iam::123456789012:user/ada"]))
        }
    return found


def documents(principal: bool = False) -> st.SearchStrategy[Document]:
    return st.lists(statements(principal), min_size=1, max_size=3).map(
        lambda found: {"Version": "2012-10-17", "Statement": found}
    )


@st.composite
def one_case(draw: st.DrawFn, cast: Cast) -> Case:
    """A request with random policies on both sides."""
    caller = draw(
        st.sampled_from([cast.role("AutomationRole"), cast.user("ada", mfa=True), cast.local_administrator()])
    )
    levels: list[list[Document]] = draw(st.lists(st.lists(documents(), min_size=1, max_size=2), max_size=2))
    caller = replace(
        caller,
        identity=draw(st.lists(documents(), max_size=2)),
        boundary=draw(st.none() | documents()),
        service_control=levels,
    )
    case = request(draw(st.sampled_from(CALLS)), caller, cast)
    return replace(case, policy=case.policy or draw(st.none() | documents(principal=True)), resource_control=[])


def test_random_documents_are_decided_alike(cast: Cast, node: str) -> None:
    cases: list[Case] = []

    @settings(max_examples=MANY, deadline=None, database=None, phases=[Phase.generate])
    @given(one_case(cast))
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    decisions = simulate(cases, node)
    verdicts = [own_verdict(case, decision) for case, decision in zip(cases, decisions, strict=True)]
    assert {decision.allowed for decision in decisions} == {True, False}
    different = [
        (case, decision, verdict)
        for case, decision, verdict in zip(cases, decisions, verdicts, strict=True)
        if verdict.allowed != decision.allowed
    ]
    assert different == []
