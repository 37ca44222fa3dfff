"""The results as Markdown and a plot: `python -m bench.report docs/benchmark.json`.

Both are written beside the results, from the results alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import cells
from bench.cells import Cell, Results
from bench.contestants import CONTESTANTS, QUEUE, SCENARIOS
from bench.criteria import criteria, different_work
from bench.overhead_report import overhead_section
from bench.tables import machine_table, table

VERDICTS = {True: "pass", False: "**fail**", None: "not measured"}

INTRODUCTION = """\
# Benchmark

<!-- Made by `python -m bench.report` from benchmark.json; `make bench` measures anew. -->

The same organization, from the same configuration files and components, in the sandbox, by four means:

- **run queue**: `invoke deploy-all --parallel {parallel}`, `invoke preview-all --parallel {parallel}`.
- **shell loop -P**: [`bench/loop.sh`](../bench/loop.sh), `pulumi up --yes --skip-preview` for up to {parallel} stacks
  of a layer at a time, by `xargs -P`.
- **shell loop**: the same for one stack after the other, the way most people write it; at the no-op only.
- **one big stack**: [`bench/one_stack`](../bench/one_stack), one Pulumi program with an explicit provider for each
  account, by `pulumi up --yes --skip-preview`. It has no StackReferences, and does not ask in each layer and account
  whose the credentials are.

For each number of accounts, each in a fresh copy of the repository: the **first deploy**, then a **no-op** deploy, then
a deploy after the Owner tag of **one account changed**, then a **preview** with nothing to do. They take turns at each,
one run a cell, so small differences mean nothing.

Memory is the peak of the sum of the proportional set sizes (PSS) of all processes of the run, added up four times a
second, or less often where there are very many; the emulated AWS is apart. Processes are those seen in looking twenty
times a second: some that live shorter are not. AWS calls are counted by the emulated AWS, exactly."""


def markdown(results: Results, overheads: Sequence[tuple[str, Any]] = ()) -> str:
    """The whole document; `overheads` are titles and results of `bench.overhead`."""
    parts = [
        INTRODUCTION.format(parallel=results.machine["parallel"]),
        "![Wall time and memory against the number of accounts](benchmark.svg)",
        "## What it is held to",
        table(
            ["criterion", "found", ""],
            ([each.text, each.found, VERDICTS[each.passed]] for each in criteria(results)),
        ),
        "## Whether they did the same work",
        _same_work(results),
    ]
    for scenario in SCENARIOS:
        parts += [f"## {scenario[0].upper()}{scenario[1:]}", _scenario(results, scenario)]
    parts += ["## Machine", machine_table(results.machine)]
    for title, overhead in overheads:
        parts += [f"## {title}", overhead_section(overhead["cases"]), machine_table(overhead["machine"])]
    return "\n\n".join(parts) + "\n"


def _same_work(results: Results) -> str:
    different = different_work(results)
    if different:
        return "\n".join(f"- {each}" for each in different)
    return (
        "Yes: in each scenario all that ended well made the same calls that change AWS, of each as many, and have the "
        "same number of resources afterwards."
    )


def _scenario(results: Results, scenario: str) -> str:
    found = sorted((cell for cell in results.cells.values() if cell.scenario == scenario), key=lambda c: c.accounts)
    head = ["accounts", "", "time to the run queue's", "processes", "peak memory", "emulated AWS", "AWS calls", "time"]
    rows = [_row(results, cell) for cell in found]
    rows += [[str(size), name, "not measured", "", "", "", "", ""] for size, name in _missing(results, scenario)]
    return table(head, rows, right={0, 2, 3, 4, 5, 6, 7})


def _missing(results: Results, scenario: str) -> list[tuple[int, str]]:
    """What belongs to a whole run and is not there."""
    return [
        (size, each.name)
        for size in results.sizes
        for each in CONTESTANTS.values()
        if scenario in each.scenarios and (size, each.name, scenario) not in results.cells
    ]


def _row(results: Results, cell: Cell) -> list[str]:
    name = [str(cell.accounts), cell.contestant]
    if cell.why:
        what = f"{'stopped' if cell.stopped else 'failed'}: {cell.why}"
        return [*name, what, *_numbers(cell)] if cell.seconds else [*name, what, "", "", "", "", ""]
    queue = results.well(cell.accounts, QUEUE, cell.scenario)
    return [*name, f"{cell.seconds / queue.seconds:.2f}" if queue else "", *_numbers(cell)]


def _numbers(cell: Cell) -> list[str]:
    services = ", ".join(f"{name} {number:,}" for name, number in cell.calls_by_service.items())
    return [
        f"{cell.processes:,}",
        f"{cell.peak_bytes / 2**20:,.0f} MiB",
        f"{cell.emulator_bytes / 2**20:,.0f} MiB",
        f"{cell.calls_total:,} ({services})" if services else "0",
        f"{cell.seconds:,.1f} s",
    ]


def main() -> int:
    """Write the document and the plot; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("results", type=Path, help="benchmark.json")
    file = parser.parse_args().results
    results = cells.read(file)
    # Reversed: before comes before after.
    overheads = [
        (f"Where the time of one stack goes: {path.stem.removeprefix('overhead-')}", json.loads(path.read_text()))
        for path in sorted(file.parent.glob("overhead-*.json"), reverse=True)
    ]
    file.with_suffix(".md").write_text(markdown(results, overheads))
    try:
        from bench.plot import plot
    except ModuleNotFoundError as error:
        print(f"{file.with_suffix('.svg').name} is left as it was: {error} (`make bench` installs it)")
        return 1
    plot(results, file.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
