"""Sharing out the time of a run, and what the tracer notes in a real Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import tracer
from bench.overhead_report import import_table, phase_table
from bench.phases import Process, account_for
from bench.spans import length, share_out, union, without


def test_spans() -> None:
    assert union([(4, 5), (1, 2), (1.5, 3), (7, 7)]) == [(1, 3), (4, 5)]
    assert without([(0, 10)], [(1, 2), (4, 6), (9, 12)]) == [(0, 1), (2, 4), (6, 9)]
    assert without([(1, 2)], [(0, 3)]) == []
    assert length([(0, 1), (0.5, 2)]) == 2


def test_what_two_phases_share_is_the_first_one_s_and_all_adds_up_to_the_whole() -> None:
    shared = share_out((0, 10), {"call": [(2, 4)], "program": [(1, 6)], "rest": [(-5, 20)]})
    assert shared == {"call": (2, 2), "program": (3, 5), "rest": (5, 10)}


def process(pid: int, start: float, end: float, *arguments: str) -> Process:
    return Process(pid, arguments, start, end)


def noted(pid: int, kind: str, start: float, end: float, name: str = "x", **packages: float) -> dict[str, Any]:
    return {"pid": pid, "kind": kind, "name": name, "start": start, "end": end, "packages": packages}


PLAIN = [
    process(1, 0.0, 10.0, "/bin/pulumi", "up", "--yes"),
    process(2, 1.0, 9.0, "/bin/pulumi-language-python", "--root=x"),
    process(3, 1.5, 2.5, "/venv/bin/python", "-m", "pip", "list"),
    process(4, 3.0, 8.0, "/venv/bin/python", "-u", "/bin/pulumi-language-python-exec"),
    Process(5, ("/venv/bin/python", "-P", "-m", "sandbox.provider", "127.0.0.1:1"), 5.0, 9.5, cpu=0.5),
]
NOTES = [
    noted(4, "ready", 3.2, 3.2),
    noted(4, "import", 3.2, 4.2, pulumi=0.75, grpc=0.25),
    noted(5, "rpc", 6.0, 7.0, "Check"),
    noted(5, "aws", 6.2, 6.7),
]


def test_the_phases_of_plain_pulumi_up() -> None:
    account = account_for((0.0, 10.0), PLAIN, NOTES)
    alone = {name: round(seconds[0], 3) for name, seconds in account.phases.items() if seconds[0]}
    assert alone == {
        "AWS answers": 0.5,
        "provider calls": 0.5,
        "program: imports": 1.0,
        "program: Python start": 0.2,
        "pip list": 1.0,
        "provider: start": 1.0,
        "language host: start": 0.5,
        "program and engine": 1.8,
        "provider: end": 1.5,
        "engine: start": 1.0,
        "engine: end": 0.5,
        "engine: between": 0.5,
    }
    assert sum(alone.values()) == pytest.approx(10.0)
    assert account.cpu["provider"] == 0.5
    assert account.imports == {"pulumi": 0.75, "grpc": 0.25}
    assert account.commands == ["up"]


def test_a_runner_with_a_warm_host_that_forks_a_python_for_the_program() -> None:
    fork = ("/venv/bin/python", "-c", "from multiprocessing.forkserver import main; main(5, 6, ['x'])")
    run = [
        process(1, 0.0, 10.0, "/venv/bin/python", "/venv/bin/invoke", "up", "identity"),
        process(2, 2.0, 2.5, "/bin/pulumi", "--non-interactive", "stack", "init", "sandbox"),
        process(3, 1.0, 10.0, "/venv/bin/python", "-m", "automation.language_host", "script", "folder"),
        process(4, 1.1, 10.0, *fork),
        process(5, 3.0, 9.0, "/bin/pulumi", "--non-interactive", "up", "--yes"),
        # A child of it that had not yet become what it is.
        process(6, 5.0, 5.0, "/bin/pulumi", "--non-interactive", "up", "--yes"),
        process(7, 4.0, 8.0, *fork),
    ]
    notes = [
        noted(1, "ready", 0.1, 0.1),
        noted(1, "import", 0.1, 0.6),
        noted(3, "rpc", 3.5, 3.6, "GetRequiredPackages"),
        noted(3, "rpc", 4.0, 8.0, "Run"),
    ]
    account = account_for((0.0, 10.0), run, notes)
    alone = {name: round(seconds[0], 3) for name, seconds in account.phases.items() if seconds[0]}
    assert alone == {
        "program and engine": 4.0,
        "warm language host: start": 2.5,
        "engine: start": 0.5,
        "engine: end": 1.0,
        "runner: Python start": 0.1,
        "runner: imports": 0.5,
        "runner: the rest": 1.4,
    }
    assert set(account.cpu) == {"runner", "engine", "other engine commands", "warm language host and program"}
    assert account.commands == ["up", "stack init sandbox"]


def test_the_table_says_what_a_phase_covers_in_all_where_others_hide_it() -> None:
    phases = {"pip list": {"alone": 1.0, "in_all": 1.0}, "provider: start": {"alone": 0.1, "in_all": 0.6}}
    took = {"seconds": 3.0, "fastest_seconds": 2.5, "untraced_seconds": 2.9}
    case = {"stack": "identity", "scenario": "no-op", "how": "pulumi up", **took, "phases": phases}
    assert phase_table([case]).splitlines()[2:] == [
        "| pip list | 1.00 |",
        "| provider: start | 0.10 (0.60) |",
        "| **all** | **3.00** |",
        "| all, the fastest run | 2.50 |",
        "| all, not traced | 2.90 |",
    ]


def test_packages_that_take_little_are_one_line() -> None:
    case = {"stack": "identity", "scenario": "no-op", "how": "pulumi up"}
    other = {**case, "how": "invoke up", "imports": {}}
    imports = {"six": 0.01, "pulumi": 0.2, "yaml": 0.02}
    assert import_table([{**case, "imports": imports}, other]).splitlines()[2:] == [
        "| pulumi | 0.20 |  |",
        "| all others | 0.03 | 0.00 |",
    ]


def test_the_tracer_notes_imports_served_calls_and_aws_in_any_python(tmp_path: Path) -> None:
    shutil.copyfile(Path(tracer.__file__), tmp_path / "sitecustomize.py")
    script = """
import colorsys, grpc, botocore.httpsession
from concurrent.futures import ThreadPoolExecutor
method = grpc.unary_unary_rpc_method_handler(lambda request, context: request + b"!")
server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Service", {"Greet": method})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    assert channel.unary_unary("/test.Service/Greet")(b"hello") == b"hello!"
"""
    trace = tmp_path / "trace"
    env = {**os.environ, "PYTHONPATH": str(tmp_path), tracer.FILE: str(trace)}
    subprocess.run([sys.executable, "-c", script], env=env, check=True)
    notes = [json.loads(line) for line in trace.read_text().splitlines()]
    assert notes[0]["kind"] == "ready"
    assert ("import", "colorsys") in {(note["kind"], note["name"]) for note in notes}
    assert [note["name"] for note in notes if note["kind"] == "rpc"] == ["Greet"]
    whole = next(note for note in notes if note["name"] == "grpc")
    assert sum(whole["packages"].values()) == pytest.approx(whole["end"] - whole["start"], abs=0.001)
