"""The statements that decide about a principal, by action: which actions a change can flip, and which are alike.

A set of actions is a number with a bit for each of AWS's actions, so that the thousands of them are told apart by the
statements that name them in a few operations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from automation.access.actions import actions, matching
from automation.access.callers import FULL_ACCESS, FULL_RESOURCE_ACCESS, Caller, Levels
from automation.access.conditions import Line, lines_of
from automation.access.decisions import Reason, Target, statement_name
from automation.access.snapshot import Policy
from shared.policy_evaluation import evaluation
from shared.policy_evaluation.evaluation import (
    EVERYTHING,
    CallerPolicies,
    Decision,
    Document,
    Request,
    ResourcePolicies,
    Verdict,
)
from shared.policy_evaluation.statements import applies, as_list, statements

_FULL = (FULL_ACCESS, FULL_RESOURCE_ACCESS)


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement of a policy. `alone` is a document with it alone, and `actions` the actions that it names."""

    policy: str
    name: str
    effect: str
    alone: Document
    actions: int
    lines: tuple[Line, ...]
    resources: tuple[str, ...]
    meaning: str
    """Equal for statements that say the same."""


@dataclass(frozen=True)
class Layer:
    """Policies that decide together: of one level of the organization, of the principal, or its boundary.

    `missing` is what would have to allow. `bare` says that it is a level without AWS's full access.
    """

    kind: str
    level: int
    statements: tuple[Statement, ...]
    missing: str
    bare: bool = False

    def has(self, statement: Statement) -> tuple[str, int, str]:
        """What tells a statement of this layer from others: a Deny denies on whatever level it is."""
        return self.kind, self.level if statement.effect == "Allow" else -1, statement.meaning


@dataclass(frozen=True)
class Side:
    """A principal before or after a change, and what it acts on, with the statements that decide."""

    caller: Caller
    target: Target

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """In the order in which AWS's error messages name them."""
        boundary = self.caller.boundary
        return (
            *_of_levels(evaluation.RESOURCE_CONTROL, self.target.control),
            *_of_levels(evaluation.SERVICE_CONTROL, self.caller.service_control),
            _layer(evaluation.IDENTITY, 0, self.caller.identity),
            *([_layer(evaluation.BOUNDARY, 0, (boundary,))] if boundary else ()),
        )

    @cached_property
    def keys(self) -> Mapping[tuple[str, int, str], Statement]:
        """Every statement. A principal without a boundary has one that allows everything, and a level without full
        access has one more that is about everything."""
        found = {layer.has(each): each for layer in self.layers for each in layer.statements}
        unbound = _statements(json.dumps(EVERYTHING), "")[0]
        if not self.caller.boundary:
            found[evaluation.BOUNDARY, 0, unbound.meaning] = unbound
        for layer in self.layers:
            if layer.bare:
                found[layer.kind, layer.level, "without full access"] = unbound
        return found


@dataclass(frozen=True)
class Group:
    """Actions that the same statements name, so that one decision holds for all of them."""

    actions: int
    before: tuple[tuple[Statement, ...], ...]
    after: tuple[tuple[Statement, ...], ...]

    @property
    def statements(self) -> Iterator[Statement]:
        """All of them, each once."""
        seen: dict[str, Statement] = {}
        for layers in (self.before, self.after):
            for layer in layers:
                seen.update((each.meaning, each) for each in layer)
        return iter(seen.values())


@cache
def names() -> Sequence[str]:
    """The actions in the order of their bits."""
    return sorted(actions())


@cache
def _bits() -> Mapping[str, int]:
    return {name: 1 << number for number, name in enumerate(names())}


def bit(name: str) -> int:
    """The set of one action, by its name in lower case."""
    return _bits()[name]


@cache
def on_resources() -> int:
    """The actions that act on a resource."""
    return _set(name for name, action in actions().items() if action.resources)


@cache
def everything() -> int:
    """Every action."""
    return _set(names())


@cache
def without_resources() -> int:
    """The others."""
    return _set(name for name, action in actions().items() if not action.resources)


@cache
def mask(patterns: tuple[str, ...], negated: bool) -> int:
    """The set of the actions that an `Action` or `NotAction` names."""
    # Who calls may ask that in any case: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    return _set(name for name in matching(patterns, negated) if name != "sts:getcalleridentity")


