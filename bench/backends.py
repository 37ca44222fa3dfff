"""The run queue with its states in a folder and in a bucket of S3: `python -m bench.backends --accounts 5,200`.

The same production environment, twice, each with an emulated AWS of its own: one writes its states into a folder, the
other into a bucket of moto's server, which counts the calls. They take turns.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from automation.capacity import default_parallel
from bench import machine
from bench.configuration import account_names, change_owner
from bench.contestants import CHANGED, FIRST, NO_OP
from bench.processes import Limits, Measured, measure
from bench.project import Project
from bench.report import machine_table, table
from bench.s3 import Server, served
from engine.install import Engine, get_engine
from shared.layers import ROOT

ENV = "prod"
SCENARIOS = (FIRST, NO_OP, NO_OP, CHANGED, NO_OP)
"""The first no-op reads the states that the deployment's engines have written, the next ones nothing."""

HEAD = ("accounts", "", "states in", "time", "to the folder's", "processes", "calls of S3")


@dataclass
class Backend:
    """Where the states of `project` are; `server` is None for a folder."""

    name: str
    project: Project
    server: Server | None

    def deploy(self, parallel: int, limits: Limits, log: Path) -> tuple[Measured, str]:
        """Deploy all of it; what was measured, and the calls of S3 in words."""
        if self.server:
            self.server.calls()
        command = ["invoke", "deploy-all", "--env", ENV, "--yes", "--parallel", str(parallel)]
        with log.open("wb") as output:
            took = measure(command, cwd=self.project.root, env=self.project.env, output=output, limits=limits)
        return took, words(self.server.calls()) if self.server else ""


def words(calls: Sequence[str]) -> str:
    """The number of calls, each `METHOD /bucket/key?query`, and how many of each kind."""
    kinds = Counter(_kind(call) for call in calls)
    each = ", ".join(f"{name} {number:,}" for name, number in sorted(kinds.items()))
    return f"{len(calls):,} ({each})" if calls else "0"


def _kind(call: str) -> str:
    """`GET /bucket?list-type=2` is a list."""
    method, _, path = call.partition(" ")
    return "LIST" if method == "GET" and "list-type" in path else method


@contextmanager
def _backends(size: int, engine: Engine) -> Iterator[list[Backend]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(served(folder))
        made = []
        for name, url in (("a folder", None), ("S3", server.bucket("state"))):
            project = Project.make(folder / name.split()[-1], size, engine, ENV)
            stack.callback(project.close)
            state = project.root / "state"
            state.mkdir()
            project.env["PULUMI_BACKEND_URL"] = url or state.as_uri()
            made.append(Backend(name, project, server if url else None))
        yield made


def rows(sizes: Sequence[int], parallel: int, limits: Limits, engine: Engine) -> Iterator[tuple[str, ...]]:
    """Measure everything; yields each row of the table as soon as it is measured."""
    for size in sizes:
        with _backends(size, engine) as backends:
            for number, scenario in enumerate(SCENARIOS):
                times: list[float] = []
                for backend in backends:
                    if scenario == CHANGED:
                        change_owner(backend.project.root, account_names(size)[0], "new-owner", ENV)
                    log = backend.project.root / "output.log"
                    took, calls = backend.deploy(parallel, limits, log)
                    if took.why:
                        raise SystemExit(f"{size} accounts, {scenario}, {backend.name}: {took.why}\n{log.read_text()}")
                    times.append(took.seconds)
                    again = " again" if scenario in SCENARIOS[:number] else ""
                    yield (
                        str(size),
                        f"{scenario}{again}",
                        backend.name,
                        f"{took.seconds:,.1f} s",
                        f"{took.seconds / times[0]:.2f}",
                        f"{took.processes:,}",
                        calls,
                    )


INTRODUCTION = """\
# States in a folder and in S3

<!-- Made by `python -m bench.backends`. -->

The same production environment twice, by `invoke deploy-all` with {parallel} stacks at a time, with its states in
a folder and in a bucket of S3: first the deployment of everything, then with nothing to do, then with the Owner tag of
one account changed. They take turns. The bucket is moto's, on the same machine: Amazon's answers take longer, so the
calls count more here than the times. How a bucket is read: [environments.md](environments.md#where-the-states-are)."""


def main() -> int:
    """Measure what the command line asks for, and write the document; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.backends", description=__doc__)
    parser.add_argument("--accounts", default="5,200", help="sizes, such as 5,200")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="the folder that the document goes to")
    parser.add_argument("--parallel", type=int, default=default_parallel(), help="stacks at a time")
    parser.add_argument("--minutes", type=float, default=60, help="what one measurement may take")
    given = parser.parse_args()
    engine = get_engine(ROOT, lambda line: print(line, flush=True))
    about = {**machine.describe(engine), "parallel": given.parallel}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    given.out.mkdir(parents=True, exist_ok=True)
    found = []
    sizes = sorted({int(each) for each in given.accounts.split(",")})
    for row in rows(sizes, given.parallel, Limits(seconds=given.minutes * 60), engine):
        print("  ".join(row), flush=True)
        found.append(row)
    parts = [
        INTRODUCTION.format(parallel=given.parallel),
        table(HEAD, found, right={0, 3, 4, 5}),
        "## Machine",
        machine_table(about),
    ]
    file = given.out / "benchmark-s3.md"
    file.write_text("\n\n".join(parts) + "\n")
    print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
