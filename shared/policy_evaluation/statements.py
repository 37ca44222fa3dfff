"""The statements of a policy document: which of them are about a request, and what they say together."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

from shared.policy_evaluation.condition_operators import (
    Context,
    UnresolvedVariable,
    arn_matches,
    holds,
    pattern,
)

Document = Mapping[str, Any]
"""A policy document, parsed from its JSON."""


@lru_cache(maxsize=4096)
def parsed(text: str) -> Document:
    """The text of a policy document, parsed; not to be changed. Raises `ValueError` if it is not JSON."""
    document: Document = json.loads(text)
    return document


class Decision(Enum):
    """What a set of policies says. `EXPLICIT_DENY` wins over the others; `IMPLICIT_DENY` means that nothing allows."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True)
class Request:
    """One call: an action such as `sts:AssumeRole`, the ARN of what it acts on, and its condition keys."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def evaluate(documents: Iterable[Document], request: Request) -> Decision:
    """What the documents together say about a request; `Principal` elements are ignored."""
    allowed = False
    for document in documents:
        for statement in statements(document):
            if not applies(statement, request, document):
                continue
            if statement.get("Effect") == "Deny":
                return Decision.EXPLICIT_DENY
            allowed = True
    return Decision.ALLOW if allowed else Decision.IMPLICIT_DENY


def statements(document: Document) -> list[Mapping[str, Any]]:
    """The statements of a document; a single one need not be in a list."""
    return as_list(document.get("Statement", []))


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def applies(statement: Mapping[str, Any], request: Request, document: Document, on_resource: bool = True) -> bool:
    """Whether the action, the resource and the conditions of a statement are those of the request.

    Without `on_resource` the statement is that of a role's trust policy, which names no resource.
    """
    variables = document.get("Version") == "2012-10-17"
    context = request.context if variables else None
    return (
        names_action(statement, request.action)
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


def names_action(statement: Mapping[str, Any], action: str) -> bool:
    """Whether the action is one of the statement's."""
    lower = action.lower()
    return _named_by(statement, "Action", lambda name: pattern(name.lower(), None).fullmatch(lower) is not None)


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
