"""Finds the commands that documents and messages tell the reader to run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import tasks
from shared.layers import LAYERS, ROOT
from tests.docs.test_documents import DOCUMENTS, code

FOLDERS = ("automation", "engine", "sandbox", "shared", "stacks")
"""The folders whose programs print something to the user; and tasks.py."""

QUOTED = re.compile(r"""(?:'[^']*'|"[^"]*"|[^ '"]|(?<=\w)')+""")
"""A word as a shell has it, or one with an apostrophe."""

STARTS = re.compile(r"(?<![\w./-])(invoke|pulumi|aws|make|git) (?=[a-z-])")
SEPARATORS = re.compile(r" && | \|\| |; | \| | > |\)$")

CHOSEN = re.compile(
    r"\b(?:ou-[a-z0-9]{4}-[a-z0-9]{8}|o-[a-z0-9]{10}|p-[a-z0-9]{8,}|\d{12})\b|(?<= )(?:[A-Z]{2,}|<[^>]+>)(?= |$)"
)
"""AWS's ids, which are others at each run, and what the reader is to put in: NAME, <backend>."""

PULUMI = {"cancel", "config", "import", "login", "plugin", "preview", "refresh", "stack", "state", "up"}
GIT = {"clone", "fetch", "checkout", "config"}


def of_documents() -> dict[str, list[str]]:
    """Command → the documents that tell the reader to run it."""
    found: dict[str, list[str]] = {}
    for document in DOCUMENTS:
        if document.name == "CHANGELOG.md":
            continue  # what was so in older versions
        for text in code(document.read_text()):
            for command in _split(re.split(r"\s# ", text)[0]):
                found.setdefault(command, []).append(str(document.relative_to(ROOT)))
    return found


def of_programs() -> dict[str, list[str]]:
    """Command → the programs that print it. What is put into it is `{}`."""
    found: dict[str, list[str]] = {}
    for file in [ROOT / "tasks.py", *sorted(each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py"))]:
        for text in _texts(ast.parse(file.read_text())):
            for command in in_prose(text):
                found.setdefault(command, []).append(str(file.relative_to(ROOT)))
    return found


def _split(text: str) -> Iterator[str]:
    """The commands in a line of a document or in a span of code."""
    for start in STARTS.finditer(text):
        if start.start() and text[start.start() - 1] not in ' (`"':
            continue
        rest = text[start.start() :]
        # What is inside of `"$(…)"` ends with it.
        rest = _until_closed(rest) if text[: start.start()].endswith("$(") else rest
        command = SEPARATORS.split(rest)[0].strip()
        if _is_command(command):
            yield CHOSEN.sub("{}", command)


def _until_closed(text: str) -> str:
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return text[:position]
    return text


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts of a program but for its docstrings, with `{}` for what is put into them."""
    inside = set()
    for node in ast.walk(tree):
        # A text that stands alone is a docstring.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inside.update(each for each in node.values if isinstance(each, ast.Constant))
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield re.sub(r"{\w+}", "{}", node.value)


def in_prose(text: str) -> Iterator[str]:
    """The commands in a message: what is in backquotes, or else the words that fit a command."""
    for start in STARTS.finditer(text):
        rest = text[start.start() :]
        if text[: start.start()].endswith("`"):
            command = rest.partition("`")[0]
        elif text[: start.start()].endswith("$("):
            command = _until_closed(rest)
        else:
            command = " ".join(_words(re.findall(QUOTED, rest.partition("\n")[0])))
            # A word alone may be meant as one: "pulumi config set …" is how something is set, not what to run.
            if not command.startswith("invoke ") and command.count(" ") < 2:
                continue
        if _is_command(command):
            yield CHOSEN.sub("{}", command)


def _words(words: list[str]) -> Iterator[str]:
    """The first of `words` that belong to one command; the others are the rest of the sentence."""
    after_option = False
    fixed = 2 if words[0] == "aws" else 1
    for position, word in enumerate(words):
        bare = word.rstrip(",;:.)")
        label = re.fullmatch(r"[\w{}.*-]*[/:{][\w{}/:.…*-]*|…", bare) is not None or bare in LAYERS
        belongs = after_option or label or bare.startswith(("-", "'", '"')) or position <= fixed
        if word == ">" or not belongs:
            return
        yield bare
        if bare != word and not word.startswith(("'", '"')):
            return
        after_option = bare.startswith("-") and "=" not in bare


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _is_command(text: str) -> bool:
    program, _, rest = text.partition(" ")
    word = rest.split(" ")[0]
    return {
        "invoke": word in tasks.namespace.task_names or word in ("--list", "--help"),
        "pulumi": word in PULUMI,
        "aws": " " in rest or word in ("configure", "sso"),
        "make": word in _targets(),
        "git": word in GIT,
    }[program]
