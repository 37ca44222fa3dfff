"""Makes Markdown and a plot from the results: `python -m bench.report docs/benchmark.json`.

It needs only the results file, and writes both next to it.
"""

import argparse
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import cells
from bench.cells import Cell, Results
from bench.contestants import CONTESTANTS, QUEUE, SCENARIOS
from bench.criteria import criteria, different_work

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

OVERHEAD = """\
## Where the time of one stack went

Measured once, on 2026-11-24, on 2 cores of an AMD EPYC: identity (14 resources) and one account (18), each deployed
anew and then with nothing to do, by plain `pulumi up` and by `invoke up`; medians of three runs. Each process was
watched, and in each Python its imports, the calls that it served and AWS's answers. Each moment counts for one line.
One account with nothing to do, before and after what was changed because of these figures:

| seconds | `pulumi up` | `invoke up` before | `invoke up` after |
| --- | ---: | ---: | ---: |
| AWS answers | 0.01 | 0.01 | 0.01 |
| provider: start, calls and end | 0.85 | 0.82 | 0.81 |
| program and engine at work | 0.82 | 0.89 | 0.93 |
| engine: start, end and between | 0.36 | 0.37 | 0.18 |
| language host: start, `pip list`, a Python, imports | 0.86 | 0.87 | 0.37 |
| the run queue itself: Python, imports, the rest | 0.02 | 0.72 | 0.67 |
| its other engine commands | | 0.33 | 0.15 |
| **all** | **3.02** | **4.01** | **3.12** |

| `invoke up`, all seconds | before | after |
| --- | ---: | ---: |
| identity, first deploy | 3.14 | 2.22 |
| identity, nothing to do | 2.89 | 2.08 |
| account, first deploy | 4.63 | 3.70 |
| account, nothing to do | 4.01 | 3.12 |

What was changed because of it:

- All programs of a run share one language host, which has imported the SDKs and forks a process for each: a stack no
  longer waits for `pip list`, a new Python and its imports ([how](run-queue.md#the-language-host)). The 0.37 s of its
  start are once a run, however many stacks there are.
- The run queue no longer asks the engine which stacks there are (`pulumi stack ls`).

The AWS here is emulated and answers at once. What is left is mostly the engine's and the provider's own time."""


def markdown(results: Results) -> str:
    """The complete Markdown document."""
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
    parts += ["## Machine", machine_table(results.machine), OVERHEAD]
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
    """The measurements that belong to a complete run but were not made."""
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


def machine_table(machine: Mapping[str, Any]) -> str:
    """The result of `bench.machine` as Markdown."""
    shown = {**machine, "memory": f"{machine['memory_bytes'] / 2**30:.0f} GiB"}
    del shown["memory_bytes"]
    return table(["", ""], ([name.replace("_", " "), str(value)] for name, value in shown.items()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A Markdown table. The columns with the numbers in `right` are aligned to the right."""
    rule = ["---:" if number in right else "---" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def main() -> int:
    """Write the document and the plot; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("results", type=Path, help="benchmark.json")
    file = parser.parse_args().results
    results = cells.read(file)
    file.with_suffix(".md").write_text(markdown(results))
    try:
        from bench.plot import plot
    except ModuleNotFoundError as error:
        print(f"{file.with_suffix('.svg').name} is left as it was: {error} (`make bench` installs it)")
        return 1
    plot(results, file.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
