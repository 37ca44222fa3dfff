"""Finds the stacks that changed files affect, with git."""

import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from automation.environments import environment
from automation.skipping.sources import LOCK_FILE, Sources, is_config, is_documentation
from shared.errors import UsageError
from shared.layers import StackId

_TOOLS = (LOCK_FILE, "engine/cli/", "engine/language-python/")
"""The files that set the versions of the engine, SDK and provider. A change affects every stack."""


def changed_files(since: str | None, root: Path) -> tuple[str, list[str]]:
    """The git revision to compare with, and the files of the repository at `root` that differ from it.

    `since` is a revision. The files are those that changed since it and the current branch diverged (as in `git diff
    since...`) and those that are not committed, including new files. None means the default branch: the remote's, or
    else `main` or `master`. Raises `UsageError`.
    """
    if _git(root, "rev-parse", "--is-inside-work-tree") is None:
        raise UsageError("--affected needs git, and this folder is not a git repository")
    name = since or _default_branch(root)
    base = _git(root, "merge-base", name, "HEAD")
    if not base:
        raise UsageError(
            f"--affected is {name!r}; allowed: a git revision whose history meets that of the current one "
            "(a shallow clone lacks it: git fetch --unshallow)"
        )
    listed = [
        _git(root, "diff", "--name-only", "-z", "--no-renames", "--relative", base[0]),
        _git(root, "ls-files", "--others", "--exclude-standard", "-z"),
    ]
    return name, sorted({file for output in listed for file in output or []})


def touched(files: Collection[str], stacks: Sequence[StackId], root: Path) -> set[StackId]:
    """The stacks whose configuration, program or tools are among `files` (paths relative to `root`).

    A deleted module affects every stack, because it is no longer known which programs imported it.
    """
    found: set[StackId] = set()
    sources = Sources(root)
    tools = {name: _TOOLS + environment(name, root).tool_paths for name in {stack.environment for stack in stacks}}
    for name in files:
        file = root.resolve() / name
        for stack in stacks:
            folder = root.resolve() / "stacks" / stack.layer
            if (
                name.startswith(tools[stack.environment])
                or file in sources.of(stack.layer)
                or name == stack.config_label
                or (not file.exists() and _may_have_been_read(file, folder, root.resolve()))
            ):
                found.add(stack)
    return found


def _may_have_been_read(file: Path, folder: Path, root: Path) -> bool:
    """Whether a deleted file may have been part of the program in `folder`."""
    of_program = file.is_relative_to(folder) and not is_config(file, folder)
    return (of_program or file.is_relative_to(root / "shared")) and not is_documentation(file)


def _default_branch(root: Path) -> str:
    for name in ("origin/HEAD", "main", "master"):
        if _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            return name
    raise UsageError("--affected: there is no default branch to compare with; allowed: --affected=REF")


def _git(root: Path, *arguments: str) -> list[str] | None:
    """The output of git as lines, or with -z as entries; None if git failed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [entry for entry in done.stdout.replace("\0", "\n").splitlines() if entry]
