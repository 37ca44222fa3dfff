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
echo "$*" >> calls
case "$*" in
    *"import venv"*) exit ${NO_VENV:-0} ;;
    *"-m venv"*) mkdir -p .venv/bin .venv/packages; cp "$0" .venv/bin/python ;;
    *"pip"*"install"*) exit ${PIP_FAILS:-0} ;;
    *sysconfig*) echo .venv/packages ;;
    --version) echo Python 3.11.0 ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile, a lock file, and a Python that notes its calls."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").write_text("one==1\n")
    program(tmp_path / "python", PYTHON)
    return tmp_path


def install(clone: Path, python: str = "./python", **variables: str) -> subprocess.CompletedProcess[str]:
    (clone / "calls").unlink(missing_ok=True)
    command = ["make", "install", f"PYTHON={python}"]
    # `make test` runs this test: its own variables are not meant for another make.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        command, cwd=clone, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )


def calls(clone: Path) -> str:
    return (clone / "calls").read_text() if (clone / "calls").exists() else ""


def test_install_takes_exactly_what_the_lock_file_says_and_makes_the_repository_importable(
    clone: Path,
) -> None:
    done = install(clone)
    assert done.returncode == 0, done.stderr
    assert "install --no-deps --require-hashes -r requirements.lock" in calls(clone)
    assert "pip --disable-pip-version-check --quiet check" in calls(clone)
    assert (clone / ".venv" / "packages" / "repository.pth").read_text() == f"{clone}\n"


def test_install_again_does_nothing_until_the_lock_file_changes(clone: Path) -> None:
    install(clone)
    again = install(clone)
    assert (again.returncode, again.stdout, calls(clone)) == (0, "", "")
    (clone / "requirements.lock").write_text("one==2\n")
    assert install(clone).returncode == 0
    assert "-m venv --clear .venv" in calls(clone)


def test_install_starts_again_after_one_that_failed(clone: Path) -> None:
    assert install(clone, PIP_FAILS="1").returncode != 0
    assert install(clone).returncode == 0
    assert "--require-hashes" in calls(clone)


def test_a_repository_that_was_moved_is_installed_again(clone: Path) -> None:
    install(clone)
    moved = clone.with_name(clone.name + " moved")
    clone.rename(moved)
    assert install(moved).returncode == 0
    assert (moved / ".venv" / "packages" / "repository.pth").read_text() == f"{moved}\n"


def test_without_a_new_enough_python_the_error_says_what_to_do(clone: Path) -> None:
    done = install(clone, python="false")
    assert done.returncode != 0
    assert "no Python 3.11 or newer among: false." in done.stderr
    assert "make install PYTHON=" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_is_named(clone: Path) -> None:
    done = install(clone, NO_VENV="1")
    assert done.returncode != 0
    assert "./python has no venv module; install it" in done.stderr
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
