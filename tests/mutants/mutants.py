"""The list of faults, a file an area (`*.toml` beside this module), and where each belongs in the code."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).parent


@dataclass(frozen=True)
class Mutant:
    """A fault: in `file`, `old` (there exactly once) becomes `new`, and one of `tests` must fail."""

    area: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def mutated(self, root: Path) -> str:
        """The text of the file with the fault in it. Raises `ValueError` unless `old` is there exactly once."""
        text = (root / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.area}: {self.name}: {self.file} has its text {text.count(self.old)} times, not once"
            )
        return text.replace(self.old, self.new)


def mutants(lists: Path = LISTS) -> Iterator[Mutant]:
    """Every fault of every list."""
    for file in sorted(lists.glob("*.toml")):
        for entry in tomllib.loads(file.read_text())["mutant"]:
            yield Mutant(file.stem, entry["name"], entry["file"], entry["old"], entry["new"], tuple(entry["tests"]))
