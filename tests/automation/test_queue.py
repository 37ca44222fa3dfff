"""The run queue, with fake work on any graph."""

import os
import threading
import time
from graphlib import CycleError
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.capacity import MEGABYTE, default_parallel
from automation.queue import Cancelled, Outcome, Status, reverse, run

Graph = dict[int, set[int]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph without cycles: a node depends on nodes with smaller numbers."""
    size = draw(st.integers(0, 12))
    return {node: draw(st.sets(st.integers(0, node - 1), max_size=4)) if node else set() for node in range(size)}


def upstream(graph: Graph, node: int) -> set[int]:
    """All that `node` depends on, however far."""
    return graph[node].union(*(upstream(graph, each) for each in graph[node]))


@given(graph=graphs(), parallel=st.integers(1, 4), failing=st.sets(st.integers(0, 11), max_size=3))
@settings(deadline=None, max_examples=80)
def test_any_graph(graph: Graph, parallel: int, failing: set[int]) -> None:
    lock = threading.Lock()
    started: list[int] = []
    ended: list[int] = []
    running = highest = 0

    def work(node: int) -> int:
        nonlocal running, highest
        with lock:
            assert graph[node] <= set(ended), "started before what it depends on had ended"
            started.append(node)
            running += 1
            highest = max(highest, running)
        time.sleep(0.0005)
        with lock:
            running -= 1
            ended.append(node)
        if node in failing:
            raise ValueError(node)
        return node * 2

    told: list[int] = []
    outcomes = run(graph, work, parallel=parallel, ended=lambda outcome: told.append(outcome.node))

    assert highest <= parallel
    assert len(started) == len(set(started))
    assert sorted(told) == sorted(outcomes) == sorted(graph)
    for node, outcome in outcomes.items():
        failed_before = upstream(graph, node) & failing
        if failed_before:
            assert outcome.status is Status.SKIPPED
            assert outcome.because in failed_before
            assert node not in started
        elif node in failing:
            assert outcome.status is Status.FAILED
            assert isinstance(outcome.error, ValueError)
        else:
            assert (outcome.status, outcome.value) == (Status.DONE, node * 2)


@given(graph=graphs(), parallel=st.integers(1, 4), failing=st.sets(st.integers(0, 11), max_size=3))
@settings(deadline=None, max_examples=80)
def test_fail_fast_starts_nothing_once_a_node_has_failed(graph: Graph, parallel: int, failing: set[int]) -> None:
    started: list[int] = []
    told: list[Outcome[int, None]] = []

    def work(node: int) -> None:
        started.append(node)
        time.sleep(0.0005)
        if node in failing:
            raise ValueError(node)

    outcomes = run(graph, work, parallel=parallel, fail_fast=True, ended=told.append)

    assert sorted(outcomes) == sorted(graph)
    worked = [outcome for outcome in told if outcome.status in (Status.DONE, Status.FAILED)]
    assert sorted(outcome.node for outcome in worked) == sorted(started)
    first = next((place for place, outcome in enumerate(told) if outcome.status is Status.FAILED), None)
    if first is None:
        assert len(worked) == len(graph)
        return
    # Only what was running beside the first failure may still end as if nothing had happened.
    assert sum(outcome in worked for outcome in told[first + 1 :]) <= parallel - 1
    for outcome in outcomes.values():
        if outcome not in worked:
            assert outcome.status is Status.SKIPPED
            assert outcome.because == told[first].node


@given(graph=graphs())
def test_reverse_turns_every_edge(graph: Graph) -> None:
    turned = reverse(graph)
    assert {(a, b) for a in graph for b in graph[a]} == {(a, b) for b in turned for a in turned[b]}
    assert turned.keys() == graph.keys()
    assert reverse(turned) == graph


def test_a_node_starts_as_soon_as_its_own_dependencies_are_done() -> None:
    # 1 is slow; 3 needs only 0 and must not wait for the rest of a wave.
    graph: Graph = {0: set(), 1: set(), 3: {0}}
    third = threading.Event()

    def work(node: int) -> bool:
        if node == 3:
            third.set()
        return third.wait(5) if node == 1 else True

    assert run(graph, work, parallel=2)[1].value is True


def test_independent_nodes_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=5)
    outcomes = run({n: set() for n in range(3)}, lambda _node: together.wait(), parallel=3)
    assert {outcome.status for outcome in outcomes.values()} == {Status.DONE}


def test_stop_starts_nothing_more() -> None:
    stop = threading.Event()

    def work(node: int) -> None:
        stop.set()
        if node == 1:
            raise Cancelled

    outcomes: dict[int, Outcome[int, None]] = run({0: set(), 1: set(), 2: {0}, 3: {1}}, work, parallel=2, stop=stop)
    assert outcomes[0].status is Status.DONE
    # Either was started with 0, and ended itself, or never was.
    assert {outcomes[node].status for node in (1, 2, 3)} == {Status.CANCELLED}


def test_bad_input() -> None:
    with pytest.raises(CycleError):
        run({0: {1}, 1: {0}}, lambda node: node, parallel=1)
    with pytest.raises(ValueError, match="parallel is 0; allowed: 1 or more"):
        run({0: set()}, lambda node: node, parallel=0)


@pytest.mark.parametrize(
    ("cores", "megabytes", "expected"),
    [(2, 100_000, 4), (64, 16_000, 21), (8, 300, 1), (1, 800, 1)],
)
def test_default_parallel(cores: int, megabytes: int, expected: int) -> None:
    assert default_parallel(cores, megabytes) == expected


@pytest.mark.parametrize("cores", [1, 3])
def test_the_cores_are_those_that_this_process_may_use(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)), raising=False)
    assert default_parallel(free_megabytes=1_000_000) == 2 * cores


def test_the_memory_is_that_of_this_machine() -> None:
    """No more than it has, and no less than what nothing at all is using."""
    page = os.sysconf("SC_PAGE_SIZE")
    whole = os.sysconf("SC_PHYS_PAGES") * page // MEGABYTE
    assert 1 <= default_parallel(cores=1_000_000) <= max(1, whole // 750)


@pytest.mark.parametrize(
    ("available", "limit", "used", "expected"),
    [
        (16_000, None, None, 21),
        (16_000, "max", "1", 21),
        (16_000, 4_000, 1_000, 4),
        (2_000, 4_000, 1_000, 2),
        (16_000, 4_000, 4_100, 1),
    ],
)
def test_a_container_s_limit_counts(
    monkeypatch: pytest.MonkeyPatch, available: int, limit: int | str | None, used: int | str | None, expected: int
) -> None:
    def text(megabytes: int | str | None) -> str:
        if megabytes is None:
            raise FileNotFoundError
        return f"{megabytes if isinstance(megabytes, str) else megabytes * MEGABYTE}\n"

    files = {
        "/sys/fs/cgroup/memory.max": lambda: text(limit),
        "/sys/fs/cgroup/memory.current": lambda: text(used),
    }
    monkeypatch.setattr(Path, "read_text", lambda self: files[str(self)]())
    free = SimpleNamespace(available=available * MEGABYTE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert default_parallel(cores=1_000) == expected
