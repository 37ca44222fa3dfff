"""The evaluator of npm: installed once for all tests and their processes."""

import shutil
import subprocess

import pytest

from engine.lock import locked
from tests.security.simulation import FOLDER

TIMEOUT = 300


def node() -> str:
    """The program `node`, with iam-simulate in place as the lock file has it.

    Without Node.js the test is skipped. Raises `AssertionError` if npm cannot install.
    """
    found, npm = shutil.which("node"), shutil.which("npm")
    if not (found and npm):
        pytest.skip("no Node.js on this machine, so iam-simulate cannot decide")
    stamp, lock = FOLDER / "node_modules" / "installed", FOLDER / "package-lock.json"
    with locked(FOLDER / ".install.lock"):
        if not (stamp.exists() and stamp.read_bytes() == lock.read_bytes()):
            done = subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=FOLDER,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
            assert done.returncode == 0, f"npm ci in {FOLDER}: {done.stdout}{done.stderr}"
            stamp.write_bytes(lock.read_bytes())
    return found
