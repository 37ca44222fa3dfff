"""The values of a condition key that tell the conditions of some statements apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.policy_evaluation.condition_operators import (
    NEGATED,
    VARIABLE,
    Context,
    UnresolvedVariable,
    holds,
    substitute,
)
from shared.policy_evaluation.statements import as_list

_OTHER = "something-else"


@dataclass(frozen=True)
class Line:
    """One line of a statement's conditions. `key` is in lower case, `spelled` as it is written. `variables` says that
    policy variables are replaced in it."""

    operator: str
    key: str
    values: tuple[Any, ...]
    variables: bool
    spelled: str


@dataclass(frozen=True)
class Choice:
    """A value of one dimension. `text` tells it; `context` are its keys, and None stands for a key that is absent."""

    text: str
    context: tuple[tuple[str, str | tuple[str, ...] | None], ...] = ()
    elsewhere: bool = False
    """It is another organization's resource."""


@dataclass(frozen=True)
class Dimension:
    """What requests differ in, with its choices."""

    name: str
    choices: tuple[Choice, ...]


def lines_of(statement: Mapping[str, Any], variables: bool) -> tuple[Line, ...]:
    """The lines of a statement's conditions."""
    return tuple(
        Line(operator, key.lower(), tuple(as_list(values)), variables, key)
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    )


def of_key(key: str, lines: Sequence[Line], context: Context) -> Dimension:
    """The dimension of a key: absent, and a value for each way in which the lines can come out."""
    name = lines[0].spelled
    texts: dict[str | None, str] = {None: f"without {name}"}
    for line in lines:
        for value, pattern in _values(line, context):
            texts.setdefault(value, f"{name} is {pattern}" if pattern else f"{name} is anything else")
    classes: dict[tuple[bool, ...], str | None] = {}
    for each in texts:
        classes.setdefault(outcome(lines, key, each, context), each)
    return Dimension(name, tuple(Choice(texts[value], ((key, value),)) for value in classes.values()))


def _values(line: Line, context: Context) -> Iterator[tuple[str, str]]:
    """Values of a line's key, each with the text that stands for it; without one for some other value."""
    operator = line.operator.rpartition(":")[2].removesuffix("IfExists")
    operator = NEGATED.get(operator, operator)
    for given in line.values:
        text = str(given).lower() if isinstance(given, bool) else str(given)
        if operator == "Bool":
            yield from (("true", "true"), ("false", "false"))
        elif operator == "Null":
            yield _OTHER, ""
        elif operator.startswith("Numeric"):
            yield from ((each, each) for each in (text, _moved(text, -1), _moved(text, 1)))
        elif operator.startswith("Date"):
            yield from ((each, each) for each in (text, *_days_around(text)))
        elif operator == "IpAddress":
            yield text.partition("/")[0], text
            yield "203.0.113.77", ""
        else:
            try:
                found = substitute(text, context) if VARIABLE.search(text) else text
            except UnresolvedVariable:
                continue
            yield found.replace("*", "x").replace("?", "x"), text
    if operator not in ("Bool", "Null", "IpAddress") and not operator.startswith(("Numeric", "Date")):
        yield ("arn:aws:iam::999999999999:role/something-else" if operator.startswith("Arn") else _OTHER), ""


def _moved(text: str, by: int) -> str:
    return str(float(text) + by) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def _days_around(text: str) -> Iterator[str]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    for days in (-1, 1):
        yield (moment + timedelta(days=days)).isoformat()


def outcome(lines: Sequence[Line], key: str, value: str | None, context: Context) -> tuple[bool, ...]:
    """Whether each line holds where the key has the value, None for an absent key."""
    given = {name: found for name, found in context.items() if name.lower() != key.lower()}
    if value is not None:
        given[key] = value
    return tuple(holds(line.operator, line.key, line.values, given, line.variables) for line in lines)
