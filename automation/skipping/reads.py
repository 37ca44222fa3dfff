"""What is kept of the reads of a program: what is compared before its stack is skipped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from automation.skipping.data_sources import Asked

NAMES, EVERYTHING = "*", "**"
"""Instead of a file's name: the names in the folder; everything in it."""


@dataclass(frozen=True)
class Reads:
    """What is compared of a program's reads before its stack is skipped, besides the inputs that each stack has.

    `files` are paths, which may not exist, and `packages` are top-level names.
    """

    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    invokes: tuple[Asked, ...] = ()

    def by_input(self) -> dict[str, str]:
        """The facts that the program got from each data source, by the name of the input."""
        return {each.name: each.facts for each in self.invokes}

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Reads:
        """From what is kept. Raises `KeyError`, `TypeError` or `ValueError` if that is something else."""
        asked = tuple(Asked.of_json(each) for each in kept["invokes"])
        return cls(tuple(kept["files"]), tuple(kept["variables"]), tuple(kept["packages"]), asked)
