"""Packages of npm that tests use: installed once for all tests and their processes, as the lock file has them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.lock import locked

TIMEOUT = 300


def installed(folder: Path, purpose: str) -> str:
    """The program `node`, with the packages of `folder` in place.

    Without Node.js the test is skipped, and `purpose` says what is not tested then. Raises `AssertionError` if npm
    cannot install.
    """
    found, npm = shutil.which("node"), shutil.which("npm")
    if not (found and npm):
        pytest.skip(f"no Node.js on this machine, so {purpose}")
    stamp, lock = folder / "node_modules" / "installed", folder / "package-lock.json"
    with locked(folder / ".install.lock"):
        if not (stamp.exists() and stamp.read_bytes() == lock.read_bytes()):
            done = subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
            assert done.returncode == 0, f"npm ci in {folder}: {done.stdout}{done.stderr}"
            stamp.write_bytes(lock.read_bytes())
    return found
