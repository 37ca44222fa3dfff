"""AWS's limits on policy documents, checked before AWS is called."""

from __future__ import annotations

import json
from typing import Any

Document = dict[str, Any]

SCP = "SERVICE_CONTROL_POLICY"
TAG = "TAG_POLICY"
BACKUP = "BACKUP_POLICY"

MAX_CHARACTERS = {SCP: 5120, TAG: 10_000, BACKUP: 10_000}
"""Characters of a policy document.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

MAX_SCPS_A_TARGET = 5
"""Service control policies attached to one root, OU or account, FullAWSAccess included."""

MAX_MANAGED_POLICY = 6144
MAX_TRUST_POLICY = 2048
"""Characters of a managed policy and of a role's trust policy, white space not counted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


class DocumentError(Exception):
    """A policy document that AWS would refuse; the message names the document and the limit."""


def render(document: Document) -> str:
    """The document as JSON without white space, keys in the order given: equal documents, equal text."""
    return json.dumps(document, separators=(",", ":"))


def render_org_policy(name: str, policy_type: str, document: Document) -> str:
    """The JSON of an organization policy. Raises `DocumentError` when it is malformed or too large."""
    problem = _statement_problem(document) if policy_type == SCP else _operator_problem(document)
    if problem:
        raise DocumentError(f"{policy_type} {name!r}: {problem}")
    return _within(name, policy_type, render(document), MAX_CHARACTERS[policy_type])


def render_iam_policy(name: str, document: Document) -> str:
    """The JSON of a managed policy. Raises `DocumentError` when it is too large."""
    return _within(name, "managed policy", render(document), MAX_MANAGED_POLICY)


def render_trust_policy(name: str, document: Document) -> str:
    """The JSON of a role's trust policy. Raises `DocumentError` when it is too large."""
    return _within(name, "trust policy", render(document), MAX_TRUST_POLICY)


def _within(name: str, kind: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise DocumentError(f"{kind} {name!r} has {len(text)} characters; AWS allows {limit}")
    return text


_SCP_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def _statement_problem(document: Document) -> str | None:
    """What is wrong with a service control policy's syntax.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html"""
    if document.get("Version") != "2012-10-17":
        return "Version must be 2012-10-17"
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        return "Statement must be a list with at least one statement"
    for statement in statements:
        if unknown := set(statement) - _SCP_KEYS:
            return f"a statement has {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(_SCP_KEYS))}"
        if statement.get("Effect") not in ("Allow", "Deny"):
            return f"Effect is {statement.get('Effect')!r}; allowed: Allow, Deny"
        if ("Action" in statement) == ("NotAction" in statement):
            return "a statement needs either Action or NotAction"
        if ("Resource" in statement) == ("NotResource" in statement):
            return "a statement needs either Resource or NotResource"
    return None


_OPERATORS = {"@@assign", "@@append", "@@remove", "@@operators_allowed_for_child_policies"}


def _operator_problem(node: Any, path: str = "") -> str | None:
    """What is wrong with the inheritance operators of a tag or backup policy.
    https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html"""
    if not isinstance(node, dict) or not node:
        return f"{path or 'the document'} must be an object that is not empty"
    for key, value in node.items():
        here = f"{path}.{key}" if path else key
        if not key.startswith("@@"):
            if problem := _operator_problem(value, here):
                return problem
        elif key not in _OPERATORS:
            return f"{here}: no such operator; allowed: {', '.join(sorted(_OPERATORS))}"
        elif not isinstance(value, str | list):
            return f"{here}: an operator takes a string or a list of strings"
    return None
