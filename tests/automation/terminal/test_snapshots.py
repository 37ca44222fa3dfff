"""Everything that is printed for people, at four widths of the terminal.

The snapshots are to be read. After a change: `SNAPSHOTS=write pytest tests/automation/terminal`, and read them again.
"""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.events import Counts
from automation.reporting.display import Screen
from tests.automation.terminal.scenes import EXPORTED, SCENES, STACKS

FOLDER = Path(__file__).parent / "snapshots"
WIDTHS = (60, 80, 120, 200)
COLUMNS = {*Counts._fields, "seconds", "stack", "result", "found", "state", "value", "properties"}
COLUMNS |= {"a", "deployment", "would"}
"""Words of columns that have no name where a row has lines of its own, or that are left out when nothing is in them."""
WHOLE = re.compile(r"arn:\S+|https:\S+|invoke [a-z-]+(?: accounts/\S+)?(?: --[a-z]+ \S+)*")
"""What is copied from a terminal: it stands on one line, however long."""


def shown(scene: str, width: int) -> str:
    """What a terminal of that width has. Spaces at the ends of lines are not seen."""
    screen = io.StringIO()
    SCENES[scene](Screen(file=screen, force_terminal=True, width=width, height=40, color_system=None))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_printed_is_what_was_read(scene: str) -> None:
    text = "".join(f"===== {width} columns\n{shown(scene, width)}" for width in WIDTHS)
    file = FOLDER / f"{scene}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        file.write_text(text)
    assert file.read_text() == text, "after reading what is different: SNAPSHOTS=write pytest tests/automation/terminal"


def test_there_is_a_scene_for_each_snapshot() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.txt")) == sorted(SCENES)


def _copied(text: str) -> Iterator[str]:
    return (each[0].rstrip(".,;)`") for each in WHOLE.finditer(text))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_cut_and_no_word_is_broken(scene: str, width: int) -> None:
    wide, text = shown(scene, 1000), shown(scene, width)
    assert "…" not in text
    for copied in _copied(wide):
        assert copied in text
    words = {word for word in re.split(r"[\s,;:()]+", wide) if len(word) > 3 and "─" not in word}
    missing = [word for word in words if word not in text]
    assert set(missing) <= COLUMNS
    for line in text.splitlines():
        assert len(line) <= width or WHOLE.search(line) or " " not in line.strip(), line


def test_every_stack_and_arn_is_whole_at_80_columns() -> None:
    for scene in ("deployed", "failed", "preview", "drift"):
        for stack in STACKS:
            assert stack.label in shown(scene, 80)
    for exported in EXPORTED.values():
        for arn in exported["roleArns"].values():
            assert f"{arn}\n" in shown("access", 80)
