"""Adds OUs to a file that is there already, and leaves everything else in it as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from automation.adoption.texts import dumped
from shared.errors import UsageError

_KEY = re.compile(r"^(?P<indent> +)org:organizationalUnits:[ \t]*(?P<empty>\[\])?[ \t]*(?:#.*)?\n", re.MULTILINE)
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


def _entry(entry: Any) -> list[str]:
    lines = dumped({"x": [entry]}).splitlines()[1:]
    return [line[2:] for line in lines]


def _units(text: str) -> list[Any]:
    try:
        config = (yaml.safe_load(text) or {}).get("config") or {}
        return list(config.get("org:organizationalUnits") or [])
    except (yaml.YAMLError, AttributeError, TypeError):
        return []


def _key(entry: Any) -> str:
    return str(entry.get("key") if isinstance(entry, dict) else entry)
