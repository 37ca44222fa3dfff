"""The Makefile's `install` with a Python that only notes how it is called, and what CI calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.layers import ROOT
from tests.machine import program

PYTHON = """
echo "$0 $*" >> calls
case "$*" in
    *--current*) exit ${CHANGED:-0} ;;
    *packages.py*) exit ${FAILS:-0} ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile, and a Python that notes its calls."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    program(tmp_path / "python", PYTHON)
    return tmp_path


def make(clone: Path, target: str = "install", python: str = "./python", **variables: str) -> tuple[int, str]:
    """The exit code, and what was written to standard error."""
    (clone / "calls").unlink(missing_ok=True)
    command = ["make", target, f"PYTHON={python}"]
    # `make test` runs this test: its own variables are not meant for another make.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command, cwd=clone, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def calls(clone: Path) -> list[str]:
    return (clone / "calls").read_text().splitlines() if (clone / "calls").exists() else []


def installed(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(clone / "python", clone / ".venv" / "bin")


def test_a_new_clone_is_installed_by_the_python_that_is_asked_for(clone: Path) -> None:
    assert make(clone) == (0, "")
    assert calls(clone)[-1] == "./python engine/packages.py .venv requirements.lock"


def test_where_all_is_installed_no_other_python_is_looked_for(clone: Path) -> None:
    installed(clone)
    assert make(clone, python="false") == (0, "")
    assert calls(clone) == [".venv/bin/python engine/packages.py --current .venv requirements.lock"]


def test_a_change_is_installed_by_the_python_that_is_asked_for(clone: Path) -> None:
    installed(clone)
    assert make(clone, CHANGED="1") == (0, "")
    assert calls(clone)[-1] == "./python engine/packages.py .venv requirements.lock"


def test_nothing_goes_on_after_packages_that_were_not_installed(clone: Path) -> None:
    code, _ = make(clone, "pack", FAILS="1")
    assert code != 0
    assert calls(clone)[-1] == "./python engine/packages.py .venv requirements.lock"


def test_the_other_environments_are_made_by_the_same_program(clone: Path) -> None:
    installed(clone)
    assert make(clone, "pack") == (0, "")
    assert calls(clone)[-1] == ".venv/bin/python engine/packages.py policy_pack/venv policy_pack/requirements.txt"


def test_without_a_new_enough_python_the_error_says_what_to_do(clone: Path) -> None:
    code, errors = make(clone, python="false")
    assert code != 0
    assert "no Python 3.11 or newer among: false." in errors
    assert "make install PYTHON=" in errors
    assert not (clone / ".venv").exists()


def test_ci_runs_make_test(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    program(tmp_path / "make", 'echo "$PWD: $*"; exit 7')
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], cwd="/", env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (7, f"{tmp_path}: test\n")


def test_every_module_that_a_target_runs_is_a_program() -> None:
    """A module without a main part would do nothing, and `make` would go on as if it had."""
    modules = re.findall(r"python\)? -m ([\w.]+)", (ROOT / "Makefile").read_text())
    own = {module for module in modules if (ROOT / module.split(".")[0]).is_dir()}
    assert {"engine", "bench", "tests.mutants"} <= own
    for module in own:
        path = ROOT / module.replace(".", "/")
        program = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert 'if __name__ == "__main__":' in program.read_text(), module
