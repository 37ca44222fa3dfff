"""Which commit the work tree is compared with, for `--affected` without a revision and with one."""

from automation.selection.git import Git
from shared.errors import UsageError

_LACKS = "(a shallow clone lacks it: git fetch --unshallow)"

_DEFAULT = (
    "refs/remotes/origin/HEAD",
    "refs/heads/main",
    "refs/heads/master",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
)
"""Where the default branch is looked for."""

_BRANCHES = ("refs/heads/", "refs/remotes/")


def base_of(git: Git, revision: str) -> str:
    """The commit to compare with, for `--affected=REVISION`. Raises `UsageError`.

    Of a branch that the current one has diverged from, it is where that happened: what others have added there since
    is none of this branch's changes. Of a branch that is ahead, and of any other revision, it is the revision itself:
    what a step back takes away is a change as well.
    """
    commit = git.commit(revision)
    if commit is None:
        raise UsageError(f"--affected is {revision!r}; allowed: a git revision of this repository {_LACKS}")
    if not git.full_name(revision).startswith(_BRANCHES):
        return commit
    base = _where_they_meet(git, revision, commit)
    return commit if base == git.commit("HEAD") else base


def base_of_branch(git: Git, environment: str) -> tuple[str, str]:
    """The default branch, and the commit at which the current branch left it. Raises `UsageError`.

    `environment` is for the message on the default branch itself: there is nothing to compare it with.
    """
    full = next((name for name in _DEFAULT if git.commit(name)), None)
    if full is None:
        raise UsageError("--affected: there is no default branch to compare with; allowed: --affected=REF")
    name = full.split("/", 2)[2]
    base = _where_they_meet(git, name, full)
    current = git.target("HEAD")
    on_it = _short(current) == _short(git.target(full) or full) if current else base == git.commit("HEAD")
    if on_it:
        raise UsageError(
            f"--affected compares a branch with the default branch, {name}, and this is "
            + ("it" if current else "a commit of it")
            + "; allowed:\n"
            f"  since each stack's last deployment: invoke deploy-all --affected=deployed --env {environment}\n"
            f"  the last commit: invoke deploy-all --affected=HEAD~1 --env {environment}\n"
            f"  what is not committed: invoke deploy-all --affected=HEAD --env {environment}"
        )
    return name, base


def _short(branch: str) -> str:
    """The name of a branch without where it is: `refs/remotes/origin/main` is `main`, as is `refs/heads/main`."""
    return branch.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/")


def _where_they_meet(git: Git, name: str, revision: str) -> str:
    base = git.merge_base(revision, "HEAD")
    if base is None:
        raise UsageError(
            f"--affected is {name!r}; allowed: a git revision whose history meets that of the current one {_LACKS}"
        )
    return base
