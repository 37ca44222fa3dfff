"""The results as a plot. It needs matplotlib, which only `make bench` installs."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.cells import Cell, Results
from bench.contestants import CONTESTANTS, FIRST, NO_OP, SCENARIOS

# Makes the file reproducible: the same results give the same file.
mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none"})


def plot(results: Results, file: Path) -> None:
    """Write an SVG: wall time of each scenario, memory and AWS calls, against the number of accounts.

    Measurements that did not end well are left out.
    """
    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 3).flat
    for scenario in SCENARIOS:
        _panel(next(panels), results, scenario, f"{scenario}: seconds", lambda cell: cell.seconds)
    _panel(next(panels), results, FIRST, "first deploy: peak memory, MiB", lambda cell: cell.peak_bytes / 2**20)
    _panel(next(panels), results, NO_OP, "no-op: AWS calls", lambda cell: cell.calls_total)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    figure.savefig(file, metadata={"Date": None})


def _panel(axes: Axes, results: Results, scenario: str, title: str, value: Callable[[Cell], float]) -> None:
    for contestant in CONTESTANTS:
        found = [results.well(size, contestant, scenario) for size in results.sizes]
        points = [(cell.accounts, value(cell)) for cell in found if cell]
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=contestant)
    axes.set_xscale("log")
    if title.endswith("calls"):
        # A purely logarithmic scale could not show zero AWS calls.
        axes.set_yscale("symlog")
        axes.set_ylim(-0.3, 2 * axes.dataLim.y1)
    else:
        axes.set_yscale("log")
    axes.set_xticks(results.sizes, [str(size) for size in results.sizes])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_title(title)
    axes.set_xlabel("accounts")
    axes.grid(alpha=0.3)
