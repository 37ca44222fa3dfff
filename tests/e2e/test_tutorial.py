"""The first hour, as docs/tutorial.md has it: every command in its order, each file written, each output as printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from shared.layers import ROOT
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

_PART = re.compile(
    r"^```console\n(?P<console>.*?)^```$|`(?P<file>[\w./-]+)`:\n\n```yaml\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)

INSTEAD = {"make sandbox": "invoke sandbox.start && invoke deploy-all"}
"""The copy has its packages and its engine already; this is the rest of what `make sandbox` does."""

EXIT_CODES = {"invoke drift": 2}
"""Of the first run of a command."""


def steps(document: str) -> Iterator[tuple[str, str, list[str]]]:
    """File and its text, or "$" with a command and what is printed below it; in the order of the document."""
    for part in _PART.finditer(document):
        if part["file"]:
            yield part["file"], part["text"], []
            continue
        for one in part["console"].split("$ ")[1:]:
            command, *printed = one.splitlines()
            yield "$", command, printed


def plain(text: str) -> str:
    """Without what differs from run to run: ids, times, and the width of tables."""
    return " ".join(re.sub(r"\d+(\.\d+)?", "0", text).split())


def test_steps_are_found_in_their_order() -> None:
    text = "# A\n\n```console\n$ a b\n...\nc\n$ d\n```\n\nInto\n`x/y.yaml`:\n\n```yaml\nk: v\n```\n"
    assert list(steps(text)) == [("$", "a b", ["...", "c"]), ("$", "d", []), ("x/y.yaml", "k: v\n", [])]


def test_the_first_hour(project: Project) -> None:
    codes = dict(EXIT_CODES)
    for kind, what, printed in steps((ROOT / "docs/tutorial.md").read_text()):
        if kind != "$":
            (project.root / kind).parent.mkdir(parents=True, exist_ok=True)
            (project.root / kind).write_text(what)
            continue
        # A shell of its own each, in which the sandbox's variables are set; before there is a sandbox, without them.
        script = INSTEAD.get(what, what)
        begun = (project.root / ".sandbox").exists()
        expect = codes.pop(what, 0)
        done = project.shell(script, expect=expect) if begun else project.run("bash", "-ec", script, expect=expect)
        print(f"$ {what}\n{done.output}")
        assert "Traceback" not in done.output, done.output
        left = [plain(line) for line in done.output.splitlines()]
        for line in printed:
            if line != "...":
                fits = [place for place, each in enumerate(left) if each.startswith(plain(line))]
                assert fits, f"{what}: {line!r} is not printed, or not there:\n{done.output}"
                left = left[fits[0] + 1 :]
    assert not list(project.root.glob("stacks/accounts/Pulumi.sandbox.web-shop.yaml"))
