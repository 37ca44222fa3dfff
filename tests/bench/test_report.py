"""Criteria, the comparison of the work done, and the document, from results made up here."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import cells
from bench.cells import Cell, Results
from bench.contestants import CONTESTANTS, FIRST, NO_OP, ONE_STACK, PARALLEL_LOOP, QUEUE, SCENARIOS
from bench.criteria import criteria, different_work
from bench.report import markdown
from shared.layers import ROOT

MACHINE = {"cores": 2, "memory_bytes": 24 * 2**30, "parallel": 4}
SIZES = (1, 50, 200)
CALLS = {"iam": {"CreateRole": 3, "GetRole": 5}, "sts": {"AssumeRole": 1}}


def results(**changes: Cell) -> Results:
    """Every cell, where the run queue meets every criterion; `changes` are put over them."""
    found = {}
    for size in SIZES:
        for contestant in CONTESTANTS:
            for scenario in SCENARIOS:
                seconds = 10.0 if contestant == QUEUE else 10.0 * size
                cell = Cell(size, contestant, scenario, seconds, 30, 500 * 2**20, 8, 100 * 2**20, CALLS, 33)
                found[cell.key] = cell
    for cell in changes.values():
        found[cell.key] = cell
    return Results(MACHINE, found)


def cell(size: int, contestant: str, scenario: str) -> Cell:
    return results().cells[size, contestant, scenario]


def verdicts(found: Results) -> list[bool | None]:
    return [each.passed for each in criteria(found)]


def test_all_criteria_are_met() -> None:
    assert verdicts(results()) == [True, True, True, True]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (replace(cell(200, QUEUE, NO_OP), seconds=101.0), [False, True, True, True]),
        (replace(cell(200, QUEUE, "one account changed"), seconds=20.1), [True, False, True, True]),
        (replace(cell(200, "shell loop -P", FIRST), seconds=9.9), [True, True, False, True]),
        (replace(cell(200, QUEUE, FIRST), peak_bytes=601 * 2**20), [True, True, True, False]),
        (
            replace(cell(200, PARALLEL_LOOP, NO_OP), why="over the time limit of 45 min", stopped=True),
            [None, True, True, True],
        ),
    ],
)
def test_each_criterion_by_itself(changed: Cell, expected: list[bool | None]) -> None:
    assert verdicts(results(changed=changed)) == expected


def test_of_what_was_not_measured_nothing_is_claimed() -> None:
    one = cell(1, QUEUE, FIRST)
    found = criteria(Results(MACHINE, {one.key: one}))
    assert [each.passed for each in found] == [None, None, None, True]
    assert found[0].found == "not measured: shell loop -P, 1 accounts, no-op"


def test_a_contestant_that_does_less_is_named() -> None:
    lazy = replace(cell(50, ONE_STACK, FIRST), calls={"iam": {"CreateRole": 2}}, resources=32)
    assert different_work(results()) == []
    assert different_work(results(lazy=lazy)) == [
        "50 accounts, first deploy: one big stack and run queue differ in resources, 32 and 33",
        "50 accounts, first deploy: one big stack and run queue differ in the number of iam:CreateRole",
    ]


def test_reading_and_signing_in_are_no_changes() -> None:
    assert cell(1, QUEUE, FIRST).changes == {"iam:CreateRole": 3}


def test_the_document_has_every_cell_also_what_was_stopped() -> None:
    why = "out of memory at 20.1 GiB with 170 providers"
    stopped = replace(cell(200, ONE_STACK, FIRST), why=why, stopped=True)
    never = Cell(200, ONE_STACK, NO_OP, why="the first deploy did not end well")
    document = markdown(results(stopped=stopped, never=never))
    rows = [line for line in document.splitlines() if line.startswith(("| 1 |", "| 50 |", "| 200 |"))]
    assert len(rows) == len(SIZES) * len(CONTESTANTS) * len(SCENARIOS)
    assert f"| 200 | one big stack | stopped: {why} | 30 |" in document
    assert "| 200 | one big stack | failed: the first deploy did not end well |  |" in document
    assert "| 50 | shell loop | 50.00 | 30 | 500 MiB | 100 MiB | 9 (iam 8, sts 1) | 500.0 s |" in document


def test_the_document_says_what_a_stopped_run_did_not_get_to() -> None:
    found = results()
    left = {key: each for key, each in found.cells.items() if key != (200, ONE_STACK, "preview")}
    document = markdown(Results(MACHINE, left))
    assert document.count("not measured") == 1
    preview = document[document.index("## Preview") :]
    assert "| 200 | one big stack | not measured |" in preview


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.json"
    cells.write(file, results())
    assert cells.read(file) == results()


def test_the_document_of_this_repository_follows_from_its_results() -> None:
    docs = ROOT / "docs"
    assert (docs / "benchmark.md").read_text() == markdown(cells.read(docs / "benchmark.json"))


def test_what_was_learnt_of_the_overhead_stays_in_the_document() -> None:
    document = markdown(results())
    learnt = document[document.index("## Where the time of one stack went") :]
    assert "| account, nothing to do | 4.01 | 3.12 |" in learnt
    anchor = "run-queue.md#the-language-host"
    assert anchor in learnt
    assert "\n## The language host\n" in (ROOT / "docs" / "run-queue.md").read_text()
