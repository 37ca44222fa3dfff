"""Tells whether a test runs a command: whether the command is in its source, or in what it uses of its own modules."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from shared.layers import ROOT


class NoSuchTest(Exception):
    """There is no test with this id."""


def runs(test: str, command: str) -> bool:
    """Whether `test`, a node id of pytest, has the command as one text or as the words of a call.

    `{}` in the command stands for anything. Raises `NoSuchTest`.
    """
    texts = _texts_of(test)
    pattern = "".join(".+" if part == "{}" else re.escape(part) for part in re.split(r"({})", command))
    if any(re.search(rf"(?<!\w){pattern}(?!\w)", text) for text in texts):
        return True
    try:
        words = [word for word in shlex.split(command)[1:] if "{}" not in word]
    except ValueError:
        return False
    return command.startswith("invoke ") and bool(words) and set(words) <= texts


def _texts_of(test: str) -> frozenset[str]:
    file, _, name = test.partition("::")
    path = ROOT / file
    if not name or not path.is_file() or name not in _definitions(path):
        raise NoSuchTest(test)
    known = {**_definitions(path.parent / "conftest.py"), **_definitions(path)}
    for module in ("accidents.py", "project.py"):
        known = {**_definitions(path.parent / module), **known}
    found: set[str] = set()
    seen: set[str] = set()
    left = [name]
    while left:
        here = left.pop()
        if here in seen or here not in known:
            continue
        seen.add(here)
        for node in ast.walk(known[here]):
            if isinstance(node, ast.Name):
                left.append(node.id)
            elif isinstance(node, ast.arg | ast.Attribute):
                left.append(node.arg if isinstance(node, ast.arg) else node.attr)
        found.update(_texts(known[here]))
    return frozenset(found)


@cache
def _definitions(path: Path) -> dict[str, ast.AST]:
    """The functions, methods and constants of a module, by name."""
    if not path.is_file():
        return {}
    found: dict[str, ast.AST] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({each.id: node for each in targets if isinstance(each, ast.Name) and each.id.isupper()})
    return found


def _texts(tree: ast.AST) -> Iterator[str]:
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value
