"""Requests to AWS, decided by iam-simulate and by the sandbox's own evaluator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.policy_evaluation.evaluation import (
    CallerPolicies,
    Document,
    Request,
    ResourcePolicies,
    Verdict,
    decide,
)
from tests.security.principals import Caller, Context

FOLDER = Path(__file__).parent / "simulator"
TIMEOUT = 300
FULL: Document = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
"""RCPFullAWSAccess, which AWS attaches everywhere, and iam-simulate adds by itself."""


@dataclass(frozen=True)
class Case:
    """One request. `policy` is the resource's own policy, or the trust policy of a role."""

    caller: Caller
    action: str
    resource: str
    account_id: str
    context: Context
    policy: Document | None = None
    resource_control: Sequence[Sequence[Document]] = ()

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True)
class Decision:
    """What iam-simulate says. `resource` is what it decided about, `ignored` the condition keys AWS does not have."""

    allowed: bool
    resource: str
    blocked_by: list[str]
    ignored: list[str]


class Unknown(AssertionError):
    """AWS knows no such request: the test names an action, a resource or a policy that does not exist."""


def simulate(cases: Sequence[Case], node: str) -> list[Decision]:
    """The decisions of iam-simulate, by one process. Raises `Unknown`."""
    policies = _Policies()
    lines = [_line(case, policies) for case in cases]
    different = list(dict.fromkeys(lines))
    given = "".join(f"{line}\n" for line in [*policies.lines, *different])
    done = subprocess.run(
        [node, "simulate.js"], cwd=FOLDER, input=given, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = dict(zip(different, map(json.loads, done.stdout.splitlines()), strict=True))
    wrong = {
        f"{case}: {answers[line]['error']}" for case, line in zip(cases, lines, strict=True) if "error" in answers[line]
    }
    if wrong:
        raise Unknown("\n".join(sorted(wrong)))
    return [_decision(answers[line]) for line in lines]


def own_verdict(case: Case, decision: Decision) -> Verdict:
    """What the sandbox's evaluator says, with the condition keys that AWS has for the request."""
    ignored = {key.lower() for key in decision.ignored}
    context = {key: value for key, value in case.context.items() if key.lower() not in ignored}
    control = [[FULL, *level] for level in case.resource_control]
    caller, trust = case.caller, case.action.startswith("sts:Assume")
    return decide(
        Request(case.action, decision.resource, context),
        caller.principal,
        CallerPolicies(caller.identity, caller.boundary, None, caller.service_control),
        ResourcePolicies(case.account_id, case.policy, trust=trust, shared=True, control=control),
    )


def _line(case: Case, policies: _Policies) -> str:
    caller = case.caller
    control = case.resource_control
    return json.dumps(
        {
            "principal": caller.named,
            "action": case.action,
            "resource": case.resource,
            "accountId": case.account_id,
            "context": case.context,
            "identity": [policies.name(each) for each in caller.identity],
            "boundary": policies.name(caller.boundary) if caller.boundary else None,
            "serviceControl": [[policies.name(each) for each in level] for level in caller.service_control],
            "resourceControl": [[policies.name(each) for each in level] for level in control],
            "resourcePolicy": policies.name(case.policy) if case.policy else None,
        },
        sort_keys=True,
    )


class _Policies:
    """Each document is sent once, under a name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}

    def name(self, document: Mapping[str, Any]) -> str:
        text = json.dumps(document, sort_keys=True)
        if text not in self._names:
            self._names[text] = f"policy-{len(self._names)}"
            self.lines.append(json.dumps({"policy": self._names[text], "document": document}))
        return self._names[text]


def _decision(answer: Mapping[str, Any]) -> Decision:
    return Decision(answer["decision"] == "Allowed", answer["resource"], answer["blockedBy"], answer["ignored"])
