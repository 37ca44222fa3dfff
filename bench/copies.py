"""A copy of the repository to use as a user would, for end-to-end tests and benchmarks."""

import os
import shutil
import subprocess
from importlib.util import cache_from_source
from pathlib import Path

from automation.skipping import modules
from shared.layers import ROOT


def copy_repository(to: Path) -> None:
    """Copy the tracked and the new files of the working tree to the folder `to`. The copy has its own sandbox.

    It shares only the virtual environment and the engine with the repository. What Python has compiled goes along, and
    what the run queue knows of the modules.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
        if name.endswith(".py") and (compiled := Path(cache_from_source(name))) and (ROOT / compiled).is_file():
            (to / compiled).parent.mkdir(exist_ok=True)
            shutil.copy2(ROOT / compiled, to / compiled)
    known = Path("__pycache__", modules.FILE)
    if (ROOT / known).is_file():
        (to / known).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / known, to / known)
    for folder in (".venv", ".engine"):
        if (ROOT / folder).exists():
            (to / folder).symlink_to(ROOT / folder)


def user_environment(root: Path) -> dict[str, str]:
    """The environment variables of a user of the copy at `root`.

    The virtual environment is active, and there are no variables of CI, AWS or Pulumi.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_", "CI", "PYTEST_"))}
    path = f"{root / '.venv' / 'bin'}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "160"}
