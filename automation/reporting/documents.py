"""What differs between two policy documents, as a reader thinks of it: statements, then their elements.

Statements are told apart by their `Sid`. Order and form have no meaning in a policy: `"s3:*"` is `["s3:*"]`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Elements = dict[str, tuple[str, ...]]
"""Path of an element, such as `Condition.Bool.aws:SecureTransport` → its values."""

_ALIKE = 0.3
"""The share of equal elements from which on two statements without a `Sid` are taken for one that was changed."""


@dataclass(frozen=True)
class Difference:
    """`sign` is `+` for added, `-` for removed, `~` for changed, and `where` is a statement or an element.

    `whole` is the statement that was added or removed. `single` says that the element had one value and has another.
    """

    sign: str
    where: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    whole: Any = None
    single: bool = False


def parse(value: Any) -> Any:
    """The document that a property has, as JSON text or as it is; None if the value is none."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict | list) else None


def differences(old: Any, new: Any) -> list[Difference]:
    """What differs between two documents; empty if they mean the same."""
    if not (_has_statements(old) and _has_statements(new)):
        return list(_elements_differ("", _flat(old), _flat(new)))
    rest = [_flat({key: value for key, value in each.items() if key != "Statement"}) for each in (old, new)]
    return [*_elements_differ("", *rest), *_statements_differ(_statements(old), _statements(new))]


def empty(document: Any) -> Any:
    """A document of the same kind that says nothing."""
    return {**document, "Statement": []} if _has_statements(document) else type(document)()


def summary(statement: Any) -> str:
    """A statement in a line: `Deny s3:*, iam:* on * if StringEquals`."""
    if not isinstance(statement, Mapping):
        return json.dumps(statement)
    parts = [str(statement.get("Effect", ""))]
    for element, word in (("Principal", "to"), ("NotPrincipal", "to all but")):
        if element in statement:
            parts.append(f"{word} {_values(statement[element])}")
    for element, word in (
        ("Action", ""),
        ("NotAction", "all but "),
        ("Resource", "on "),
        ("NotResource", "on all but "),
    ):
        if element in statement:
            parts.append(word + _values(statement[element]))
    if statement.get("Condition"):
        parts.append(f"if {_values(list(statement['Condition']))}")
    return " ".join(part for part in parts if part) or "nothing"


def _values(value: Any) -> str:
    return ", ".join(text for texts in _flat(value).values() for text in texts)


def _has_statements(document: Any) -> bool:
    return isinstance(document, Mapping) and isinstance(document.get("Statement"), Mapping | list)


def _statements(document: Mapping[str, Any]) -> list[Any]:
    found = document["Statement"]
    return list(found) if isinstance(found, list) else [found]


def _flat(value: Any, path: str = "") -> Elements:
    if isinstance(value, Mapping):
        return {
            name: texts
            for key, inner in value.items()
            for name, texts in _flat(inner, f"{path}.{_key(key)}" if path else _key(key)).items()
        }
    if isinstance(value, list) and any(isinstance(each, Mapping | list) for each in value):
        return {name: texts for n, each in enumerate(value) for name, texts in _flat(each, f"{path}[{n}]").items()}
    return {path: tuple(map(_text, value if isinstance(value, list) else [value]))}


def _key(key: str) -> str:
    return json.dumps(key) if re.search(r'[.\[\]"]', key) else _text(key)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _elements_differ(where: str, old: Elements, new: Elements) -> Iterator[Difference]:
    for path in dict.fromkeys([*old, *new]):
        before, after = old.get(path, ()), new.get(path, ())
        added = tuple(each for each in after if each not in before)
        removed = tuple(each for each in before if each not in after)
        if added or removed:
            yield Difference("~", f"{where} {path}".strip(), added, removed, single=len(before) == len(after) == 1)


def _statements_differ(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    pairs = list(_pairs(old, new))
    for before, after in pairs:
        if before is not None and after is not None:
            name = _name(new, after)
            yield from _elements_differ(name, _flat(old[before]), _flat(new[after]))
    for before, after in pairs:
        if after is None and before is not None:
            yield Difference("-", _name(old, before), whole=old[before])
    for before, after in pairs:
        if before is None and after is not None:
            yield Difference("+", _name(new, after), whole=new[after])


def _pairs(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """The statements that are the same, changed or not, by their positions; None for one that has no other."""
    left, free = list(range(len(old))), list(range(len(new)))

    def score(before: int, after: int) -> float:
        sids = _sid(old[before]), _sid(new[after])
        one, other = (set(_canonical(_flat(each)).items()) for each in (old[before], new[after]))
        if one == other:
            return 3
        if sids[0] or sids[1]:
            return 2 if sids[0] == sids[1] else 0
        return len(one & other) / max(len(one), len(other), 1)

    ranked = sorted(((score(b, a), -b, -a) for b in left for a in free), reverse=True)
    for rank, b, a in ranked:
        # A single statement that has been rewritten is still that statement.
        if -b in left and -a in free and (rank >= _ALIKE or (rank > 0 and len(old) == len(new) == 1)):
            left.remove(-b)
            free.remove(-a)
            yield -b, -a
    yield from ((b, None) for b in left)
    yield from ((None, a) for a in free)


def _canonical(elements: Elements) -> Elements:
    return {path: tuple(sorted(set(values))) for path, values in elements.items()}


def _sid(statement: Any) -> str:
    return _text(statement["Sid"]) if isinstance(statement, Mapping) and statement.get("Sid") else ""


def _name(statements: Sequence[Any], position: int) -> str:
    return _sid(statements[position]) or f"statement {position + 1}"
