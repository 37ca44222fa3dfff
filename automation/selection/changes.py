"""Finds the stacks that changes of files affect."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from automation.selection.git import Git
from automation.selection.reading import Reading
from automation.skipping.modules import module
from automation.skipping.sources import is_config, is_documentation, policy_folder
from shared.layers import StackId
from shared.policy_files import FOLDER


def touched(files: Collection[Path], stacks: Sequence[StackId], reading: Reading) -> dict[Path, set[StackId]]:
    """Each of `files` with the stacks whose configuration, program or tools it is part of.

    A deleted module affects every stack, because it is no longer known which programs imported it.
    """
    return {file: {stack for stack in stacks if _concerns(file, stack, reading)} for file in files}


def affected(git: Git, changed: Mapping[Path, str | None], stacks: Sequence[StackId], reading: Reading) -> set[StackId]:
    """The stacks that `changed` affects, which is the difference between a commit and the work tree (`Git.changed`).

    A Python file that means what it meant, because only comments or its formatting differ, affects none.
    """
    found: set[StackId] = set()
    for file, concerned in touched(changed, stacks, reading).items():
        if not concerned <= found and not _means_the_same(git, file, changed[file]):
            found |= concerned
    return found


def unwatched(git: Git, stacks: Sequence[StackId], reading: Reading) -> dict[Path, set[StackId]]:
    """The files of which git cannot tell whether they have changed, each with the stacks that read them.

    They are ignored, or not in this repository, or git was told not to look at them (`git update-index
    --assume-unchanged` and `--skip-worktree`).
    """
    readers: dict[Path, set[StackId]] = {}
    for stack in stacks:
        for files in reading.of(stack):
            for steps in files.trails.values():
                for step in steps:
                    readers.setdefault(step, set()).add(stack)
    seen = git.watched(readers.keys())
    return {step: found for step, found in sorted(readers.items()) if step not in seen and os.path.lexists(step)}


def _concerns(file: Path, stack: StackId, reading: Reading) -> bool:
    if any(file in files.paths for files in reading.of(stack)):
        return True
    root = reading.root
    if file.is_relative_to(root):
        name = file.relative_to(root).as_posix()
        if f"{name}/".startswith(reading.tool_paths):
            return True
    return not os.path.lexists(file) and _may_have_been_read(file, stack, reading)


def _may_have_been_read(file: Path, stack: StackId, reading: Reading) -> bool:
    """Whether a deleted file may have been part of the stack's program."""
    folder = stack.folder(reading.root)
    if is_documentation(file) or is_config(file, folder):
        return False
    folders = [folder, reading.root / "shared", *reading.program(stack.layer).linked_folders]
    if file.is_relative_to(reading.root / FOLDER):  # a policy file: of another environment it was never read
        policies = policy_folder(stack.layer, stack.environment, reading.root)
        folders = [policies] if policies else []
    return any(file.is_relative_to(each) for each in folders)


def _means_the_same(git: Git, file: Path, blob: str | None) -> bool:
    if blob is None or file.suffix != ".py" or file.is_symlink() or not file.is_file():
        return False
    return module(git.blob(blob)).meaning == module(file.read_bytes()).meaning
