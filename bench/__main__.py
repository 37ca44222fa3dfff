"""Runs the benchmark: `python -m bench --accounts 1,10,50,200`."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automation.capacity import default_parallel
from bench import cells, machine
from bench.cells import Cell, Results
from bench.configuration import account_names, change_owner
from bench.contestants import CHANGED, CONTESTANTS, FIRST, SCENARIOS, Contestant
from bench.processes import Limits, measure
from bench.project import Project
from engine.install import Engine, get_engine
from sandbox.aws_plugin import find_plugin
from shared.layers import ROOT


@dataclass(frozen=True)
class Plan:
    """What to measure. `parallel` is the number of stacks at a time, `output` the folder for the results."""

    sizes: Sequence[int]
    contestants: Sequence[Contestant]
    parallel: int
    limits: Limits
    output: Path

    @property
    def lines(self) -> Path:
        """The file to which each cell is added as soon as it is measured."""
        return self.output / "benchmark.jsonl"


def run(plan: Plan, engine: Engine) -> Results:
    """Measure everything. Each cell is printed and saved as soon as it is measured."""
    about = {**machine.describe(engine), "parallel": plan.parallel}
    found: dict[tuple[int, str, str], Cell] = {}
    plan.lines.unlink(missing_ok=True)
    try:
        _run(plan, engine, about, found)
    except KeyboardInterrupt:
        print("stopped: what was measured by then is kept, and the report says what was not", flush=True)
    return Results(about, found)


def _run(plan: Plan, engine: Engine, about: dict[str, Any], found: dict[tuple[int, str, str], Cell]) -> None:
    for size in plan.sizes:
        with _projects(plan, size, engine) as projects:
            plugin = find_plugin(next(iter(projects.values())).root)
            about["provider"] = f"{plugin.kind} {plugin.version}" if plugin else "none"
            # All contestants do one scenario before the next one begins: if the machine is slow for a while,
            # all of them are affected.
            for scenario in SCENARIOS:
                for contestant in (each for each in plan.contestants if scenario in each.scenarios):
                    before = found.get((size, contestant.after or contestant.name, FIRST))
                    if before and before.why:
                        cell = Cell(size, contestant.name, scenario, why="the first deploy did not end well")
                    else:
                        cell = _measure(plan, size, contestant, scenario, projects[contestant.after or contestant.name])
                    found[cell.key] = cell
                    cells.append(plan.lines, cell)
                    print(_line(cell), flush=True)


@contextmanager
def _projects(plan: Plan, size: int, engine: Engine) -> Iterator[dict[str, Project]]:
    """A project for each contestant: name → project. A contestant with `after` uses the other's project."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        made = {}
        for number, contestant in enumerate(each for each in plan.contestants if not each.after):
            project = Project.make(folder / str(number), size, engine)
            stack.callback(project.close)
            made[contestant.name] = project
        yield made


def _measure(plan: Plan, size: int, contestant: Contestant, scenario: str, project: Project) -> Cell:
    if scenario == CHANGED:
        change_owner(project.root, account_names(size)[0], "new-owner")
    project.forget_calls()
    log = project.root / "output.log"
    with log.open("wb") as output:
        measured = measure(
            contestant.command(scenario, plan.parallel),
            cwd=project.root,
            env=project.env,
            output=output,
            limits=plan.limits,
            beside=project.emulator.pid,
        )
    if measured.why:
        # Outside the project, which is deleted at the end.
        kept = plan.output / f"failed-{size}-{contestant.name}-{scenario}.log".replace(" ", "-")
        kept.write_bytes(log.read_bytes())
    took = asdict(measured)
    took["emulator_bytes"] = took.pop("beside_bytes")
    return Cell(
        accounts=size,
        contestant=contestant.name,
        scenario=scenario,
        calls=project.calls(),
        resources=project.resources(),
        **took,
    )


def _line(cell: Cell) -> str:
    end = f"  {cell.why}" if cell.why else ""
    return (
        f"{cell.accounts:4} accounts  {cell.scenario:20} {cell.contestant:14} {cell.seconds:8.1f} s "
        f"{cell.processes:6} processes {cell.peak_bytes / 2**20:7.0f} MiB {cell.calls_total:7} AWS calls "
        f"{cell.resources:6} resources{end}"
    )


def _numbers(text: str) -> list[int]:
    return sorted({int(each) for each in text.split(",")})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--accounts", type=_numbers, default=[1, 10, 50, 200], help="sizes, such as 1,10,50,200")
    parser.add_argument(
        "--only-contestant", action="append", choices=list(CONTESTANTS), help="leave the others out; again for more"
    )
    parser.add_argument("--add", action="store_true", help="keep what the results have already of other sizes")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="the folder that the results go to")
    parser.add_argument("--parallel", type=int, default=default_parallel(), help="stacks at a time")
    parser.add_argument("--minutes", type=float, default=45, help="what one measurement may take")
    return parser.parse_args()


def main() -> int:
    """Measure what the command line asks for; returns the exit code."""
    given = _arguments()
    # If this process is stopped, it must stop everything that it started. A shell starts its background processes with
    # SIGINT ignored, but engines end their plugins with SIGINT: each update would wait five seconds for its plugins.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    names = given.only_contestant or CONTESTANTS
    chosen = [each for name, each in CONTESTANTS.items() if name in names and (each.after or name) in names]
    given.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(given.accounts, chosen, given.parallel, Limits(seconds=given.minutes * 60), given.out)
    results = run(plan, get_engine(ROOT, lambda line: print(line, flush=True)))
    file = plan.output / "benchmark.json"
    before = cells.read(file).cells if given.add and file.exists() else {}
    cells.write(file, Results(results.machine, {**before, **results.cells}))
    plan.lines.unlink()
    print(f"wrote {plan.output / 'benchmark.json'}; next: python -m bench.report {plan.output / 'benchmark.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
