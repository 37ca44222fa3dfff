"""The resources that the stacks would have after a deployment of another revision, previewed against the same states.

The revision's files are laid into a folder of the run. Its own programs run there, in the language host of this
repository. Stacks that the difference does not touch have what they have here.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from automation.access.planned import Resources, planned
from automation.access.resources import Resource
from automation.runs import Run, make_run
from automation.selection.changes import affected
from automation.selection.git import Git
from automation.selection.reading import Reading
from engine.install import get_engine
from shared.errors import UsageError
from shared.layers import StackId, discover, graph

_OF_HERE = ("automation/__init__.py", "automation/language_host", "engine")
"""What runs the revision's programs: this repository's, which records what they register."""


def planned_at(run: Run, revision: str, states: Mapping[StackId, Sequence[Resource]], here: Resources) -> Resources:
    """What the stacks would have after a deployment of `revision`. `here` is the same of the work tree.

    Raises `UsageError` for what is no revision, and `StackFailed`.
    """
    root = run.engine.root
    git = Git(root)
    commit = git.commit(revision)
    if commit is None:
        raise UsageError(f"--against is {revision!r}; allowed: a git revision of this repository")
    folder = run.logs / "revision"
    _lay_out(root, git.top, commit, folder)
    stacks = discover(run.environment.name, folder)
    touched = affected(git, git.changed(commit), run.stacks, Reading(run.environment.name, root))
    again = _with_others(stacks, {each for each in stacks if each in touched or each not in here})
    there = make_run(
        run.environment,
        get_engine(root, lambda _text: None),
        run.console,
        folder / ".runs",
        folder,
        parallel=run.parallel,
    )
    there.logs.mkdir(mode=0o700)
    found = planned(there, [each for each in stacks if each in again], states)
    return {stack: found[stack] if stack in again else here[stack] for stack in stacks}


def _lay_out(root: Path, top: Path, commit: str, folder: Path) -> None:
    """The revision's files, with what runs its programs from here."""
    inside = root.resolve().relative_to(top.resolve()).as_posix()
    tree = commit if inside == "." else f"{commit}:{inside}"
    done = subprocess.run(["git", "archive", "--format=tar", tree], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise UsageError(f"git archive of {commit} failed: {done.stderr.decode(errors='replace').strip()}")
    folder.mkdir(mode=0o700)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")
    for name in _OF_HERE:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(root / name, folder / name)


def _with_others(stacks: Sequence[StackId], chosen: set[StackId]) -> set[StackId]:
    """The chosen ones, the stacks that read them, and what all of these read."""
    edges = graph(stacks)
    found = chosen | {each for each in stacks if edges[each] & chosen}
    return found.union(*(edges[each] for each in found))
