"""Files that a command writes where its user asked for them."""

import os
from pathlib import Path

from shared.errors import UsageError


def output_file(option: str, given: str, kinds: tuple[str, ...]) -> Path:
    """The absolute path of the file `given` with `option`. Raises `UsageError` if its extension is none of `kinds`, or
    if it cannot be written."""
    file = Path(given).absolute()
    if file.suffix not in kinds:
        raise UsageError(f"{option} is {given!r}; allowed: a file that ends in {' or '.join(kinds)}")
    if file.is_dir() or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise UsageError(f"{option} is {given!r}; allowed: a file in a folder that exists and can be written to")
    return file


def write_at_once(what: str, file: Path, text: str, mode: int = 0o666) -> None:
    """Write `file` in one step: another process that waits for it must not read half of it.

    `mode` is less the user's umask. Raises `UsageError`, which calls it `what`.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
            out.write(text)
        part.replace(file)
    except OSError as error:
        raise UsageError(f"{what} {file} could not be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
