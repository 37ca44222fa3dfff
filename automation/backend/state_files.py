"""The state files of a folder backend: is there enough free space, and which files did a full disk truncate.

The engine writes the new state to a second file and then replaces the old file. On a full disk, version 3.259.0
replaces the old file by a truncated one, and then copies that over the backup of the old state. After that the engine
cannot list any stack of the backend.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/#local-filesystem
"""

import gzip
import json
import shutil
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.layers import StackId

ROOM_BYTES = 1024 * 1024
"""How much disk space must be free before a run works on a stack. An account's state takes 60 kB, and the engine
keeps three copies of it."""


_GZIP = b"\x1f\x8b"
"""The first bytes of what is compressed."""


def folder_of(backend: str) -> Path | None:
    """The folder with the files of the backend with the URL `backend`; None unless it is a folder (file://) with an
    absolute path."""
    address = urlsplit(backend)
    if address.scheme != "file" or address.netloc:
        return None
    return Path(unquote(address.path)) / ".pulumi"


def stack_file(folder: Path, stack: StackId) -> Path:
    """The state file of `stack` in the `folder` of a backend."""
    return folder / "stacks" / stack.project / f"{stack.name}.json"


def stacks_in(folder: Path) -> set[tuple[str, str]]:
    """Project and stack name of every stack in the `folder` of a backend."""
    ends = (".json", ".json.gz")
    return {(file.parent.name, file.name.removesuffix(end)) for end in ends for file in folder.glob(f"stacks/*/*{end}")}


def exported(content: bytes) -> dict[str, Any]:
    """The content of a state file, which may be compressed, in the format of `Stacks.export`. Raises `ValueError` for
    a truncated file."""
    try:
        document = json.loads(gzip.decompress(content) if content[:2] == _GZIP else content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(str(error)) from None
    return {"deployment": (document.get("checkpoint") or {}).get("latest") or {}}


def no_room(backend: str) -> str | None:
    """A message if the disk with the state is full, or so nearly full that a state could be truncated; else None."""
    folder = folder_of(backend)
    if folder is None or not folder.parent.is_dir():
        return None
    free = shutil.disk_usage(folder.parent).free
    if free >= ROOM_BYTES:
        return None
    return (
        f"the disk with the state is full: {free // 1024} kB are free in {folder.parent}, and {ROOM_BYTES // 1024} kB "
        "are needed. Nothing was changed; make room and run this again"
    )


def cut_off(backend: str, stacks: Iterable[StackId]) -> dict[StackId, tuple[Path, Path | None]]:
    """The stacks whose state file is truncated: stack → the file and its newest complete backup, if there is one."""
    folder = folder_of(backend)
    found: dict[StackId, tuple[Path, Path | None]] = {}
    if folder is None:
        return found
    for stack in stacks:
        file = stack_file(folder, stack)
        if file.exists() and not _is_whole(file):
            backups = sorted((folder / "backups" / stack.project / stack.name).glob("*.json"), reverse=True)
            copies = [file.with_name(f"{file.name}.bak"), *backups]
            found[stack] = file, next((copy for copy in copies if _is_whole(copy)), None)
    return found


def how_to_mend(backend: str, stacks: Iterable[StackId]) -> str:
    """A message that names each truncated state and what the user can do about it."""
    return "\n".join(
        f"{stack.label}: its state cannot be read: {file} is cut off; "
        + (f"the newest whole copy is {copy}: put it in its place" if copy else "there is no whole copy of it")
        for stack, (file, copy) in cut_off(backend, stacks).items()
    )


def repair(backend: str, stacks: Iterable[StackId]) -> list[str]:
    """Replace each truncated state by its newest complete backup; returns one line per stack for the user.

    A truncated state without a complete backup is removed. The truncated file is kept as `<file>.damaged`.
    """
    done = []
    for stack, (file, copy) in cut_off(backend, stacks).items():
        damaged = file.with_name(f"{file.name}.damaged")
        file.replace(damaged)
        file.with_name(f"{file.name}.attrs").unlink(missing_ok=True)
        if copy:
            shutil.copyfile(copy, file)
        put = f"put back the one before, {copy.name}" if copy else "there is none before it"
        done.append(f"{stack.label}: its state was cut off, by a full disk: {put}; it is kept as {damaged.name}")
    return done


def _is_whole(file: Path) -> bool:
    try:
        now = file.stat()
        return _parses(file, now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino)
    except OSError:
        return False


@cache  # several steps of a run look at all states, and there may be hundreds
def _parses(file: Path, *_written: int) -> bool:
    """Whether the content of the file, as it was written then, is whole. Raises `OSError`."""
    try:
        json.loads(file.read_bytes())
    except ValueError:
        return False
    return True
