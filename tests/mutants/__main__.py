"""`make mutants`: puts one fault at a time into a copy of this repository and runs the tests that must find it.

A mutant that survives is a gap in the tests. `make mutants MUTANTS='boundary*'` tries those of some names only.
"""

import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutants import ROOT, Mutant, mutants

FAILED = 1
"""pytest's exit code when a test failed; a fault that keeps the tests from being collected proves nothing."""


def main() -> int:
    """Exit code 0 when every mutant was found, 1 when one survived."""
    patterns = sys.argv[1:] or ["*"]
    chosen = [one for one in mutants() if any(fnmatch.fnmatch(f"{one.area}/{one.name}", f"*{p}*") for p in patterns)]
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            copies.put(_copy(Path(folder) / str(number)))
        tests = sorted({test for one in chosen for test in one.tests})
        copy = copies.get()
        if tests and _pytest(copy, tests) != 0:
            print(f"these tests fail without any mutant: {' '.join(tests)}")
            return 1
        copies.put(copy)

        def found(mutant: Mutant) -> bool:
            copy = copies.get()
            file = copy / mutant.file
            before = file.read_text()
            try:
                file.write_text(mutant.mutated(copy))
                return _pytest(copy, mutant.tests) == FAILED
            finally:
                file.write_text(before)
                copies.put(copy)

        survivors = 0
        for mutant, was_found in zip(chosen, pool.map(found, chosen), strict=True):
            survivors += not was_found
            print(f"{'found   ' if was_found else 'SURVIVED'} {mutant.area}: {mutant.name}", flush=True)
    print(f"{len(chosen)} mutants, {survivors} survived")
    return 1 if survivors else 0


def _copy(target: Path) -> Path:
    """This repository's files as they are now, with the virtual environment and the engine of the original."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for name in (".venv", ".engine"):
        if (ROOT / name).exists():
            (target / name).symlink_to(ROOT / name)
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    return target


def _pytest(copy: Path, tests: tuple[str, ...] | list[str]) -> int:
    # PYTHONPATH: the virtual environment names the original's folder as the place of the packages.
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True).returncode


if __name__ == "__main__":
    sys.exit(main())
