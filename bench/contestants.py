"""The contestants and the scenarios: four ways to deploy the same organization from the same files."""

from collections.abc import Callable
from dataclasses import dataclass

FIRST, NO_OP, CHANGED, PREVIEW = "first deploy", "no-op", "one account changed", "preview"

SCENARIOS = (FIRST, NO_OP, CHANGED, PREVIEW)
"""In this order: each scenario starts from the state that the one before it left. The preview finds no changes."""

_ACTIONS = {FIRST: "first", NO_OP: "up", CHANGED: "up", PREVIEW: "preview"}

QUEUE, LOOP, PARALLEL_LOOP, ONE_STACK = "run queue", "shell loop", "shell loop -P", "one big stack"


@dataclass(frozen=True)
class Contestant:
    """`command` returns the command of a scenario, for a number of stacks at a time.

    A contestant that is measured in some `scenarios` only has no project of its own. It uses the project of the
    contestant named in `after`, and is measured after it.
    """

    name: str
    command: Callable[[str, int], list[str]]
    scenarios: tuple[str, ...] = SCENARIOS
    after: str | None = None


def _queue(scenario: str, parallel: int) -> list[str]:
    return ["invoke", "preview-all" if scenario == PREVIEW else "deploy-all", "--parallel", str(parallel)]


def _loop(scenario: str, _parallel: int) -> list[str]:
    return ["bench/loop.sh", _ACTIONS[scenario], "1"]


def _parallel_loop(scenario: str, parallel: int) -> list[str]:
    return ["bench/loop.sh", _ACTIONS[scenario], str(parallel)]


def _one_stack(scenario: str, _parallel: int) -> list[str]:
    return ["bench/one_stack/run.sh", _ACTIONS[scenario]]


CONTESTANTS = {
    each.name: each
    for each in (
        Contestant(QUEUE, _queue),
        Contestant(PARALLEL_LOOP, _parallel_loop),
        # It is measured in one scenario only: it is twice as slow as the one above and does not differ otherwise.
        Contestant(LOOP, _loop, (NO_OP,), after=PARALLEL_LOOP),
        Contestant(ONE_STACK, _one_stack),
    )
}
