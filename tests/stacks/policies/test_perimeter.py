"""Whom the resource control policy lets in, decided by policy evaluation as AWS does it."""

import json
from typing import Any

import pytest

from shared.policy_evaluation.evaluation import Decision, Request, evaluate
from stacks.policies.documents import with_organization
from stacks.policies.resource_control import perimeter

BUCKET = "arn:aws:s3:::data/x"
ROLE = "arn:aws:iam::210987654321:role/automation/web"
ISSUER = "https://token.actions.githubusercontent.com"
OURS = {"aws:PrincipalOrgID": "o-ours", "aws:PrincipalAccount": "210987654321", "aws:PrincipalIsAWSService": "false"}
OUTSIDER = {
    "aws:PrincipalOrgID": "o-other",
    "aws:PrincipalAccount": "999999999999",
    "aws:PrincipalIsAWSService": "false",
}
NOBODY = {"aws:PrincipalIsAWSService": "false"}
SERVICE = {"aws:PrincipalIsAWSService": "true"}


def let_in(action: str, resource: str, context: dict[str, Any], **trusted: list[str]) -> bool:
    """Whether the policy lets the call pass; it allows nothing by itself."""
    document = perimeter(trusted.get("accounts", []), trusted.get("issuers", []))
    document = json.loads(with_organization(json.dumps(document), "o-ours"))
    return evaluate([document], Request(action, resource, context)) is not Decision.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", BUCKET),
        ("s3:PutObject", BUCKET),
        ("kms:Decrypt", "arn:aws:kms:us-west-2:210987654321:key/k"),
        ("kms:CreateGrant", "arn:aws:kms:us-west-2:210987654321:key/k"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-west-2:210987654321:secret:s"),
        ("sqs:ReceiveMessage", "arn:aws:sqs:us-west-2:210987654321:q"),
        ("ecr:BatchGetImage", "arn:aws:ecr:us-west-2:210987654321:repository/r"),
        ("sts:AssumeRole", ROLE),
        ("sts:TagSession", ROLE),
        ("sts:SetSourceIdentity", ROLE),
    ],
)
def test_only_this_organization_and_services_get_in(action: str, resource: str) -> None:
    assert let_in(action, resource, OURS)
    assert let_in(action, resource, SERVICE)
    assert not let_in(action, resource, OUTSIDER)
    assert not let_in(action, resource, NOBODY)
    assert let_in(action, resource, OUTSIDER, accounts=["888888888888", "999999999999"])
    assert not let_in(action, resource, OUTSIDER, accounts=["888888888888"])


def test_a_service_that_acts_for_an_outsider_does_not_get_in() -> None:
    ours = {**SERVICE, "aws:SourceAccount": "210987654321", "aws:SourceOrgID": "o-ours"}
    theirs = {**SERVICE, "aws:SourceAccount": "999999999999", "aws:SourceOrgID": "o-other"}
    alone = {**SERVICE, "aws:SourceAccount": "999999999999"}
    for action, resource in (("s3:PutObject", BUCKET), ("kms:Decrypt", "*"), ("sts:AssumeRole", ROLE)):
        assert let_in(action, resource, ours)
        assert not let_in(action, resource, theirs)
        assert not let_in(action, resource, alone)
        assert let_in(action, resource, theirs, accounts=["999999999999"])


def test_tokens_are_those_of_the_trusted_issuers() -> None:
    action, host = "sts:AssumeRoleWithWebIdentity", ISSUER.removeprefix("https://")
    token = {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": "repo:acme/x:ref:refs/heads/main"}
    other = {"issuer.example.com:aud": "sts.amazonaws.com", "issuer.example.com:sub": "x"}
    assert not let_in(action, ROLE, token)
    assert let_in(action, ROLE, token, issuers=[ISSUER])
    assert let_in(action, ROLE, token, issuers=["https://issuer.example.com", ISSUER])
    assert not let_in(action, ROLE, other, issuers=[ISSUER])


def test_saml_is_for_the_roles_of_identity_center() -> None:
    action = "sts:AssumeRoleWithSAML"
    sso = (
        "arn:aws:iam::210987654321:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Dev_0123456789abcdef"
    )
    assert let_in(action, sso, {"saml:aud": "https://signin.aws.amazon.com/saml"})
    assert not let_in(action, ROLE, {"saml:aud": "https://signin.aws.amazon.com/saml"})


def test_other_services_are_not_its_business() -> None:
    assert let_in("ec2:RunInstances", "*", OUTSIDER)
