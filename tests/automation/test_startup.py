"""A command does not compile this repository again, as invoke would have it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.copies import copy_repository, user_environment


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository in which no command is compiled."""
    copy_repository(tmp_path)
    for folder in list((tmp_path / "automation").rglob("__pycache__")):
        shutil.rmtree(folder)
    return tmp_path


def compiled(copy: Path, **variables: str) -> set[str]:
    """The modules of which there is compiled code after a command."""
    environment = {**user_environment(copy), **variables}
    subprocess.run(["invoke", "validate"], cwd=copy, env=environment, capture_output=True, check=True)
    return {file.name.partition(".")[0] for file in (copy / "automation").rglob("*.pyc")}


def test_what_a_command_loads_is_kept(copy: Path) -> None:
    kept = compiled(copy)
    assert {"cli", "validation", "configuration"} <= kept


def test_who_wants_no_compiled_code_gets_none(copy: Path) -> None:
    assert compiled(copy, PYTHONDONTWRITEBYTECODE="1") == set()
