"""What was made of the states in a bucket, kept on this machine under the mark of each state's content.

It says nothing about a state with another mark, so it is safe to lose, and to be out of date.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from automation.kept import keep
from shared.layers import StackId
from shared.private_folders import private_folder


class KnownStates:
    """What is kept in `folder`, a file a stack, of the last state that was read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, stack: StackId, mark: str) -> dict[str, Any] | None:
        """What is kept of the stack's state with this mark."""
        try:
            kept = json.loads(self._file(stack).read_text())
            found = kept["state"] if (kept["mark"], kept["code"]) == (mark, _code()) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, dict) else None

    def keep(self, stack: StackId, mark: str, found: Mapping[str, Any]) -> None:
        """Keep this of the stack's state with this mark."""
        # Without it the state is read again the next time.
        with suppress(OSError):
            private_folder(self._folder.parent)
            file = self._file(stack)
            file.parent.mkdir(parents=True, exist_ok=True)
            keep(file, {"mark": mark, "code": _code(), "state": dict(found)})

    def _file(self, stack: StackId) -> Path:
        return self._folder / "states" / stack.project / f"{stack.name}.json"


@cache
def _code() -> str:
    """The code that makes something of a state: another version may make something else of the same state."""
    return hashlib.sha256(Path(__file__).with_name("states.py").read_bytes()).hexdigest()
