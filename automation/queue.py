"""The run queue: work on the nodes of a graph, each as soon as what it depends on is done.

It knows nothing of Pulumi: a function from a graph and a worker to what became of each node.
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
    """What became of a node."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Cancelled(Exception):
    """Raised by a worker that was stopped before its node was done."""


@dataclass(frozen=True)
class Outcome(Generic[Node, Value]):
    """The end of one node.

    `value` is what the worker returned and `error` what it raised; `because` is the node whose failure this one
    was skipped for. `seconds` is how long the worker ran.
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
    """Call `work` once for each node of `graph`, a node's predecessors first, at most `parallel` at a time.

    A node with a predecessor that did not end well is not worked on, and all others are, unless `fail_fast` is
    asked for: then no node is started once one has failed. Nor is one once `stop` is set. `ended` is called in the
    calling thread as each node ends. The result has every node. Raises `graphlib.CycleError`, and
    `ValueError` when `parallel` is below one.
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
        # Done for the sorter however it ended, so that the dependents come up and are decided on here.
        sorter.done(outcome.node)
        if ended:
            ended(outcome)

    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="stack") as pool:
        while sorter.is_active():
            ready.extend(sorter.get_ready())
            while ready and len(running) < parallel:
                node = ready.popleft()
                # In the order in which they ended, so that the first failure is named.
                relevant = [each for each in outcomes.values() if fail_fast or each.node in graph.get(node, ())]
                unfit = _unfit(node, relevant, stop)
                if unfit:
                    end(unfit)
                    ready.extend(sorter.get_ready())
                else:
                    running[pool.submit(_attempt, node, work)] = node
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[future]
                    end(future.result())
    return outcomes


def _unfit(node: Node, before: list[Outcome[Node, Value]], stop: threading.Event | None) -> Outcome[Node, Value] | None:
    """How `node` ends without being worked on; None if it is to be worked on."""
    failed = next((each for each in before if each.status in (Status.FAILED, Status.SKIPPED)), None)
    if failed:
        because = failed.node if failed.because is None else failed.because
        return Outcome(node, Status.SKIPPED, because=because)
    if (stop and stop.is_set()) or any(each.status is Status.CANCELLED for each in before):
        return Outcome(node, Status.CANCELLED)
    return None


def _attempt(node: Node, work: Callable[[Node], Value]) -> Outcome[Node, Value]:
    started = time.monotonic()
    try:
        value = work(node)
    except Cancelled as error:
        return Outcome(node, Status.CANCELLED, error=error, seconds=time.monotonic() - started)
    except Exception as error:
        return Outcome(node, Status.FAILED, error=error, seconds=time.monotonic() - started)
    return Outcome(node, Status.DONE, value=value, seconds=time.monotonic() - started)


def reverse(graph: Mapping[Node, Collection[Node]]) -> dict[Node, set[Node]]:
    """`graph` with every edge turned round: what is taken down last was made first."""
    turned: dict[Node, set[Node]] = {node: set() for node in graph}
    for node, before in graph.items():
        for each in before:
            turned[each].add(node)
    return turned
