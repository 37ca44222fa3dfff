"""The run queue: works on the nodes of a graph, each as soon as the nodes that it depends on are done.

It knows nothing of Pulumi. It takes a graph and a worker function, and returns the outcome of each node.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

Node = TypeVar("Node")
Value = TypeVar("Value")


class Status(Enum):
    """How a node ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Cancelled(Exception):
    """A worker raises this when it was stopped before its node was done."""


@dataclass(frozen=True)
class Outcome(Generic[Node, Value]):
    """The outcome of one node.

    `value` is what the worker returned, and `error` what it raised. If the node was skipped, `because` is the node
    whose failure caused it. `seconds` is how long the worker ran.
    """

    node: Node
    status: Status
    value: Value | None = None
    error: Exception | None = None
    because: Node | None = None
    seconds: float = 0.0


def run(
    graph: Mapping[Node, Collection[Node]],
    work: Callable[[Node], Value],
    *,
    parallel: int,
    fail_fast: bool = False,
    stop: threading.Event | None = None,
    ended: Callable[[Outcome[Node, Value]], None] | None = None,
) -> dict[Node, Outcome[Node, Value]]:
    """Call `work` once for each node of `graph`, predecessors first, at most `parallel` at a time.

    If a node does not end well, the nodes that depend on it are not started, and all others still are. With
    `fail_fast`, no further node is started after a failure. When `stop` is set, no further node is started. `ended` is
    called in the calling thread when a node ends. The result has an outcome for every node. Raises
    `graphlib.CycleError`, and `ValueError` if `parallel` is below one.
    """
    if parallel < 1:
        raise ValueError(f"parallel is {parallel}; allowed: 1 or more")
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    outcomes: dict[Node, Outcome[Node, Value]] = {}
    ready: deque[Node] = deque()
    running: dict[Future[Outcome[Node, Value]], Node] = {}

    def end(outcome: Outcome[Node, Value]) -> None:
        outcomes[outcome.node] = outcome
        # The sorter must see every node as done, however it ended, so that its dependents are decided here.
        sorter.done(outcome.node)
        if ended:
            ended(outcome)

    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="stack") as pool:
        while sorter.is_active():
            ready.extend(sorter.get_ready())
            while ready and len(running) < parallel:
                node = ready.popleft()
                # In the order in which they ended, so that `because` is the first failure.
                relevant = [each for each in outcomes.values() if fail_fast or each.node in graph.get(node, ())]
                blocked = _blocked(node, relevant, stop)
                if blocked:
                    end(blocked)
                    ready.extend(sorter.get_ready())
                else:
                    running[pool.submit(_call, node, work)] = node
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[future]
                    end(future.result())
    return outcomes


def _blocked(
    node: Node, before: list[Outcome[Node, Value]], stop: threading.Event | None
) -> Outcome[Node, Value] | None:
    """The outcome of a node that must not run; None if it may run."""
    failed = next((each for each in before if each.status in (Status.FAILED, Status.SKIPPED)), None)
    if failed:
        because = failed.node if failed.because is None else failed.because
        return Outcome(node, Status.SKIPPED, because=because)
    if (stop and stop.is_set()) or any(each.status is Status.CANCELLED for each in before):
        return Outcome(node, Status.CANCELLED)
    return None


def _call(node: Node, work: Callable[[Node], Value]) -> Outcome[Node, Value]:
    started = time.monotonic()
    try:
        value = work(node)
    except Cancelled as error:
        return Outcome(node, Status.CANCELLED, error=error, seconds=time.monotonic() - started)
    except Exception as error:
        return Outcome(node, Status.FAILED, error=error, seconds=time.monotonic() - started)
    return Outcome(node, Status.DONE, value=value, seconds=time.monotonic() - started)


def reverse(graph: Mapping[Node, Collection[Node]]) -> dict[Node, set[Node]]:
    """`graph` with every edge reversed, because what was created first is destroyed last."""
    turned: dict[Node, set[Node]] = {node: set() for node in graph}
    for node, before in graph.items():
        for each in before:
            turned[each].add(node)
    return turned
