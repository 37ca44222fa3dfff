"""Whether AWS would allow a request: each kind of policy that has a say, and how they decide together.

Pure: policies are parsed JSON documents, the request is an action, a resource and a context.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.policy_evaluation.condition_operators import Context
from shared.policy_evaluation.principals import (
    Match,
    Principal,
    evaluate_resource_policy,
    evaluate_trust,
    principal_match,
)
from shared.policy_evaluation.statements import Decision, Document, Request, as_list, evaluate, statements

__all__ = [
    "EVERYTHING",
    "CallerPolicies",
    "Decision",
    "Document",
    "Match",
    "Principal",
    "Request",
    "ResourcePolicies",
    "Verdict",
    "as_list",
    "decide",
    "evaluate",
    "evaluate_resource_policy",
    "evaluate_trust",
    "is_allowed",
    "principal_match",
    "statements",
]

EVERYTHING: Document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""What the root user of an account may do in it, as a policy."""

Levels = Sequence[Sequence[Document]]
"""The policies of an organization on the way to an account: a list for the root, each OU and the account."""


@dataclass(frozen=True)
class CallerPolicies:
    """The policies on the caller's side. `boundary` and `session` are None if it has none."""

    identity: Sequence[Document] = ()
    boundary: Document | None = None
    session: Sequence[Document] | None = None
    service_control: Levels = ()


@dataclass(frozen=True)
class ResourcePolicies:
    """The policies on the side of what is acted on.

    `policy` is its resource-based policy, None for a resource that has none. `trust` says that it is the trust policy
    of a role, without which nobody gets in, not even from the same account. `shared` says that accounts can share
    resources of this kind: from another account, the policy then has to allow. `control` are the resource control
    policies on the way to the account that owns it.
    """

    account_id: str
    policy: Document | None = None
    trust: bool = False
    shared: bool = False
    control: Levels = ()


@dataclass(frozen=True)
class Verdict:
    """What all policies say together. `kind` is the one that decided, by its name in AWS's error messages."""

    decision: Decision
    kind: str

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOW

    def reason(self, action: str) -> str:
        """The end of AWS's error message.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        """
        if self.decision is Decision.EXPLICIT_DENY:
            return f"with an explicit deny in {'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"
        return f"because no {self.kind} allows the {action} action"


IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
SERVICE_CONTROL = "service control policy"
RESOURCE_CONTROL = "resource control policy"
RESOURCE = "resource-based policy"
TRUST = "role trust policy"


def is_allowed(
    action: str,
    resource: str,
    identity: Sequence[Document],
    *,
    boundary: Document | None = None,
    session: Sequence[Document] | None = None,
    service_control: Levels = (),
    resource_control: Levels = (),
    context: Context | None = None,
) -> bool:
    """Whether a principal may do `action` on `resource` in its own account.

    `identity` has all its identity policies, `boundary` its permissions boundary, `session` its session policies.
    `service_control` and `resource_control` have one list of policies for each level from the root to the account, and
    each level must allow. An explicit deny anywhere wins.
    """
    return decide(
        Request(action, resource, context or {}),
        Principal("arn:aws:iam::000000000000:user/caller", "000000000000"),
        CallerPolicies(identity, boundary, session, service_control),
        ResourcePolicies("000000000000", control=resource_control),
    ).allowed


def decide(request: Request, principal: Principal, caller: CallerPolicies, resource: ResourcePolicies) -> Verdict:
    """What AWS decides about a request.

    An explicit deny wins, wherever it is. Then what the organization allows counts, on the side of the resource and on
    that of the caller; then, within one account, either the caller's policies or those of the resource must allow, and
    between accounts both.
    """
    name = TRUST if resource.trust else RESOURCE
    shared, match = Decision.IMPLICIT_DENY, Match.NONE
    if resource.policy is not None:
        shared, match = evaluate_resource_policy(resource.policy, request, principal, on_resource=not resource.trust)
    own = _own(request, caller)
    above = [(evaluate(level, request), RESOURCE_CONTROL) for level in resource.control]
    everything = [*above, (shared, name), *own]
    for decision, kind in everything:
        if decision is Decision.EXPLICIT_DENY:
            # AWS calls it a resource-based policy in the message of AssumeRole too.
            return Verdict(decision, RESOURCE if kind == TRUST else kind)
    for decision, kind in above:
        if decision is Decision.IMPLICIT_DENY:
            return Verdict(decision, kind)
    if principal.service is not None:
        return Verdict(shared, name)
    if _enough(request, shared, match, principal, caller, resource):
        return Verdict(Decision.ALLOW, name)
    for decision, kind in own:
        if decision is Decision.IMPLICIT_DENY:
            return Verdict(decision, kind)
    if shared is Decision.IMPLICIT_DENY and (resource.trust or _from_outside(principal, resource)):
        return Verdict(shared, name)
    return Verdict(Decision.ALLOW, IDENTITY)


def _own(request: Request, caller: CallerPolicies) -> list[tuple[Decision, str]]:
    """What each kind of policy on the caller's side says."""
    levels: list[tuple[str, Sequence[Document]]] = [(SERVICE_CONTROL, level) for level in caller.service_control]
    levels.append((IDENTITY, caller.identity))
    if caller.boundary is not None:
        levels.append((BOUNDARY, [caller.boundary]))
    if caller.session is not None:
        levels.append((SESSION, caller.session))
    return [(evaluate(documents, request), kind) for kind, documents in levels]


def _enough(
    request: Request,
    shared: Decision,
    match: Match,
    principal: Principal,
    caller: CallerPolicies,
    resource: ResourcePolicies,
) -> bool:
    """Whether the resource-based policy allows without the caller's identity policies.

    It does within one account if it names the user or the session itself; then boundary and session policies do not
    count either. If it names the role, they do.
    """
    if shared is not Decision.ALLOW or principal.account_id != resource.account_id or match is Match.ACCOUNT:
        return False
    limits = replace(caller, identity=[EVERYTHING])
    if match is Match.DIRECT:
        limits = replace(limits, boundary=None, session=None)
    return all(decision is Decision.ALLOW for decision, _kind in _own(request, limits))


def _from_outside(principal: Principal, resource: ResourcePolicies) -> bool:
    return resource.shared and principal.account_id != resource.account_id
