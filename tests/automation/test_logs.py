"""A run's logs: who may read them, how many are kept, and what is never left in them."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from automation import runs
from automation.processes import Processes
from automation.stacks import StackFailed, Stacks
from shared.layers import StackId
from tests.machine import fake_pulumi, program

ORG = StackId("org", "sandbox")
STATE: dict[str, Any] = {"version": 3, "deployment": {"resources": []}}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_this_user_may_read_them(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        folder = runs._new_logs(tmp_path)
    finally:
        os.umask(before)
    assert folder.parent == tmp_path / ".runs"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700, 0o700]


def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / ".runs").mkdir()
    (tmp_path / ".runs").chmod(0o755)
    runs._new_logs(tmp_path)
    assert stat.S_IMODE((tmp_path / ".runs").stat().st_mode) == 0o700


def test_the_newest_are_kept(tmp_path: Path) -> None:
    names = [f"20260101-0000{number:02}.000000" for number in range(60)]
    for name in names:
        (tmp_path / ".runs" / name / "accounts").mkdir(parents=True)
    (tmp_path / ".runs" / "notes.txt").touch()
    folder = runs._new_logs(tmp_path)
    left = sorted(entry.name for entry in (tmp_path / ".runs").iterdir() if entry.is_dir())
    assert left == [*names[11:], folder.name]
    assert (tmp_path / ".runs" / "notes.txt").exists()


@pytest.mark.parametrize("outcome", ["succeeds", "fails", "no such stack", "is killed"])
def test_no_copy_of_a_state_is_left_in_them(tmp_path: Path, outcome: str) -> None:
    """It has the stack's secrets, if encrypted ones."""
    pulumi = fake_pulumi(tmp_path / "bin", "v3.200.0")
    command = PulumiCommand(str(tmp_path))
    ending = {
        "succeeds": "exit 0",
        "fails": "exit 1",
        "no such stack": "echo \"error: no stack named 'sandbox' found\" >&2; exit 1",
        "is killed": "kill -9 $$",
    }[outcome]
    program(pulumi, f'cp "$5" "{tmp_path}/seen"; {ending}')
    logs = tmp_path / "logs"
    stacks = Stacks(command, Processes(), None, logs, tmp_path)  # type: ignore[arg-type]
    ORG.folder(tmp_path).mkdir(parents=True)
    if outcome in ("fails", "is killed"):
        with pytest.raises(StackFailed):
            stacks.replace_state(ORG, STATE)
    else:
        stacks.replace_state(ORG, STATE)
    assert json.loads((tmp_path / "seen").read_text()) == STATE
    assert [file for file in tmp_path.rglob("*.json") if file.name != "seen"] == []
    assert list(logs.iterdir()) == []
