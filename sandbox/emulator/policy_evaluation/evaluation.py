"""Whether AWS would allow a request: identity policies, boundaries, session policies, SCPs and trust policies.

Pure: policies are parsed JSON documents, the request is an action, a resource and a context.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.emulator.policy_evaluation.condition_operators import (
    Context,
    UnresolvedVariable,
    arn_matches,
    holds,
    pattern,
)

Document = Mapping[str, Any]
"""A policy document, parsed from its JSON."""


class Decision(Enum):
    """What a set of policies says. `EXPLICIT_DENY` wins over the others; `IMPLICIT_DENY` means that nothing allows."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


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
    """Who calls. A role session has `role_arn`, a token of an identity provider has `provider`."""

    arn: str
    account_id: str
    role_arn: str | None = None
    provider: str | None = None


@dataclass(frozen=True)
class Request:
    """One call: an action such as `sts:AssumeRole`, the ARN of what it acts on, and its condition keys."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def is_allowed(
    action: str,
    resource: str,
    identity: Sequence[Document],
    *,
    boundary: Document | None = None,
    session: Sequence[Document] | None = None,
    service_control: Sequence[Sequence[Document]] = (),
    context: Context | None = None,
) -> bool:
    """Whether a principal may do `action` on `resource` in its own account.

    `identity` has all its identity policies, `boundary` its permissions boundary, `session` its session policies.
    `service_control` has one list of SCPs for each level from the root to the account, and each level must allow. An
    explicit deny anywhere wins.
    """
    request = Request(action, resource, context or {})
    return decide(request, identity, boundary=boundary, session=session, service_control=service_control)[0] is (
        Decision.ALLOW
    )


def decide(
    request: Request,
    identity: Sequence[Document],
    *,
    boundary: Document | None = None,
    session: Sequence[Document] | None = None,
    service_control: Sequence[Sequence[Document]] = (),
) -> tuple[Decision, str]:
    """As `is_allowed`; also the kind of policy that decided, in the words of AWS's error messages."""
    levels: list[tuple[str, Sequence[Document]]] = [("a service control policy", level) for level in service_control]
    levels.append(("an identity-based policy", identity))
    if boundary is not None:
        levels.append(("a permissions boundary", [boundary]))
    if session is not None:
        levels.append(("a session policy", session))
    decisions = [(evaluate(documents, request), kind) for kind, documents in levels]
    for wanted in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY):
        for decision, kind in decisions:
            if decision is wanted:
                return decision, kind
    return Decision.ALLOW, "an identity-based policy"


def evaluate(documents: Iterable[Document], request: Request) -> Decision:
    """What the documents together say about a request; `Principal` elements are ignored."""
    allowed = False
    for document in documents:
        for statement in statements(document):
            if not _applies(statement, request, document):
                continue
            if statement.get("Effect") == "Deny":
                return Decision.EXPLICIT_DENY
            allowed = True
    return Decision.ALLOW if allowed else Decision.IMPLICIT_DENY


def evaluate_trust(document: Document, request: Request, principal: Principal) -> tuple[Decision, Match]:
    """What a role's trust policy says about `principal`; if it allows, also the closest way in which it names it."""
    best = Match.NONE
    for statement in statements(document):
        match = principal_match(statement, principal)
        if match is Match.NONE or not _applies(statement, request, document, on_resource=False):
            continue
        if statement.get("Effect") == "Deny":
            return Decision.EXPLICIT_DENY, match
        best = max(best, match, key=lambda item: item.value)
    return (Decision.IMPLICIT_DENY if best is Match.NONE else Decision.ALLOW), best


def principal_match(statement: Mapping[str, Any], principal: Principal) -> Match:
    """How a statement's `Principal` or `NotPrincipal` names the caller.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if "NotPrincipal" in statement:
        named = _named(statement["NotPrincipal"], principal)
        return Match.DIRECT if named is Match.NONE else Match.NONE
    return _named(statement.get("Principal", {}), principal)


def statements(document: Document) -> list[Mapping[str, Any]]:
    """The statements of a document; a single one need not be in a list."""
    return as_list(document.get("Statement", []))


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _named(element: Any, principal: Principal) -> Match:
    if element == "*":
        return Match.NONE if principal.provider else Match.DIRECT
    if principal.provider is not None:
        federated = as_list(element.get("Federated", []))
        return Match.DIRECT if principal.provider in federated else Match.NONE
    partition = principal.arn.split(":")[1]
    matches = {
        "*": Match.DIRECT,
        principal.arn: Match.DIRECT,
        principal.role_arn: Match.ROLE,
        principal.account_id: Match.ACCOUNT,
        f"arn:{partition}:iam::{principal.account_id}:root": Match.ACCOUNT,
    }
    found = [matches.get(name, Match.NONE) for name in as_list(element.get("AWS", []))]
    return max(found, default=Match.NONE, key=lambda item: item.value)


def _applies(statement: Mapping[str, Any], request: Request, document: Document, on_resource: bool = True) -> bool:
    variables = document.get("Version") == "2012-10-17"
    context, action = request.context if variables else None, request.action.lower()
    return (
        _named_by(statement, "Action", lambda name: pattern(name.lower(), None).fullmatch(action) is not None)
        and (
            not on_resource
            or _named_by(statement, "Resource", lambda name: _resource_matches(name, request.resource, context))
        )
        and all(
            holds(operator, key, as_list(expected), request.context, variables)
            for operator, keys in (statement.get("Condition") or {}).items()
            for key, expected in keys.items()
        )
    )


def _named_by(statement: Mapping[str, Any], element: str, matches: Callable[[str], bool]) -> bool:
    """Whether the statement's `Action` or `Resource` matches, or its `NotAction` or `NotResource` does not."""
    negated = f"Not{element}" in statement
    names = as_list(statement[f"Not{element}"] if negated else statement.get(element, []))
    return any(map(matches, names)) != negated


def _resource_matches(name: str, resource: str, context: Context | None) -> bool:
    try:
        return name == "*" or arn_matches(name, resource, context)
    except UnresolvedVariable:
        return False
