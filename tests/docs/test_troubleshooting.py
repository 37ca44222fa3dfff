"""What the page of messages has, the programs say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from shared.layers import ROOT

NOT_OURS = {"cannot execute: required file not found", "invoke: command not found"}
"""What the shell says."""

_ROW = re.compile(r"^\| `(.+?)`(?: \|)", re.MULTILINE)
MESSAGES = [found for found in _ROW.findall((ROOT / "docs/troubleshooting.md").read_text()) if found not in NOT_OURS]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_program_says_it(message: str) -> None:
    assert any(message in text for text in _said()), f"no message of a program has {message!r}"


def test_the_page_has_its_messages() -> None:
    assert len(MESSAGES) > 30


@cache
def _said() -> tuple[str, ...]:
    return (*_texts(), (ROOT / "Makefile").read_text())


def _texts() -> Iterator[str]:
    for folder in ("automation", "engine", "sandbox", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
