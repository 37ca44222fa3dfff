"""What the documents name is there: commands as `invoke` and `make` take them, files, folders, links."""

import re
import shlex
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.program import Program

import tasks
from shared.layers import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("stacks/*/README.md"), ROOT / "sandbox/README.md"]
)
PROGRAMS = sorted(
    file
    for folder in ("automation", "engine", "sandbox", "shared", "stacks")
    for file in (ROOT / folder).rglob("*.py")
    if "`invoke " in file.read_text()
)
"""Files with messages that tell the user what to run."""

CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
INVOKE = re.compile(r"""\binvoke ((?:'[^']*'|"[^"]*"|[^`&|;)"'])+)""")
FOLDERS = "automation|bench|docs|docs_site|engine|sandbox|shared|stacks|tests"


def code(text: str) -> list[str]:
    """The code in a Markdown text: the lines of each block that are typed, and each span."""
    found = []
    for each in CODE.findall(text):
        if not each.startswith("```"):
            found.append(" ".join(each.strip("`").split()))
        elif each.startswith("```console\n"):
            found += [line.removeprefix("$ ") for line in each.splitlines() if line.startswith("$ ")]
    return found


def invoke_commands(text: str) -> list[str]:
    """What follows `invoke` in each command; comments are left out."""
    return [words.partition(" #")[0].strip() for each in code(text) for words in INVOKE.findall(each)]


@cache
def parser() -> Parser:
    """The one that `invoke` makes."""
    # A copy: the tasks lose their help in it.
    return Parser(contexts=deepcopy(tasks.namespace).to_contexts(), initial=Program().initial_context)


def parse(command: str) -> None:
    """Parse as `invoke` would. Raises `ParseError` for a task, an option or an argument that there is not."""
    words = shlex.split(command)
    if words[0] == "--help" and len(words) == 2:
        if words[1] not in {*tasks.namespace.task_names, "COMMAND"}:
            raise ParseError(f"no task is called {words[1]}")
        return
    parser().parse_argv(words)


@pytest.mark.parametrize(
    "wrong", ["doctor --stack prod", "--help nothing", "deploy", "up org --only org", "up", "sandbox.begin"]
)
def test_a_command_that_invoke_would_not_take_is_found(wrong: str) -> None:
    with pytest.raises(ParseError):
        parse(wrong)


def test_commands_are_found_wherever_they_are_printed() -> None:
    block = (
        """```console\n$ eval "$(invoke sandbox.env)"\ninvoke printed\n$ invoke a && invoke b --x 'y z' # why\n```"""
    )
    assert invoke_commands(f"see `invoke up\norg`:\n{block}") == ["up org", "sandbox.env", "a", "b --x 'y z'"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_invoke_takes_every_command_of_the_documents(document: Path) -> None:
    for command in invoke_commands(document.read_text()):
        # The name alone may stand for the command with whatever arguments.
        if command not in tasks.namespace.task_names:
            parse(command)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda file: str(file.relative_to(ROOT)))
def test_invoke_takes_every_command_that_a_message_names(program: Path) -> None:
    for command in re.findall(r"`invoke ([^`]+)`", program.read_text()):
        parse(re.sub(r"\{[^}]*\}", "x", command))


def test_there_is_a_target_for_every_make_of_the_documents() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    found = {
        target
        for document in DOCUMENTS
        for each in code(document.read_text())
        for target in re.findall(r"^make (\w+)", each)
    }
    assert {"sandbox", "test", "mutants", "bench"} <= found
    assert found <= set(targets)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_document_links_to_or_names_is_there(document: Path) -> None:
    text = document.read_text()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not (document.parent / link).exists()]
    named = [each for each in code(text) if re.fullmatch(rf"(?:{FOLDERS})/(?:[\w.-]+/)*(?:[\w-]+\.\w+)?", each)]
    written = set(re.findall(r"`([^`\n]+)`:\n\n```yaml\n", text))  # by the reader, from the block below the name
    assert [*missing, *(name for name in named if name not in written and not (ROOT / name).exists())] == []
