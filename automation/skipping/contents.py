"""Digests of many or large files, made once for each state that they are in.

Their content is what counts: a package that is installed anew, or restored by a CI job, has other times and is the
same. To read a hundred megabytes in every run takes too long, so the digest is kept with what shows that no file was
written since: sizes, times and inodes.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from automation.kept import keep
from shared.private_folders import private_folder

KEPT = 50
"""How many digests are kept, the last ones."""


class Contents:
    """The digests that are kept in `file`, which need not exist."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None

    def of(self, now: str, read: Callable[[], str]) -> str:
        """The digest of files whose sizes, times and inodes are `now`; `read` makes it if it is not kept."""
        with self._lock:
            if self._known is None:
                self._known = self._kept()
            if now not in self._known:
                self._known[now] = read()
                self._keep(dict(list(self._known.items())[-KEPT:]))
            return self._known[now]

    def _kept(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def _keep(self, known: dict[str, str]) -> None:
        # Without it the files are read again the next time.
        with suppress(OSError):
            private_folder(self._file.parent)
            keep(self._file, known)


def content(file: Path) -> str:
    """The digest of a file's content; empty if the file cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
