"""Writes a file as a person would: keys in their order, comments above what somebody must decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from shared.yaml_files import Dumper


class _Indented(Dumper):
    """Lists below a key are indented, which reads better."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _text(dumper: _Indented, value: str) -> yaml.Node:
    """Texts of several lines, such as documents, stand as they are."""
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Indented.add_representer(str, _text)


@dataclass
class Lines:
    """The keys of a file in their order, each with the comments above it."""

    head: str
    keys: list[tuple[tuple[str, ...], str, Any]] = field(default_factory=list)

    def add(self, key: str, value: Any, *comments: str) -> None:
        """One more key."""
        self.keys.append((comments, key, value))

    def text(self, under: str | None = None) -> str:
        """The file; with `under`, all keys are below that key."""
        lines = [f"# {self.head}", *([f"{under}:"] if under else [])]
        for comments, key, value in self.keys:
            body = [*(f"# {each}" for each in comments), *dumped({key: value}).splitlines()]
            lines += [f"  {line}" if under and line else line for line in body]
        return "\n".join(lines) + "\n"


def dumped(value: Mapping[str, Any]) -> str:
    """YAML that the engine and this project read as it is meant: texts like `no`, `017` and `1e3` are in quotes."""
    return yaml.dump(
        dict(value), Dumper=_Indented, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )


def same_keys(one: str, other: str) -> bool:
    """Whether two files say the same. The engine adds keys of its own, such as `encryptionsalt`, to a stack's file, and
    then writes numbers, `false` and null in it as texts. The order in a list is of no matter in any of these files."""
    first, second = (_meant(each) for each in (one, other))
    return first is not None and first == second


def _meant(text: str) -> Any:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return _as_text(found.get("config", found)) if isinstance(found, dict) else found


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_as_text(inner) for inner in value), key=json.dumps)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
