"""The changes of resources as text: what a user must see to agree to them, in lines that fit the terminal."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from automation.events import Change
from automation.reporting import documents
from automation.results import Wording
from automation.values import Marker, PropertyChange

SHOWN_LINES = 8
"""Lines under a resource unless all are asked for."""

SIGNS = {
    "created": ("+", "green"),
    "updated": ("~", "yellow"),
    "replaced": ("±", "magenta"),
    "deleted": ("-", "red"),
    "kept": ("∅", "blue"),
    "unchanged": ("=", "dim"),
}
"""The sign of each change where there is no room for the word, and its style."""

_INDENT = "  "
_NARROWEST = 30
_CUT = "…"
_FORCES = " (forces the replacement)"
_BEFORE = 12
"""Characters that two long values have in common and that are shown before their difference."""


def headline(wording: Wording, change: Change) -> str:
    """What happens to the resource, in a line."""
    what = "kept in AWS, no longer managed:" if change.what == "kept" else change.what
    old = ", the old one is kept in AWS" if change.keeps_old else ""
    return f"{wording.change}{what} {change.resource}{old}"


def lines(change: Change, width: int, *, full: bool = False) -> list[str]:
    """The lines under the resource's own: its properties, old and new.

    Unless `full`, values are cut and only the first `SHOWN_LINES` lines are shown, and of a resource that is created
    or deleted none.
    """
    room = max(width - len(_INDENT), _NARROWEST)
    if change.what not in ("updated", "replaced", "changed"):
        return [_INDENT + line for value in change.values for line in _inputs(change, value, room)] if full else []
    blocks = [(not value.forces_replacement, _property(value, room, full=full)) for value in change.values]
    # The shortest first: a long document must not hide that there is more than it.
    found = [line for _, block in sorted(blocks, key=lambda each: (each[0], len(each[1]))) for line in block]
    if not full and len(found) > SHOWN_LINES:
        found = [*found[: SHOWN_LINES - 1], f"{len(found) - SHOWN_LINES + 1} more lines: --diff"]
    return [_INDENT + line for line in found]


def wrapped(text: str, room: int) -> list[str]:
    """The text in lines of `room` characters; a word that is longer, such as an ARN, is one line, to be copied."""
    indent = text[: len(text) - len(text.lstrip())]
    found = textwrap.wrap(
        text,
        max(room, _NARROWEST),
        subsequent_indent=indent + _INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return found or [text]


def shown(value: Any) -> str:
    """A value in a line."""
    if value is None:
        return "not set"
    return str(value) if isinstance(value, Marker) else json.dumps(value, ensure_ascii=False)


def _inputs(change: Change, value: PropertyChange, room: int) -> list[str]:
    """A property of a resource that is created or deleted."""
    found = value.new if change.what == "created" else value.old
    document = documents.parse(found)
    if document and len(f"{value.path}: {shown(found)}") > room:
        return [f"{value.path}:", *_block(_INDENT, document, room)]
    return wrapped(f"{value.path}: {shown(found)}", room)


def _property(value: PropertyChange, room: int, *, full: bool) -> list[str]:
    """A property, old and new: in one line if they fit, otherwise in a line each, documents by their differences."""
    name = f"{value.path}{_FORCES if value.forces_replacement else ''}"
    old, new = documents.parse(value.old), documents.parse(value.new)
    if _is_document(old) or _is_document(new):
        return [f"{name}:", *(_INDENT + line for line in _document(value, old, new, room - len(_INDENT), full=full))]
    if isinstance(old, list) and isinstance(new, list):
        added, removed = ([shown(v) for v in one if v not in other] for one, other in ((new, old), (old, new)))
        if added or removed:
            return _sides(name, removed, added, room, full=full)
    return _sides(name, [shown(value.old)], [shown(value.new)], room, full=full, single=True)


def _is_document(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value))


def _document(value: PropertyChange, old: Any, new: Any, room: int, *, full: bool) -> Iterator[str]:
    """What differs between two documents, or between one and what is none, such as a value that is not known yet."""
    found = documents.differences(
        documents.empty(new) if old is None else old, documents.empty(old) if new is None else new
    )
    if old is not None and new is not None and not found:
        yield from wrapped("~ the same but for order or form", room)
    for each in found:
        if each.whole is None:
            yield from (
                f"{each.sign if number == 0 else ' '} {line}"
                for number, line in enumerate(
                    _sides(each.where, each.removed, each.added, room - 2, full=full, single=each.single)
                )
            )
        elif full:
            yield f"{each.sign} {each.where}:"
            yield from _block(f"{each.sign} {_INDENT}", each.whole, room)
        else:
            yield _cut(f"{each.sign} {each.where}: {documents.summary(each.whole)}", room)
    if old is None or new is None:
        sign, other = ("-", value.old) if old is None else ("+", value.new)
        yield from _signed(sign, [shown(other)], room, full=full)


def _sides(
    name: str, removed: Sequence[str], added: Sequence[str], room: int, *, full: bool, single: bool = False
) -> list[str]:
    """`name: old → new` of a single value, or `name: + new; - old`; what does not fit is below the name."""
    if single:
        line = f"{name}: {removed[0]} → {added[0]}"
    else:
        signed = [f"{sign} {', '.join(each)}" for sign, each in (("+", added), ("-", removed)) if each]
        line = f"{name}: {'; '.join(signed)}"
    if len(line) <= room:
        return [line]
    room -= len(_INDENT)
    if single and not full:
        before, after = _around_difference(removed[0], added[0], room - 2)
        removed, added = [before], [after]
    sides = [*_signed("-", removed, room, full=full), *_signed("+", added, room, full=full)]
    return [*wrapped(f"{name}:", room), *(_INDENT + each for each in sides)]


def _signed(sign: str, values: Sequence[str], room: int, *, full: bool) -> list[str]:
    """The values with a sign: all of them, or as many as a line has room for."""
    if full:
        parts = [part for value in values for part in wrapped(value, room - 2)]
        return [f"{sign} {part}" for part in parts]
    if not values:
        return []
    for number in range(len(values), 0, -1):
        more = f" and {len(values) - number} more" if number < len(values) else ""
        line = f"{sign} {', '.join(values[:number])}"
        if len(line) + len(more) <= room:
            return [line + more]
    more = f" and {len(values) - 1} more" if len(values) > 1 else ""
    return [_cut(f"{sign} {values[0]}", room - len(more)) + more]


def _block(start: str, document: Any, room: int) -> list[str]:
    """The document over several lines, each of which begins with `start`."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return [start + part for line in text.splitlines() for part in wrapped(line, room - len(start))]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + _CUT


def _around_difference(old: str, new: str, room: int) -> tuple[str, str]:
    """Both values; from shortly before the place where they differ if one is longer than `room`."""
    pairs = enumerate(zip(old, new, strict=False))
    start = next((n for n, (one, other) in pairs if one != other), min(len(old), len(new))) - _BEFORE
    if start <= 0 or max(len(old), len(new)) <= room:
        return old, new
    return _CUT + old[start:], _CUT + new[start:]
