"""The effective policy of an account, of a type that is inherited: what there is from the root down, merged.

The operators are those of
https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html, the results those of
https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
CONTROL = "@@operators_allowed_for_child_policies"
ALL, NONE = "@@all", "@@none"
SETTERS = frozenset({ASSIGN, APPEND, REMOVE})

KEPT_EMPTY = frozenset(
    {"tag_value", "enable_in_regions", "disable_in_regions", "included_models", "excluded_models", "workspaces"}
)
"""Lists that say something when they are empty: no tag value is allowed, every model is meant. Other empty lists
enforce nothing."""

Document = Mapping[str, Any]
Value = str | list[str]


@dataclass
class _Node:
    """One element of the merged policy: a setting with a value, or a container with children."""

    children: dict[str, _Node] = field(default_factory=dict)
    spelling: str = ""
    value: Value | None = None
    allowed: frozenset[str] = SETTERS


def effective_policy(levels: Sequence[Sequence[Document]]) -> dict[str, Any]:
    """The policies of each level, root first and in the order in which they were attached, as one document.

    Within a level, the first `@@assign` of a setting wins, then every `@@append` adds, then every `@@remove` takes
    away. Child policies may do what all policies of the level allow. A control on a container keeps child policies from
    adding elements to it; its present elements have their own controls. Empty when no policy says anything.
    """
    root = _Node()
    for level in levels:
        _apply(root, [document for document in level if document], root.allowed, ())
    merged = {name: _render(child, (name,)) for name, child in root.children.items()}
    if "tags" in root.children:
        merged["tags"] = _tag_rules(root.children["tags"], merged["tags"])
    return {name: value for name, value in merged.items() if value}


def allowed_operators(control: Sequence[str]) -> frozenset[str]:
    """Which of the `SETTERS` a control allows to child policies."""
    if ALL in control:
        return SETTERS
    return SETTERS & frozenset(control)


def _apply(node: _Node, documents: Sequence[Document], allowed: frozenset[str], path: tuple[str, ...]) -> None:
    """Merge one level's policies into a node; the levels above allow it the `allowed` operators."""
    for operator in (ASSIGN, APPEND, REMOVE):
        if operator in allowed:
            values = [document[operator] for document in documents if operator in document]
            node.value = _set(node.value, operator, values)
    by_key: dict[str, list[tuple[str, Document]]] = {}
    for document in documents:
        for key, value in document.items():
            if not key.startswith("@@"):
                by_key.setdefault(_same(path, key), []).append((key, value))
    for key, found in by_key.items():
        child = node.children.get(key)
        if child is not None:
            _apply(child, [value for _, value in found], child.allowed, (*path, key))
        elif allowed & {ASSIGN, APPEND}:
            # Who may add an element says all about it: the container's control is not for what is in the element.
            child = node.children[key] = _Node(spelling=found[0][0])
            _apply(child, [value for _, value in found], SETTERS, (*path, key))
    for document in documents:
        if CONTROL in document:
            node.allowed &= allowed_operators(document[CONTROL])


def _set(current: Value | None, operator: str, values: Sequence[Any]) -> Value | None:
    if operator == ASSIGN:
        return as_text(values[0]) if values else current
    for value in values:
        given = as_text(value if isinstance(value, list) else [value])
        present = current if isinstance(current, list) else []
        if operator == APPEND:
            current = present + [item for item in given if item not in present]
        elif isinstance(current, list):
            current = [item for item in present if item not in given]
    return current


def as_text(value: Any) -> Any:
    """A value as AWS renders it: every scalar as text."""
    if isinstance(value, list):
        return list(dict.fromkeys(as_text(item) for item in value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _render(node: _Node, path: tuple[str, ...]) -> Any:
    if not node.children:
        return None if node.value == [] and path[-1] not in KEPT_EMPTY else node.value
    rendered = {_spelling(path, key, child): _render(child, (*path, key)) for key, child in node.children.items()}
    return {key: value for key, value in rendered.items() if value is not None and value != {}} or None


def _same(path: tuple[str, ...], key: str) -> str:
    """Elements are the same whatever their case, save the tags and their values by which upgrades are rolled out."""
    ours = path[:2] == ("upgrade_rollout", "tags") and (len(path) == 2 or path[3:] == ("tag_values",))
    return key if ours else key.lower()


def _spelling(path: tuple[str, ...], key: str, child: _Node) -> str:
    """AWS renders keys in lower case, save the names of plans and the ARNs of vaults to copy to."""
    return child.spelling if path[-1] in ("plans", "copy_actions") else key


def _tag_rules(node: _Node, rendered: Any) -> dict[str, Any]:
    """A rule that does not say how its tag key is written has the key in lower case."""
    found = rendered or {}
    return {key: {"tag_key": key, **(found.get(key) or {})} for key in node.children}
