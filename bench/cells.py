"""The results: one cell for each size, contestant and scenario, saved as JSON.

This module imports only the standard library, because the report is made by a Python that has nothing else
installed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Calls = Mapping[str, Mapping[str, int]]
"""Service → action → number of AWS calls."""

_READING = ("Get", "List", "Describe", "AssumeRole")


@dataclass(frozen=True)
class Cell:
    """One measurement.

    `why` says why the command did not end well, or is None if it did. `stopped` is true if a limit ended it.
    `peak_bytes` is the largest sum of the proportional set sizes of all its processes, in bytes. `emulator_bytes` is
    the same for the emulated AWS, which is not part of the run. `resources` is the number of AWS resources in the
    state afterwards.
    """

    accounts: int
    contestant: str
    scenario: str
    seconds: float = 0.0
    processes: int = 0
    peak_bytes: int = 0
    peak_processes: int = 0
    emulator_bytes: int = 0
    calls: Calls | None = None
    resources: int = 0
    why: str | None = None
    stopped: bool = False

    @property
    def key(self) -> tuple[int, str, str]:
        """The size, contestant and scenario of this cell."""
        return self.accounts, self.contestant, self.scenario

    @property
    def calls_total(self) -> int:
        """The number of all AWS calls."""
        return sum(self.calls_by_service.values())

    @property
    def calls_by_service(self) -> dict[str, int]:
        """The number of AWS calls of each service."""
        return {service: sum(actions.values()) for service, actions in (self.calls or {}).items()}

    @property
    def changes(self) -> dict[str, int]:
        """The number of AWS calls that change something, by `service:action`."""
        return {
            f"{service}:{action}": number
            for service, actions in sorted((self.calls or {}).items())
            for action, number in sorted(actions.items())
            if not action.startswith(_READING)
        }


@dataclass(frozen=True)
class Results:
    """All cells of a run. `machine` describes the machine and the software."""

    machine: Mapping[str, Any]
    cells: Mapping[tuple[int, str, str], Cell]

    @property
    def sizes(self) -> list[int]:
        """The numbers of accounts, ascending."""
        return sorted({cell.accounts for cell in self.cells.values()})

    def well(self, accounts: int, contestant: str, scenario: str) -> Cell | None:
        """The cell, or None if it was not measured or did not end well."""
        cell = self.cells.get((accounts, contestant, scenario))
        return cell if cell and cell.why is None else None


def append(file: Path, cell: Cell) -> None:
    """Add a cell to a file with one JSON object per line."""
    with file.open("a") as opened:
        opened.write(json.dumps(asdict(cell)) + "\n")


def write(file: Path, results: Results) -> None:
    """Write the results as one JSON document."""
    cells = [asdict(cell) for cell in results.cells.values()]
    file.write_text(json.dumps({"machine": results.machine, "cells": cells}, indent=1) + "\n")


def read(file: Path) -> Results:
    """Read the results that `write` has written."""
    document = json.loads(file.read_text())
    cells = [Cell(**each) for each in document["cells"]]
    return Results(document["machine"], {cell.key: cell for cell in cells})
