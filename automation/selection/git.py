"""git, asked so that neither the user's settings nor variables change its answers, and a failure is never an answer."""

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

from shared.errors import UsageError

_SETTINGS = ("core.fsmonitor=false", "core.ignoreStat=false", "diff.autoRefreshIndex=true")

_DIFF = (
    "diff --raw -z --no-abbrev --no-renames --no-relative --no-color --no-ext-diff --no-textconv --submodule=short "
    f"--ignore-submodules=none -O{os.devnull}"
).split()

_KEPT = ("GIT_CONFIG_", "GIT_SSH", "GIT_SSL", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_TERMINAL_PROMPT")
"""The beginnings of git's variables that are not about which repository, index or files it works on."""

_GITLINK = "160000"
"""The mode of a submodule in its parent."""


class Git:
    """The repository that the folder `root` is in. `top` is the repository's folder. Raises `UsageError`."""

    def __init__(self, root: Path) -> None:
        self.top = root
        where = self._run("rev-parse", "--show-toplevel", doing="--affected needs git")
        self.top = Path(os.fsdecode(where.removesuffix(b"\n")))

    def changed(self, commit: str) -> dict[Path, str | None]:
        """The paths at which the work tree and `commit` differ, and those of new files. Each with its blob at the
        commit; None if it was no file there.

        A submodule, or a repository in this one that git does not know, is one path: that of its folder.
        """
        parts = _entries(self._run(*_DIFF, commit, "--"))
        found: dict[Path, str | None] = dict.fromkeys(self._new(self.top))
        for about, name in zip(parts[::2], parts[1::2], strict=True):
            mode, _, blob = os.fsdecode(about).lstrip(":").split(" ")[:3]
            found[self.top / os.fsdecode(name)] = blob if mode.startswith("100") else None
        return found

    def watched(self, paths: Collection[Path], folder: Path | None = None) -> set[Path]:
        """Those of `paths` (without links in them) whose changes git shows.

        It does not show those of ignored files, and of files that the user told it not to look at.
        """
        folder = folder or self.top
        found: set[Path] = set()
        submodules: list[Path] = []
        inside = {path for path in paths if path.is_relative_to(folder)}
        for entry in _entries(self._run("ls-files", "--stage", "-v", "-z", folder=folder)):
            about, _, name = entry.partition(b"\t")
            tag, mode = os.fsdecode(about).split(" ")[:2]
            path = folder / os.fsdecode(name)
            if mode == _GITLINK:
                submodules.append(path)
            elif not (tag == "S" or tag.islower()):  # skip-worktree, assume-unchanged
                found.add(path)
        new = self._new(folder)
        found = {path for path in inside if path in found or not new.isdisjoint([path, *path.parents])}
        for path in submodules:
            if any(each.is_relative_to(path) for each in inside) and (path / ".git").exists():
                found |= self.watched(inside, path)
        return found

    def blob(self, name: str) -> bytes:
        """The content of a blob."""
        return self._run("cat-file", "blob", name)

    def commit(self, revision: str) -> str | None:
        """The commit that a revision stands for; None if there is none."""
        if revision.startswith("-"):
            return None
        return self._line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", no=(1, 128))

    def full_name(self, revision: str) -> str:
        """The full name of a branch or tag, such as `refs/heads/main`; empty for any other revision."""
        return self._line("rev-parse", "--symbolic-full-name", revision) or ""

    def target(self, name: str) -> str | None:
        """The full name of what a symbolic name, such as HEAD, stands for; None if it is not symbolic."""
        return self._line("symbolic-ref", "--quiet", name, no=(1,))

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit at which two revisions diverged; None if their histories do not meet."""
        return self._line("merge-base", one, other, no=(1,))

    def _line(self, *arguments: str, no: Collection[int] = ()) -> str | None:
        """The first line of git's answer; None if it is empty, or git ends with an exit code in `no`."""
        lines = os.fsdecode(self._run(*arguments, no=no)).splitlines()
        return lines[0] if lines else None

    def _new(self, folder: Path) -> set[Path]:
        """The files in a folder that are neither committed nor staged nor ignored."""
        names = _entries(self._run("ls-files", "--others", "--exclude-standard", "-z", folder=folder))
        return {folder / os.fsdecode(name) for name in names}

    def _run(
        self, *arguments: str, no: Collection[int] = (), folder: Path | None = None, doing: str | None = None
    ) -> bytes:
        """What git prints; nothing if it ends with an exit code in `no`. Raises `UsageError` if it fails otherwise."""
        settings = [word for each in _SETTINGS for word in ("-c", each)]
        command = ["git", "--no-optional-locks", "--literal-pathspecs", *settings, *arguments]
        variables = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)
        }
        try:
            done = subprocess.run(
                command,
                cwd=folder or self.top,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise UsageError(f"--affected needs git, which cannot be started: {error.strerror}") from None
        if done.returncode == 0:
            return done.stdout
        if done.returncode in no:
            return b""
        doing = doing or f"--affected: git {arguments[0]} failed"
        raise UsageError(f"{doing}: {_message(done.stderr) or f'exit code {done.returncode}'}")


def _entries(output: bytes) -> list[bytes]:
    return output.split(b"\0")[:-1]


def _message(output: bytes) -> str:
    """The line that says why git failed."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("fatal:")]
    return (fatal or lines or [""])[-1].removeprefix("fatal: ")
