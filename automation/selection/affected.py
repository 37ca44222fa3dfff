"""The stacks that `--affected` chooses."""

import sys
from collections.abc import Sequence
from pathlib import Path

from automation.paths import short
from automation.selection.changes import affected, unwatched
from automation.selection.git import Git
from automation.selection.reading import Reading
from automation.selection.removed import removed, ways
from automation.selection.revisions import base_of, base_of_branch
from automation.skipping.ledger import run_each_time
from shared.layers import StackId

DEPLOYED = "deployed"
"""What `--affected` is for the last deployment of each stack. A branch of that name is `refs/heads/deployed`."""


def affected_ones(since: str | bool, stacks: Sequence[StackId], root: Path) -> tuple[str, set[StackId]]:
    """What the work tree is compared with, as users see it, and the ones of `stacks` that the difference affects.

    `since` is a git revision, `DEPLOYED`, or True for the default branch. All stacks are of one environment. What
    cannot be compared counts as affected; that, and stacks whose file is gone, is said on standard error, since a
    script reads standard output. Raises `UsageError`.
    """
    git, environment = Git(root), stacks[0].environment
    found: set[StackId] = set()
    if since == DEPLOYED:
        name = "the last deployment"
        bases, unknown_base = _deployed(git, stacks, root)
        found |= unknown_base
    elif isinstance(since, str):
        name = since
        bases = {base_of(git, since): list(stacks)}
    else:
        name, base = base_of_branch(git, environment)
        bases = {base: list(stacks)}
    reading = Reading(environment, root)
    gone: set[StackId] = set()
    for commit, those in bases.items():
        changed = git.changed(commit)
        found |= affected(git, changed, those, reading)
        gone |= set(removed(changed, environment, root))
    compared = [stack for those in bases.values() for stack in those]
    unknown = unwatched(git, compared, reading)
    if unknown:
        names = ", ".join(str(short(file, reading.root)) for file in unknown)
        _tell(f"git does not show changes of these files, so they count as changed: {names}")
    each_time = {stack: texts for stack in stacks if (texts := run_each_time(stack, root))}
    for stack, texts in each_time.items():
        _tell(f"{stack.label} counts as affected: its program has read what git does not show: {', '.join(texts)}")
    for stack in sorted(gone):
        _tell(f"{stack.label} has no file any more, since {name}: {ways(stack)}")
    return name, found.union(each_time, *unknown.values())


def _deployed(git: Git, stacks: Sequence[StackId], root: Path) -> tuple[dict[str, list[StackId]], set[StackId]]:
    """Commit → the stacks that were last deployed from it; and those for which there is no such commit."""
    # Imported here because it needs the engine's SDK, which takes a second.
    from automation.selection.deployed import last_deployments

    bases: dict[str, list[StackId]] = {}
    without: set[StackId] = set()
    for stack, last in last_deployments(stacks, root).items():
        commit, why = last.commit, last.why
        if commit and not git.commit(commit):
            why = (
                f"it was deployed from commit {commit[:7]}, which this repository does not have "
                "(a shallow clone lacks it: git fetch --unshallow)"
            )
            commit = None
        if commit is None:
            _tell(f"{stack.label} counts as affected: {why}")
            without.add(stack)
        else:
            bases.setdefault(commit, []).append(stack)
    return bases, without


def _tell(line: str) -> None:
    # Names of files need not be text.
    print(line.encode(errors="backslashreplace").decode(), file=sys.stderr, flush=True)
