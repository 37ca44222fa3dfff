"""AWS's limits on organization policies, checked before AWS is called."""

from typing import Any

from shared.errors import DocumentError
from shared.policy_documents.documents import Document, render_within

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
TAG = "TAG_POLICY"
BACKUP = "BACKUP_POLICY"

MAX_CHARACTERS = {SCP: 10_240, RCP: 5120, TAG: 10_000, BACKUP: 10_000}
"""Maximum number of characters in a policy document; of a service control policy since May 2026.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

MAX_SCPS_A_TARGET = 10
"""Maximum number of service control policies on one root, OU or account, including FullAWSAccess."""


def render_org_policy(name: str, policy_type: str, document: Document) -> str:
    """The JSON of an organization policy. Raises `DocumentError` when it is malformed or too large."""
    problem = _statement_problem(policy_type, document) if policy_type in (SCP, RCP) else _operator_problem(document)
    if problem:
        raise DocumentError(f"{policy_type} {name!r}: {problem}")
    return render_within(name, policy_type, document, MAX_CHARACTERS[policy_type])


_STATEMENT_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def _statement_problem(policy_type: str, document: Document) -> str | None:
    """The first syntax error in a service or resource control policy.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html"""
    if document.get("Version") != "2012-10-17":
        return "Version must be 2012-10-17"
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        return "Statement must be a list with at least one statement"
    of_resources = policy_type == RCP
    keys = (_STATEMENT_KEYS - {"NotAction"}) | {"Principal"} if of_resources else _STATEMENT_KEYS
    effects = ("Deny",) if of_resources else ("Allow", "Deny")
    for statement in statements:
        if unknown := set(statement) - keys:
            return f"a statement has {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(keys))}"
        if statement.get("Effect") not in effects:
            return f"Effect is {statement.get('Effect')!r}; allowed: {', '.join(effects)}"
        if of_resources and statement.get("Principal") != "*":
            return f"Principal is {statement.get('Principal')!r}; allowed: '*'"
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
