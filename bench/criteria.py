"""The criteria that the run queue must meet, computed from the results."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.cells import Cell, Results
from bench.contestants import CHANGED, FIRST, NO_OP, PARALLEL_LOOP, QUEUE, SCENARIOS

NO_OP_TIMES = 20.0
CHANGED_TIMES = 2.0
MEMORY_SIZES = (50, 200)
MEMORY_TIMES = 1.2


@dataclass(frozen=True)
class Criterion:
    """`passed` is None if a cell was not measured or did not end well; `found` then says which cell."""

    text: str
    found: str
    passed: bool | None


def criteria(results: Results) -> list[Criterion]:
    """All criteria, for the largest size that was measured."""
    sizes = results.sizes
    smallest, largest = sizes[0], sizes[-1]
    memory = MEMORY_SIZES if set(MEMORY_SIZES) <= set(sizes) else (sizes[max(0, len(sizes) - 2)], largest)
    return [
        _ratio(
            results,
            f"{largest} accounts: the no-op is at least {NO_OP_TIMES:g} times faster than the shell loop, even than "
            "with the same parallelism",
            (largest, PARALLEL_LOOP, NO_OP),
            (largest, QUEUE, NO_OP),
            _seconds,
            lambda ratio: ratio >= NO_OP_TIMES,
        ),
        _ratio(
            results,
            f"one changed account of {largest} takes at most {CHANGED_TIMES:g} times what it takes of {smallest}",
            (largest, QUEUE, CHANGED),
            (smallest, QUEUE, CHANGED),
            _seconds,
            lambda ratio: ratio <= CHANGED_TIMES,
        ),
        _ratio(
            results,
            f"{largest} accounts: the first deploy is at least as fast as the shell loop with the same parallelism",
            (largest, PARALLEL_LOOP, FIRST),
            (largest, QUEUE, FIRST),
            _seconds,
            lambda ratio: ratio >= 1,
        ),
        _ratio(
            results,
            f"the first deploy's peak memory with {memory[1]} accounts is within 20% of that with {memory[0]}",
            (memory[1], QUEUE, FIRST),
            (memory[0], QUEUE, FIRST),
            lambda cell: (float(cell.peak_bytes), f"{cell.peak_bytes / 2**20:.0f} MiB"),
            lambda ratio: ratio <= MEMORY_TIMES,
        ),
    ]


def different_work(results: Results) -> list[str]:
    """Where two contestants made different changes in AWS, or ended with a different number of resources."""
    found = []
    for size in results.sizes:
        for scenario in SCENARIOS:
            cells = [cell for cell in results.cells.values() if (cell.accounts, cell.scenario) == (size, scenario)]
            well = [cell for cell in cells if cell.why is None]
            for cell in well[1:]:
                first = well[0]
                names = f"{size} accounts, {scenario}: {cell.contestant} and {first.contestant} differ in"
                if cell.resources != first.resources:
                    found.append(f"{names} resources, {cell.resources} and {first.resources}")
                keys = cell.changes.keys() | first.changes.keys()
                different = sorted(key for key in keys if cell.changes.get(key) != first.changes.get(key))
                if different:
                    found.append(f"{names} the number of {', '.join(different)}")
    return found


def _seconds(cell: Cell) -> tuple[float, str]:
    return cell.seconds, f"{cell.seconds:.1f} s"


def _ratio(
    results: Results,
    text: str,
    above: tuple[int, str, str],
    below: tuple[int, str, str],
    measure: Callable[[Cell], tuple[float, str]],
    passes: Callable[[float], bool],
) -> Criterion:
    missing = [key for key in (above, below) if results.well(*key) is None]
    if missing:
        size, contestant, scenario = missing[0]
        return Criterion(text, f"not measured: {contestant}, {size} accounts, {scenario}", None)
    (upper, upper_text), (lower, lower_text) = (measure(results.cells[key]) for key in (above, below))
    ratio = upper / lower
    return Criterion(text, f"{ratio:.2f} times ({upper_text} to {lower_text})", passes(ratio))
