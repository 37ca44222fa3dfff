"""One request decided, and which statement of which policy decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from automation.access.callers import Caller, Levels
from automation.access.snapshot import Policy
from shared.policy_evaluation import evaluation
from shared.policy_evaluation.evaluation import CallerPolicies, Decision, Match, Request, ResourcePolicies, Verdict
from shared.policy_evaluation.principals import principal_match
from shared.policy_evaluation.statements import applies, statements


@dataclass(frozen=True)
class Reason:
    """What decides: a statement of a policy. Where nothing allows, `statement` is empty, and `policy` names those that
    would have to. `kind` is the kind of policy by its name in AWS's error messages."""

    kind: str
    policy: str
    statement: str
    effect: str

    def __str__(self) -> str:
        if self.effect:
            return f"{self.kind} {self.policy}, {self.statement}"
        return f"no {self.kind} allows it" + (f": {self.policy}" if self.policy else "")


@dataclass(frozen=True)
class Answer:
    """A decision. Of what is allowed, `reasons` has the statement of each kind of policy that allows it."""

    allowed: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Target:
    """What is acted on: the account that owns it, its own policy (or a role's trust policy) and those above it."""

    account_id: str
    policy: Policy | None = None
    trust: bool = False
    control: Levels = ()


def verdict(request: Request, caller: Caller, target: Target) -> Verdict:
    """What AWS decides."""
    return evaluation.decide(
        request,
        caller.principal,
        CallerPolicies(
            [each.document for each in caller.identity],
            caller.boundary.document if caller.boundary else None,
            None,
            [[each.document for each in level] for level in caller.service_control],
        ),
        ResourcePolicies(
            target.account_id,
            target.policy.document if target.policy else None,
            trust=target.trust,
            shared=True,
            control=[[each.document for each in level] for level in target.control],
        ),
    )


def answer(request: Request, caller: Caller, target: Target) -> Answer:
    """What AWS decides, and why."""
    found = verdict(request, caller, target)
    if found.allowed:
        return Answer(True, tuple(_allowing(request, caller, target, found)))
    return Answer(False, (reason(request, caller, target, found),))


def reason(request: Request, caller: Caller, target: Target, found: Verdict) -> Reason:
    """What denies: the first statement that does, or the kind of policy that does not allow."""
    kind = evaluation.TRUST if target.trust and found.kind == evaluation.RESOURCE else found.kind
    policies = _of_kind(kind, caller, target)
    if found.decision is Decision.EXPLICIT_DENY:
        for policy in policies:
            for name, _statement in applying(policy, request, "Deny", caller, target):
                return Reason(kind, policy.name, name, "Deny")
    if kind == evaluation.SERVICE_CONTROL or kind == evaluation.RESOURCE_CONTROL:
        policies = next(
            (level for level in _levels(kind, caller, target) if not _any_allows(level, request, caller, target)), ()
        )
    return Reason(kind, ", ".join(each.name for each in policies), "", "")


def applying(
    policy: Policy, request: Request, effect: str, caller: Caller, target: Target
) -> Iterator[tuple[str, Any]]:
    """The statements of a policy with that effect that are about the request, each with its name."""
    names_principal = policy is target.policy
    for number, statement in enumerate(statements(policy.document), start=1):
        if statement.get("Effect") != effect:
            continue
        if names_principal and principal_match(statement, caller.principal) is Match.NONE:
            continue
        if applies(statement, request, policy.document, not (names_principal and target.trust)):
            yield statement_name(statement, number), statement


def statement_name(statement: Any, number: int) -> str:
    """`statement DenyX`, or by its number where it has no `Sid`."""
    return f"statement {statement.get('Sid') or number}"


def _allowing(request: Request, caller: Caller, target: Target, found: Verdict) -> Iterator[Reason]:
    kinds = [found.kind]
    if caller.boundary and found.kind == evaluation.IDENTITY:
        kinds.append(evaluation.BOUNDARY)
    if target.trust:
        kinds = [evaluation.TRUST, evaluation.IDENTITY]
    for kind in kinds:
        for policy in _of_kind(kind, caller, target):
            name = next((name for name, _ in applying(policy, request, "Allow", caller, target)), None)
            if name:
                yield Reason(kind, policy.name, name, "Allow")
                break


def _any_allows(level: Iterable[Policy], request: Request, caller: Caller, target: Target) -> bool:
    return any(True for policy in level for _ in applying(policy, request, "Allow", caller, target))


def _levels(kind: str, caller: Caller, target: Target) -> Levels:
    return target.control if kind == evaluation.RESOURCE_CONTROL else caller.service_control


def _of_kind(kind: str, caller: Caller, target: Target) -> Sequence[Policy]:
    if kind in (evaluation.SERVICE_CONTROL, evaluation.RESOURCE_CONTROL):
        return [policy for level in _levels(kind, caller, target) for policy in level]
    return {
        evaluation.IDENTITY: caller.identity,
        evaluation.BOUNDARY: (caller.boundary,) if caller.boundary else (),
        evaluation.RESOURCE: (target.policy,) if target.policy else (),
        evaluation.TRUST: (target.policy,) if target.policy else (),
    }.get(kind, ())
