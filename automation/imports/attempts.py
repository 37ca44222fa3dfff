"""What the runs of a stack had begun to create since it was last deployed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from shared.layers import StackId


class Attempts:
    """The URNs, in a file in `folder`. Without a folder nothing is kept: see `engine.environment.Environment`."""

    def __init__(self, folder: Path | None, stack: StackId) -> None:
        self._file = folder / f"{stack.project}-{stack.name}.json" if folder else None

    def read(self) -> set[str]:
        """All of them; none if the file is not there, or not whole."""
        try:
            return set(json.loads(self._file.read_text())) if self._file else set()
        except (FileNotFoundError, ValueError):
            return set()

    def add(self, urns: Iterable[str]) -> None:
        """Those, too."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(sorted(self.read().union(urns))))

    def clear(self) -> None:
        """The stack is deployed, and its state has them; or it is destroyed, and they are gone."""
        if self._file:
            self._file.unlink(missing_ok=True)
