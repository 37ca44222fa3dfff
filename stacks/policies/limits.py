"""AWS's limits on organization policies, checked before AWS is called."""

from typing import Any

from shared.errors import DocumentError
from shared.policy_documents.documents import Document, render_within

SCP = "SERVICE_CONTROL_POLICY"
TAG = "TAG_POLICY"
BACKUP = "BACKUP_POLICY"

MAX_CHARACTERS = {SCP: 5120, TAG: 10_000, BACKUP: 10_000}
"""Maximum number of characters in a policy document.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

MAX_SCPS_A_TARGET = 5
"""Maximum number of service control policies on one root, OU or account, including FullAWSAccess."""


def render_org_policy(name: str, policy_type: str, document: Document) -> str:
    """The JSON of an organization policy. Raises `DocumentError` when it is malformed or too large."""
    problem = _statement_problem(document) if policy_type == SCP else _operator_problem(document)
    if problem:
        raise DocumentError(f"{policy_type} {name!r}: {problem}")
    return render_within(name, policy_type, document, MAX_CHARACTERS[policy_type])


_SCP_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def _statement_problem(document: Document) -> str | None:
    """The first syntax error in a service control policy.
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
    """The first wrong inheritance operator in a tag or backup policy.
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
