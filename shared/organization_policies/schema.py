"""What a management policy may contain: a tree of named elements whose leaves are settings, changed by operators.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html. A policy need not
be complete: what it leaves out can come from a policy above it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.organization_policies.inheritance import ALL, APPEND, ASSIGN, CONTROL, NONE, REMOVE, SETTERS, as_text

CONTROLS = (ALL, NONE, ASSIGN, APPEND, REMOVE)

DEEPEST = 50
"""Far deeper than any policy that AWS publishes."""

LONGEST_SHOWN = 100

REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d")


class MalformedPolicy(Exception):
    """The content is not a policy of its type; the message says where and why, and what is allowed."""


def shown(value: Any) -> str:
    """A value as messages have it: text in quotes, and what is no text as JSON writes it."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a group: `path` is below it, or empty if it is the group itself."""

    path: str
    what: str
    allowed: str


@dataclass(frozen=True)
class Setting:
    """One value, or with `many` a list of them. `allowed` says in words what `fits` accepts."""

    fits: Callable[[str], bool] | None = None
    allowed: str = "text"
    many: bool = False
    not_empty: bool = False


@dataclass(frozen=True)
class Group:
    """Elements by name: the fixed ones of `fields` (in any case, as AWS reads them), and any number of `others`.

    `needs` must be there, `whole` in an effective policy, to which nothing can be added. `rule` says what is wrong with
    the group as a whole, if anything. With `cased`, names that differ in case are different ones.
    """

    fields: Mapping[str, Node] = field(default_factory=dict)
    others: Node | None = None
    names: Callable[[str], bool] = bool
    named: str = "any name"
    most: int | None = None
    least: int = 0
    needs: Sequence[str] = ()
    whole: Sequence[str] = ()
    cased: bool = False
    rule: Callable[[Mapping[str, Any]], Problem | None] | None = None


Node = Setting | Group


def one_of(*words: str) -> Setting:
    return Setting(lambda text: text in words, " or ".join(words))


def matching(pattern: str, allowed: str, *, many: bool = False, not_empty: bool = False) -> Setting:
    found = re.compile(pattern)
    return Setting(lambda text: found.fullmatch(text) is not None, allowed, many, not_empty)


def number(least: int, most: int | None = None) -> Setting:
    def fits(text: str) -> bool:
        whole = re.fullmatch(r"-?\d{1,16}", text)
        return whole is not None and least <= int(text) and (most is None or int(text) <= most)

    return Setting(fits, f"a whole number from {least}" + (f" to {most}" if most is not None else " on"))


def text(longest: int, shortest: int = 1) -> Setting:
    return Setting(lambda value: shortest <= len(value) <= longest, f"text of {shortest} to {longest} characters")


def name(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern)
    return lambda given: found.fullmatch(given) is not None


def is_region(given: str) -> bool:
    return REGION.fullmatch(given) is not None


def settings_of(group: Mapping[str, Any], *path: str) -> Any:
    """What a policy assigns at a path below an element, or None. Names are found in any case."""
    found: Any = group
    for step in path:
        found = next((value for key, value in found.items() if key.lower() == step), None)
        if not isinstance(found, Mapping):
            return None
    return found.get(ASSIGN)


def check_document(document: Any, schema: Group) -> None:
    """Raise `MalformedPolicy` unless a document has the schema: all of it is below the schema's one first element."""
    root = next(iter(schema.fields))
    if not isinstance(document, Mapping) or [key.lower() for key in document] != [root]:
        found = ", ".join(map(repr, document)) if isinstance(document, Mapping) and document else "nothing"
        raise MalformedPolicy(f"the policy has {found} at its top; allowed: {root!r} alone")
    _check(document, schema, "")


def check_operators(element: Any, where: str = "") -> None:
    """Check operators and controls alone, of a type whose elements AWS does not publish."""
    if not isinstance(element, Mapping):
        raise _wrong(where, f"is {shown(element)}", "an object with elements, or with operators such as @@assign")
    setters = _operators(element, where)
    for key, value in element.items():
        if not key.startswith("@@"):
            if setters:
                raise _wrong(_below(where, key), "is an element beside operators", "one or the other")
            check_operators(value, _below(where, key))
    if where.count("/") > DEEPEST:
        raise _wrong(where, "is too deep", f"{DEEPEST} elements in one another")
    for operator in sorted(setters):
        value, here = element[operator], _below(where, operator)
        if operator != ASSIGN and not isinstance(value, list):
            raise _wrong(here, f"is {shown(value)}", "a list")
        if any(isinstance(item, list | Mapping) for item in (value if isinstance(value, list) else [value])):
            raise _wrong(here, f"is {shown(value)}", "one value or a list of them")


