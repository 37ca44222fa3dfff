"""Remembers which resources the runs of a stack began to create since its last successful deployment."""

import json
from collections.abc import Iterable
from pathlib import Path

from shared.layers import StackId


class Attempts:
    """The URNs, in a file in `folder`. Without a folder nothing is saved: see `engine.environment.Environment`."""

    def __init__(self, folder: Path | None, stack: StackId) -> None:
        self._file = folder / f"{stack.project}-{stack.name}.json" if folder else None

    def read(self) -> set[str]:
        """All saved URNs; empty if the file does not exist or is incomplete."""
        try:
            return set(json.loads(self._file.read_text())) if self._file else set()
        except (FileNotFoundError, ValueError):
            return set()

    def add(self, urns: Iterable[str]) -> None:
        """Add `urns` to the saved ones."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(sorted(self.read().union(urns))))

    def clear(self) -> None:
        """Delete the saved URNs: the stack is deployed, so its state has the resources, or it is destroyed."""
        if self._file:
            self._file.unlink(missing_ok=True)
