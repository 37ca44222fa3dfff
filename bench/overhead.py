"""What part of a stack's time is Python start, imports, engine and provider: `python -m bench.overhead`.

One stack at a time is run, by plain `pulumi up` and by `invoke up`, in a copy of the repository with a sandbox of its
own. Processes are seen in /proc; `bench.tracer` notes what goes on inside the Python ones. Each figure is the median
of several runs. The embedded provider is needed: the official one is no Python.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine, tracer
from bench.overhead_report import LEAST_SECONDS, overhead_section
from bench.phases import ROLES, Account, Process, account_for
from bench.processes import MARK, Tree, command_line, cpu_seconds
from bench.project import Project, account_names
from engine.install import get_engine
from shared.layers import ROOT

LOOK_SECONDS = 0.004
"""How often processes are looked for: what their starts and ends are exact to."""

PLAIN, RUNNER = "pulumi up", "invoke up"
FIRST, NO_OP = "first", "no-op"


@dataclass(frozen=True)
class Case:
    """One stack, run one way. `accounts` are those that only this case makes, one a run; none for identity."""

    how: str
    scenario: str
    accounts: Sequence[str] = ()

    @property
    def stack(self) -> str:
        """What is run."""
        return "account" if self.accounts else "identity"

    def label(self, run: int) -> str:
        """The stack of run number `run`: a new account for each first deploy, afterwards always the first of them."""
        if not self.accounts:
            return "identity"
        return f"accounts/{self.accounts[run if self.scenario == FIRST else 0]}"

    def preparation(self, run: int) -> list[str] | None:
        """What is done before a run and not measured."""
        if self.scenario != FIRST:
            return None
        return pulumi("init" if self.accounts else "destroy", self.label(run))

    def command(self, run: int, options: Sequence[str]) -> list[str]:
        """What is measured; `options` are the runner's."""
        return pulumi("up", self.label(run)) if self.how == PLAIN else ["invoke", "up", self.label(run), *options]


def cases(repetitions: int) -> list[Case]:
    """What is measured, in order: each uses what the ones before have left."""
    names = account_names(2 * repetitions)
    return [
        Case(how, scenario, accounts)
        for how, own in ((PLAIN, names[:repetitions]), (RUNNER, names[repetitions:]))
        for accounts in ((), own)
        for scenario in (FIRST, NO_OP)
    ]


def pulumi(what: str, label: str) -> list[str]:
    """The plain command that does `what` (up, init, destroy) to a stack of the sandbox."""
    layer, _, account = label.partition("/")
    stack = f"sandbox.{account}" if account else "sandbox"
    where = ["--cwd", f"stacks/{layer}", "--stack", stack]
    if what == "init":
        return ["pulumi", "stack", "init", "--no-select", *where]
    return ["pulumi", what, "--yes", "--skip-preview", *where]


def traced(command: Sequence[str], project: Project, trace: Path) -> Account:
    """Run the command and say where its time went. Raises `subprocess.CalledProcessError` when it fails."""
    trace.unlink(missing_ok=True)
    mark = uuid.uuid4().hex
    tree = Tree(mark)
    seen: dict[int, Process] = {}
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=project.root,
        env={**project.env, MARK: mark, tracer.FILE: str(trace)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    ended = os.pidfd_open(process.pid)
    try:
        while not select.select([ended], [], [], LOOK_SECONDS)[0]:
            _look(tree, seen)
        whole = began, time.monotonic()
        code = process.wait()
    finally:
        os.close(ended)
        tree.kill()
    if code:
        raise subprocess.CalledProcessError(code, command)
    notes = [json.loads(line) for line in trace.read_text().splitlines()] if trace.exists() else []
    return account_for(whole, list(seen.values()), notes)


def _look(tree: Tree, seen: dict[int, Process]) -> None:
    now = time.monotonic()
    for pid in tree.look():
        # A process may turn into another program; one that has ended has no arguments any more.
        arguments = tuple(command_line(pid))
        if arguments:
            before = seen.get(pid)
            seen[pid] = Process(pid, arguments, before.start if before else now, now, cpu_seconds(pid))


def untraced(command: Sequence[str], project: Project) -> float:
    """Run the command; the seconds it took. Raises `subprocess.CalledProcessError` when it fails."""
    began = time.monotonic()
    subprocess.run(command, cwd=project.root, env=project.env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def measure(case: Case, project: Project, repetitions: int, options: Sequence[str]) -> dict[str, Any]:
    """The medians of a case; `options` are given to the runner."""
    accounts, bare = [], []
    for run in range(repetitions):
        if preparation := case.preparation(run):
            subprocess.run(preparation, cwd=project.root, env=project.env, check=True, stdout=subprocess.DEVNULL)
        accounts.append(traced(case.command(run, options), project, project.root / "trace.jsonl"))
        if case.scenario == NO_OP:
            bare.append(untraced(case.command(run, options), project))
    packages = dict.fromkeys(name for each in accounts for name in each.imports)
    imports = {name: _median(each.imports.get(name, 0.0) for each in accounts) for name in packages}
    return {
        "stack": case.stack,
        "scenario": case.scenario,
        "how": case.how,
        "seconds": _median(each.seconds for each in accounts),
        "fastest_seconds": round(min(each.seconds for each in accounts), 3),
        "untraced_seconds": _median(bare) if bare else None,
        "phases": {
            name: {
                "alone": _median(each.phases[name][0] for each in accounts),
                "in_all": _median(each.phases[name][1] for each in accounts),
            }
            for name in accounts[0].phases
        },
        "cpu": {role: _median(each.cpu.get(role, 0.0) for each in accounts) for role in ROLES},
        "imports": {name: seconds for name, seconds in imports.items() if seconds >= LEAST_SECONDS},
        "commands": accounts[-1].commands,
    }


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)


def main() -> int:
    """Measure, write the figures and print them; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "overhead.json", help="where the figures go")
    given = parser.parse_args()
    # However it is ended, it takes down what it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    engine = get_engine(ROOT, lambda line: print(line, flush=True))
    about = {**machine.describe(engine), "repetitions": given.repetitions}
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        project = Project.make(Path(folder) / "project", 2 * given.repetitions, engine)
        try:
            measured = _measure_all(project, given.repetitions)
        finally:
            project.close()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps({"machine": about, "cases": measured}, indent=1) + "\n")
    print(overhead_section(measured))
    return 0


def _measure_all(project: Project, repetitions: int) -> list[dict[str, Any]]:
    usage = subprocess.run(
        ["invoke", "--help", "up"], cwd=project.root, env=project.env, capture_output=True, text=True, check=True
    ).stdout
    # A stack that is known to be unchanged is to be run all the same.
    options = ["--force"] if "--force" in usage else []
    deploy = ["invoke", "deploy-all", "--layer", "org", "--layer", "identity", "--layer", "policies"]
    subprocess.run(deploy, cwd=project.root, env=project.env, check=True, stdout=subprocess.DEVNULL)
    # Only now: what comes before need not be traced, and the sandbox's emulator must not be.
    shutil.copyfile(Path(tracer.__file__), project.root / "sitecustomize.py")
    measured = []
    for case in cases(repetitions):
        measured.append(measure(case, project, repetitions, options))
        print(f"{case.stack}, {case.scenario}, {case.how}: {measured[-1]['seconds']:.2f} s", flush=True)
    return measured


if __name__ == "__main__":
    sys.exit(main())