def _check(element: Any, node: Node, where: str) -> None:
    if not isinstance(element, Mapping):
        expected = "an object with elements" if isinstance(node, Group) else "an object with operators such as @@assign"
        raise _wrong(where, f"is {shown(element)}", expected)
    seen: set[str] = set()
    for key in element:
        if key.lower() in seen and not (isinstance(node, Group) and node.cased):
            raise _wrong(_below(where, key), "is there twice, upper and lower case are the same", "each name once")
        seen.add(key.lower())
    setters = _operators(element, where)
    if isinstance(node, Setting):
        _check_setting(element, setters, node, where)
    else:
        _check_group(element, setters, node, where)


def _check_setting(element: Mapping[str, Any], setters: set[str], node: Setting, where: str) -> None:
    permitted = (ASSIGN, APPEND, REMOVE) if node.many else (ASSIGN,)
    for key in element:
        if not key.startswith("@@"):
            raise _wrong(_below(where, key), "is unknown", ", ".join((*permitted, CONTROL)))
    for operator in sorted(setters):
        here, value = _below(where, operator), element[operator]
        if operator not in permitted:
            raise _wrong(here, "is not for one value", ", ".join(permitted))
        if isinstance(value, list) != node.many:
            raise _wrong(here, f"is {shown(value)}", "a list" if node.many else f"one value, {node.allowed}")
        if node.not_empty and not value:
            raise _wrong(here, "is empty", f"at least one of {node.allowed}")
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, list | Mapping):
                raise _wrong(here, f"has {shown(item)}", node.allowed)
            if node.fits is not None and not node.fits(as_text(item)):
                raise _wrong(here, f"has {shown(item)}" if node.many else f"is {shown(item)}", node.allowed)


def _check_group(element: Mapping[str, Any], setters: set[str], node: Group, where: str) -> None:
    known = ", ".join((*node.fields, *([node.named] if node.others else [])))
    if setters:
        raise _wrong(_below(where, min(setters)), "is for settings, and this is not one", known)
    found = {key: value for key, value in element.items() if not key.startswith("@@")}
    for key, value in found.items():
        inner = node.fields.get(key.lower())
        if inner is None and node.others is not None and node.names(key):
            inner = node.others
        if inner is None:
            raise _wrong(_below(where, key), "is unknown", known)
        _check(value, inner, _below(where, key))
    if node.most is not None and len(found) > node.most:
        raise _wrong(where, f"has {len(found)} elements", f"at most {node.most}")
    if len(found) < node.least:
        raise _wrong(where, "is empty", f"at least {node.least} of {known}")
    for needed in node.needs:
        if needed not in {key.lower() for key in found}:
            raise _wrong(where, f"has no {needed}", f"needs {', '.join(node.needs)}")
    problem = node.rule(found) if node.rule else None
    if problem:
        raise _wrong(_below(where, problem.path) if problem.path else where, problem.what, problem.allowed)


def _operators(element: Mapping[str, Any], where: str) -> set[str]:
    """The operators of an element that set a value, after a look at its control."""
    for key in element:
        if not key or (key.startswith("@@") and key not in SETTERS | {CONTROL}):
            raise _wrong(_below(where, key), "is no operator", ", ".join((ASSIGN, APPEND, REMOVE, CONTROL)))
    if CONTROL in element:
        control, here = element[CONTROL], _below(where, CONTROL)
        if not isinstance(control, list) or not control or not all(item in CONTROLS for item in control):
            raise _wrong(here, f"is {shown(control)}", f"a list of {', '.join(CONTROLS)}")
        if len(set(control)) != len(control) or (NONE in control and len(control) > 1):
            raise _wrong(here, f"is {shown(control)}", f"each once, and {NONE} alone")
    return {key for key in element if key in SETTERS}


def _below(where: str, key: str) -> str:
    return f"{where}/{key}" if where else key


def _wrong(where: str, what: str, allowed: str) -> MalformedPolicy:
    return MalformedPolicy(f"{where or 'the policy'} {what}; allowed: {allowed}")
