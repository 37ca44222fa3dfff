"""Adds OUs, or a key, to a file that is there already, and leaves everything else in it as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from automation.adoption.texts import dumped
from shared.errors import UsageError

_KEY = re.compile(r"^(?P<indent> +)org:organizationalUnits:[ \t]*(?P<empty>\[\])?[ \t]*(?:#.*)?\n", re.MULTILINE)
_CONFIG = re.compile(r"^config:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*(?P<spaces> +)", re.MULTILINE)
_ITEM = re.compile(r"(?P<indent> *)- ")


def missing_units(text: str, entries: Sequence[Any]) -> list[Any]:
    """Those of `entries` that the file has not, nor an OU below them."""
    there = [_key(each) for each in _units(text)]
    return [
        each
        for each in entries
        if _key(each) not in there and (isinstance(each, dict) or not any(key.startswith(f"{each}/") for key in there))
    ]


def with_units(label: str, text: str, more: Sequence[Any]) -> str:
    """The file with `more` OUs. Raises `UsageError` with what to add by hand if it is not written as a list."""
    found = _KEY.search(text)
    if found:
        rest = text[found.end() :]
        item = _ITEM.match(rest)
        indent = item["indent"] if item else f"{found['indent']}  "
        body = "".join(f"{indent}{line}\n" for each in more for line in _entry(each))
        key = f"{found['indent']}org:organizationalUnits:\n" if found["empty"] else found[0]
        changed = text[: found.start()] + key + body + rest
        if _units(changed) == [*more, *_units(text)]:
            return changed
    lines = "\n".join(f"    {line}" for each in more for line in _entry(each))
    raise UsageError(f"{label}: org:organizationalUnits lacks these; put them in, and run the adoption again\n{lines}")


def with_key(text: str, key: str, lines: str) -> str | None:
    """The file with a `key` that it has not; `lines` are the key with what is below it. None if it has the key, or is
    not written so that it could be added."""
    before, found = _config(text), _CONFIG.search(text)
    if found is None or before is None or key in before:
        return None
    start = text.index("\n", found.start()) + 1
    added = "".join(f"{found['spaces']}{line}\n" if line else "\n" for line in lines.splitlines())
    changed = text[:start] + added + text[start:]
    return changed if _config(changed) == {**before, **yaml.safe_load(lines)} else None


def _config(text: str) -> dict[str, Any] | None:
    try:
        found = (yaml.safe_load(text) or {}).get("config")
    except (yaml.YAMLError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def _entry(entry: Any) -> list[str]:
    lines = dumped({"x": [entry]}).splitlines()[1:]
    return [line[2:] for line in lines]


def _units(text: str) -> list[Any]:
    try:
        return list((_config(text) or {}).get("org:organizationalUnits") or [])
    except TypeError:
        return []


def _key(entry: Any) -> str:
    return str(entry.get("key") if isinstance(entry, dict) else entry)
