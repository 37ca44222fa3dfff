"""Who may assume what, cell by cell, decided by iam-simulate over the programs' documents.

`tests/e2e/test_access.py` asks the emulated AWS for the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from tests.e2e.test_access import MAY_ASSUME, ROLES
from tests.security.catalogue import request
from tests.security.organization import ISSUER, NAMES, SUBJECT, Organization
from tests.security.principals import Caller, Cast
from tests.security.simulation import own_verdict, simulate


@dataclass(frozen=True)
class Try:
    """A principal tries a role of an account."""

    caller: Caller
    role: str
    account: str


def principals(organization: Organization) -> Mapping[str, Caller]:
    """Those of the end-to-end test."""
    here, there = Cast(organization, "developer"), Cast(organization, "shared-test")
    ada = here.user("ada", mfa=True)
    newcomer = replace(
        ada,
        arn=f"arn:aws:iam::{organization.management}:user/newcomer",
        context={**ada.context, "aws:username": "newcomer", "aws:PrincipalArn": "newcomer"},
    )
    grace = here.user("grace")
    return {
        "developer with MFA": ada,
        "developer without MFA": here.user("ada"),
        "developer's session without MFA": replace(
            grace, context={**grace.context, "aws:MultiFactorAuthPresent": "false"}
        ),
        "user without the group": here.user("mallory", mfa=True),
        "new member of the group, not exported": newcomer,
        "cicd-automation": here.user("cicd-automation"),
        "management account administrator": here.management_administrator(),
        "administrator of a member account": there.local_administrator(),
        "DeveloperRole of the other account": there.role("DeveloperRole"),
        "AutomationRole of the other account": there.role("AutomationRole"),
        "administrator of an outside account": here.outsider(),
    }


@pytest.mark.parametrize("principal", MAY_ASSUME)
def test_the_access_matrix(organization: Organization, node: str, principal: str) -> None:
    caller = principals(organization)[principal]
    inside = "of the other account" in principal or principal == "administrator of a member account"
    tries = [
        request(f"sts:AssumeRole arn:aws:iam::{account_id}:role/{role}", caller, Cast(organization, name))
        for name, account_id in organization.ids.accounts.items()
        if not (inside and name == "shared-test")
        for role in ROLES
    ]
    decisions = simulate(tries, node)
    for account in {case.resource.split(":")[4] for case in tries}:
        allowed = {
            case.resource.rpartition("/")[2]
            for case, decision in zip(tries, decisions, strict=True)
            if decision.allowed and f":{account}:" in case.resource
        }
        assert allowed == MAY_ASSUME[principal]
    for case, decision in zip(tries, decisions, strict=True):
        assert own_verdict(case, decision).allowed == decision.allowed


def test_both_accounts_are_tried(organization: Organization) -> None:
    assert set(organization.ids.accounts) == set(NAMES)


TOKENS = {
    "the right one": (SUBJECT, "sts.amazonaws.com", True),
    "another branch": (SUBJECT.replace("main", "other"), "sts.amazonaws.com", False),
    "another repository": ("repo:acme/website:ref:refs/heads/main", "sts.amazonaws.com", False),
    "another owner": ("repo:mallory/infrastructure:ref:refs/heads/main", "sts.amazonaws.com", False),
    "another audience": (SUBJECT, "https://github.com/acme", False),
}


@pytest.mark.parametrize("token", TOKENS)
def test_only_the_right_token_is_the_automation_identity(cast: Cast, node: str, token: str) -> None:
    subject, audience, expected = TOKENS[token]
    management = cast.organization.management
    caller = cast.token(subject, management, audience)
    call = f"sts:AssumeRoleWithWebIdentity arn:aws:iam::{management}:role/cicd-automation"
    case = request(call, caller, cast, trust="automation")
    (decision,) = simulate([case], node)
    assert decision.allowed is expected, f"{ISSUER}: {subject}"
    assert own_verdict(case, decision).allowed is expected


def test_aws_backup_alone_works_as_the_role_of_the_backups(cast: Cast, node: str) -> None:
    role = f"arn:aws:iam::{cast.account_id}:role/MyMonthlyBackupIamRole"
    service = cast.backup_service()
    case = request(f"sts:AssumeRole {role}", service, cast)
    other = replace(case, caller=replace(service, service="ec2.amazonaws.com"))
    of_outsider = replace(
        case, context={**case.context, "aws:SourceAccount": "999999999999", "aws:SourceOrgID": "o-somebody"}
    )
    cases = [case, other, of_outsider]
    decisions = simulate(cases, node)
    assert [decision.allowed for decision in decisions] == [True, False, False]
    assert [own_verdict(*both).allowed for both in zip(cases, decisions, strict=True)] == [True, False, False]
