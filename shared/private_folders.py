"""Folders that only this user can enter: states, logs and what was deployed may be confidential."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Create `folder` with mode 0700, and take it from others if it is there already; returns it.

    The folders in it need no such mode: nobody else gets to them. Raises `NotADirectoryError` for a file.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        # Another user's folder is theirs to close, and a disk may be read-only.
        with suppress(OSError):
            folder.chmod(mode & 0o700)
    return folder
