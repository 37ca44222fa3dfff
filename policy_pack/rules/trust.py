"""Nobody is trusted by a pattern, and no stranger at all.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.documents import account_of, allows, principals, statements
from policy_pack.planned import Context, Finding, Planned, is_unknown, listed
from stacks.identity import tokens

_ANYBODY = "principals by their ARN; never '*'"
_OF_TOKENS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")


def trust(resource: Planned, context: Context, options: Mapping[str, Any]) -> Iterator[Finding]:
    """The trust policies of roles, and what lets everybody into any other resource without a condition."""
    if resource.type != "aws:iam/role:Role":
        yield from _open_to_everybody(resource)
        return
    own = _own_accounts(resource, context)
    for number, statement in enumerate(statements(resource.properties.get("assumeRolePolicy")), start=1):
        if not allows(statement):
            continue
        where = f"assumeRolePolicy, statement {number}, Principal"
        if "NotPrincipal" in statement:
            yield Finding(f"assumeRolePolicy, statement {number}, NotPrincipal", statement["NotPrincipal"], _ANYBODY)
        wild = [each for each in _all_principals(statement) if "*" in each or "?" in each]
        for each in dict.fromkeys(wild):
            yield Finding(where, each, _ANYBODY)
        for each in principals(statement, "AWS"):
            account = account_of(each)
            trusted = {*own, *options.get("trustedAccounts", [])}
            if own and account and account not in trusted:
                yield Finding(where, each, f"principals of {', '.join(sorted(trusted))}")
        for each in principals(statement, "Federated"):
            if each not in wild:
                yield from _tokens(each, statement, f"assumeRolePolicy, statement {number}")


def _all_principals(statement: Mapping[str, Any]) -> list[str]:
    given = statement.get("Principal")
    kinds = list(given) if isinstance(given, Mapping) else ["AWS"]
    return [each for kind in kinds for each in principals(statement, kind)]


def _own_accounts(resource: Planned, context: Context) -> set[str]:
    """The management account and the account that the role is in; empty while the first is unknown."""
    management = context.outputs.get("org", {}).get("managementAccountId")
    if not isinstance(management, str) or is_unknown(management):
        return set()
    inside = listed(resource.provider.get("allowedAccountIds")) if context.in_account else []
    if any(is_unknown(each) for each in inside):
        return set()
    return {management, *inside}


def _open_to_everybody(resource: Planned) -> Iterator[Finding]:
    for number, statement in enumerate(statements(resource.properties.get("policy")), start=1):
        if allows(statement) and not statement.get("Condition") and "*" in principals(statement, "AWS"):
            yield Finding(
                f"policy, statement {number}, Principal", "*", "principals by their ARN, or a condition that limits '*'"
            )


def _tokens(provider: str, statement: Mapping[str, Any], where: str) -> Iterator[Finding]:
    """What is wrong with the subjects of a provider of OIDC tokens. SAML providers and Cognito have none."""
    _, found, host = provider.partition(":oidc-provider/")
    if not found:
        return
    condition = statement.get("Condition")
    condition = condition if isinstance(condition, Mapping) else {}
    key = f"{host}:sub".lower()
    subjects = [
        (operator, each)
        for operator in _OF_TOKENS
        for name, value in (condition.get(operator) or {}).items()
        if name.lower() == key
        for each in listed(value)
    ]
    if not subjects:
        yield Finding(f"{where}, Condition {host}:sub", None, "the subjects whose tokens are trusted, literally")
    for operator, subject in subjects:
        try:
            # Only StringLike knows wildcards.
            tokens.subject(subject if operator == "StringLike" else subject.replace("*", "x"), f"https://{host}")
        except ValueError as error:
            why, _, allowed = str(error).partition("allowed: ")
            yield Finding(
                f"{where}, Condition {host}:sub", subject, f"{allowed} ({why.strip(' ;')})" if why else allowed
            )
