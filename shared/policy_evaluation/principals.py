"""The principals that resource-based policies name, such as those of a role's trust policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from shared.policy_evaluation.statements import Decision, Document, Request, applies, as_list, statements


class Match(Enum):
    """How the `Principal` of a resource-based policy names the caller, from not at all to most closely."""

    NONE = 0
    ACCOUNT = 1
    """By its account: the caller's own policies must allow as well."""
    ROLE = 2
    """By the role whose session it is."""
    DIRECT = 3
    """As the user or the session itself, or as everyone."""


@dataclass(frozen=True)
class Principal:
    """Who calls. A role session has `role_arn`, a token of an identity provider `provider`, an AWS service `service`.

    `unique_id` is the id of the user or role: a policy names by it who was deleted, so that who is made again under the
    same name is another. `bounded` says that the user or role has a permissions boundary.
    """

    arn: str
    account_id: str
    role_arn: str | None = None
    provider: str | None = None
    service: str | None = None
    unique_id: str | None = None
    bounded: bool = False


def evaluate_resource_policy(
    document: Document, request: Request, principal: Principal, on_resource: bool = True
) -> tuple[Decision, Match]:
    """What a resource-based policy says about `principal`; if it allows, also the closest way in which it names it."""
    best = Match.NONE
    for statement in statements(document):
        match = principal_match(statement, principal)
        if match is Match.NONE or not applies(statement, request, document, on_resource):
            continue
        if statement.get("Effect") == "Deny":
            return Decision.EXPLICIT_DENY, match
        best = max(best, match, key=lambda item: item.value)
    return (Decision.IMPLICIT_DENY if best is Match.NONE else Decision.ALLOW), best


def evaluate_trust(document: Document, request: Request, principal: Principal) -> tuple[Decision, Match]:
    """As `evaluate_resource_policy`, for a role's trust policy: it names no resource."""
    return evaluate_resource_policy(document, request, principal, on_resource=False)


def principal_match(statement: Mapping[str, Any], principal: Principal) -> Match:
    """How a statement's `Principal` or `NotPrincipal` names the caller."""
    if "NotPrincipal" in statement:
        return Match.NONE if _excepted(statement, principal) else Match.DIRECT
    return _named(statement.get("Principal", {}), principal)


def _excepted(statement: Mapping[str, Any], principal: Principal) -> bool:
    """Whether a `NotPrincipal` leaves the caller out.

    A Deny leaves out only who is named with its account, and for a session with its role; and nobody with a permissions
    boundary: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
    """
    element = statement["NotPrincipal"]
    if statement.get("Effect") != "Deny" or principal.provider or principal.service:
        return _named(element, principal) is not Match.NONE
    if principal.bounded:
        return False
    if element == "*":
        return True
    names = set(as_list(element.get("AWS", [])))
    account = {principal.account_id, _root(principal)}
    return "*" in names or (
        bool(names & account)
        and {principal.arn, principal.role_arn or principal.arn, _root(principal)} <= names | account
    )


def _named(element: Any, principal: Principal) -> Match:
    if element == "*":
        return Match.NONE if principal.provider else Match.DIRECT
    for kind, name in (("Federated", principal.provider), ("Service", principal.service)):
        if name is not None:
            return Match.DIRECT if name in as_list(element.get(kind, [])) else Match.NONE
    matches = {
        principal.account_id: Match.ACCOUNT,
        _root(principal): Match.ACCOUNT,
        principal.unique_id: Match.ROLE if principal.role_arn else Match.DIRECT,
        principal.role_arn: Match.ROLE,
        principal.arn: Match.DIRECT,
        "*": Match.DIRECT,
    }
    found = [matches.get(name, Match.NONE) for name in as_list(element.get("AWS", []))]
    return max(found, default=Match.NONE, key=lambda item: item.value)


def _root(principal: Principal) -> str:
    return f"arn:{principal.arn.split(':')[1]}:iam::{principal.account_id}:root"
