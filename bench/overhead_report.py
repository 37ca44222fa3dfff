"""The results of `bench.overhead` as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.tables import table

Case = Mapping[str, Any]
"""One case as `bench.overhead` writes it."""

LEAST_SECONDS = 0.005
"""What is shorter is left out."""

IMPORT_SECONDS = 0.03
"""What a package's imports take at least to be listed."""

# They cover what the phases before them have left, and how much they cover in all says nothing.
_REST = ("runner: the rest", "engine: between", "program and engine")

_EXPLANATION = (
    "Medians, in seconds. Each moment counts for the first phase in the table that it belongs to, so that a column "
    "adds up to about the whole; in brackets is how long a phase took in all, where others hide a part of it."
)


def overhead_section(cases: Sequence[Case]) -> str:
    """Phases, processor time, imports and engine commands of each case."""
    return "\n\n".join(
        [
            _EXPLANATION,
            phase_table(cases),
            "Processor time by kind of process, which other work on the machine does not change much:",
            cpu_table(cases),
            "What the program's imports take, each package without those that it imports in turn:",
            import_table(cases),
            "Engine commands:",
            "\n".join(f"- {_name(case)}: {', '.join(f'`{each}`' for each in case['commands'])}" for case in cases),
        ]
    )


def phase_table(cases: Sequence[Case]) -> str:
    """Seconds of each phase, a column a case."""
    rows = [[name, *(_phase(case, name) for case in cases)] for name in cases[0]["phases"]]
    rows = [row for row in rows if any(row[1:])]
    rows.append(["**all**", *(f"**{case['seconds']:.2f}**" for case in cases)])
    rows.append(["all, the fastest run", *(_seconds(case["fastest_seconds"]) for case in cases)])
    rows.append(["all, not traced", *(_seconds(case["untraced_seconds"]) for case in cases)])
    return _by_case("wall seconds", cases, rows)


def cpu_table(cases: Sequence[Case]) -> str:
    """Processor seconds of each kind of process, a column a case."""
    rows = [[role, *(_seconds(case["cpu"][role]) for case in cases)] for role in cases[0]["cpu"]]
    sums = (sum(case["cpu"].values()) for case in cases)
    return _by_case("processor seconds", cases, [*rows, ["**all**", *(f"**{each:.2f}**" for each in sums)]])


def import_table(cases: Sequence[Case]) -> str:
    """Seconds of each package, a column a case."""
    most: dict[str, float] = {}
    for case in cases:
        for package, seconds in case["imports"].items():
            most[package] = max(most.get(package, 0.0), seconds)
    packages = sorted((name for name in most if most[name] >= IMPORT_SECONDS), key=lambda name: -most[name])
    rows = [[name, *(_seconds(case["imports"].get(name)) for case in cases)] for name in packages]
    rest = [sum(seconds for name, seconds in case["imports"].items() if name not in packages) for case in cases]
    return _by_case("package", cases, [*rows, ["all others", *map(_seconds, rest)]])


def _by_case(first: str, cases: Sequence[Case], rows: Iterable[Sequence[str]]) -> str:
    return table([first, *map(_name, cases)], rows, right=range(1, len(cases) + 1))


def _name(case: Case) -> str:
    return f"{case['stack']}, {case['scenario']}, `{case['how']}`"


def _phase(case: Case, name: str) -> str:
    alone, in_all = case["phases"][name]["alone"], case["phases"][name]["in_all"]
    if in_all < LEAST_SECONDS:
        return ""
    more = in_all >= alone + 0.05 and name not in _REST
    return f"{alone:.2f} ({in_all:.2f})" if more else f"{alone:.2f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