def _set(named: Iterable[str]) -> int:
    bits, found = _bits(), bytearray(len(names()) // 8 + 1)
    for name in named:
        number = bits[name].bit_length() - 1
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def members(found: int) -> list[str]:
    """The names of the actions in a set."""
    ordered = names()
    digits = f"{found:b}"[::-1]
    result, position = [], digits.find("1")
    while position >= 0:
        result.append(ordered[position])
        position = digits.find("1", position + 1)
    return result


def differing(before: Side, after: Side) -> list[Statement]:
    """The statements that one side has and the other has not."""
    keys = before.keys.keys() ^ after.keys.keys()
    return [before.keys.get(key) or after.keys[key] for key in sorted(keys)]


def changed(before: Side, after: Side) -> int:
    """The actions that some statement names which one side has and the other has not."""
    found = 0
    for each in differing(before, after):
        found |= each.actions
    return found


def groups(before: Side, after: Side, among: int) -> Iterator[Group]:
    """The actions `among`, divided by the statements that name them."""
    parts: list[tuple[int, tuple[int, ...]]] = [(among, ())] if among else []
    indexed = [
        (side, number, statement)
        for side, layers in enumerate((before.layers, after.layers))
        for number, layer in enumerate(layers)
        for statement in layer.statements
    ]
    for position, (_side, _layer, statement) in enumerate(indexed):
        divided = []
        for part, named in parts:
            inside = part & statement.actions
            if inside:
                divided.append((inside, (*named, position)))
            if inside != part:
                divided.append((part & ~inside, named))
        parts = divided
    for part, named in parts:
        found: tuple[list[list[Statement]], list[list[Statement]]] = (
            [[] for _ in before.layers],
            [[] for _ in after.layers],
        )
        for position in named:
            side, number, statement = indexed[position]
            found[side][number].append(statement)
        one, other = ([*map(tuple, each)] for each in found)
        yield Group(part, tuple(one), tuple(other))


def decide(side: Side, request: Request, named: Sequence[Sequence[Statement]], target: Target) -> Verdict:
    """What AWS decides, by the statements that name the request's action: a list for each of the side's layers."""
    kinds: dict[str, list[list[Document]]] = {}
    for layer, found in zip(side.layers, named, strict=True):
        kinds.setdefault(layer.kind, []).append([each.alone for each in found])
    boundary = kinds.get(evaluation.BOUNDARY)
    return evaluation.decide(
        request,
        side.caller.principal,
        CallerPolicies(
            kinds[evaluation.IDENTITY][0],
            _joined(boundary[0]) if boundary else None,
            None,
            kinds.get(evaluation.SERVICE_CONTROL, []),
        ),
        ResourcePolicies(
            target.account_id,
            target.policy.document if target.policy else None,
            shared=True,
            control=kinds.get(evaluation.RESOURCE_CONTROL, []) if target.control else [],
        ),
    )


def reason(side: Side, request: Request, named: Sequence[Sequence[Statement]], found: Verdict) -> Reason:
    """The statement that decides; where none allows, the policies that would have to."""
    effect = {Decision.EXPLICIT_DENY: "Deny", Decision.ALLOW: "Allow"}.get(found.decision)
    for layer, statements_ in zip(side.layers, named, strict=True):
        if layer.kind != found.kind:
            continue
        for each in statements_:
            if each.effect == effect and applies(each.alone["Statement"][0], request, each.alone):
                return Reason(layer.kind, each.policy, each.name, each.effect)
    missing = [layer.missing for layer in side.layers if layer.kind == found.kind]
    return Reason(found.kind, ", ".join(filter(None, missing)), "", "")


def _joined(documents: Sequence[Document]) -> Document:
    found = [each["Statement"][0] for each in documents]
    version = "2012-10-17" if any(each.get("Version") == "2012-10-17" for each in documents) else "2008-10-17"
    return {"Version": version, "Statement": found}


def _of_levels(kind: str, levels: Levels) -> Iterable[Layer]:
    return [_layer(kind, number, level) for number, level in enumerate(levels)]


def _layer(kind: str, level: int, policies: Sequence[Policy]) -> Layer:
    found = [each for policy in policies for each in _statements(policy.text, policy.name)]
    if any(policy in _FULL for policy in policies):
        # What the level allows besides everything makes no difference.
        full = _statements(FULL_ACCESS.text, FULL_ACCESS.name)
        return Layer(kind, 0, (*full, *(each for each in found if each.effect == "Deny")), "")
    bare = kind in (evaluation.SERVICE_CONTROL, evaluation.RESOURCE_CONTROL)
    return Layer(kind, level, tuple(found), ", ".join(policy.name for policy in policies), bare)


@cache
def _statements(text: str, policy: str) -> tuple[Statement, ...]:
    document = json.loads(text)
    version = document.get("Version", "2008-10-17")
    return tuple(_statement(policy, number, version, each) for number, each in enumerate(statements(document), start=1))


def _statement(policy: str, number: int, version: str, statement: Mapping[str, Any]) -> Statement:
    negated = "NotAction" in statement
    patterns = tuple(as_list(statement["NotAction" if negated else "Action"])) if len(statement) else ()
    resources = as_list(statement.get("Resource", statement.get("NotResource", "*")))
    meaning = {name: value for name, value in statement.items() if name != "Sid"}
    return Statement(
        policy,
        statement_name(statement, number),
        str(statement.get("Effect")),
        {"Version": version, "Statement": [statement]},
        mask(patterns, negated),
        lines_of(statement, version == "2012-10-17"),
        tuple(map(str, resources)),
        json.dumps([version, meaning], sort_keys=True),
    )
