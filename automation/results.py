"""What became of a run and of each of its stacks: what display, summary, report and JUnit only read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from automation.events import Counts, Problem, Record
from automation.queue import Outcome, Status
from automation.stacks import StackCancelled, StackFailed
from shared.layers import StackId

Operation = Literal["deploy", "preview", "refresh", "drift", "destroy"]

CANCELLED_EXIT = 130
"""What a shell gives a command that Ctrl-C ended."""


@dataclass(frozen=True)
class Wording:
    """How a run speaks of what it does to a stack: `deploying`, then `deployed`.

    `operation` is what a report calls it. `change` comes before what is told of a resource, such as `created`;
    `next` is what to look at after.
    """

    operation: Operation
    doing: str
    done: str
    change: str = ""
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class StackResult:
    """What became of one stack.

    `record` is what was done to it, also where it then failed; `problems` are why it failed, `because` is the stack
    whose failure it was skipped for, and `seconds` how long it was worked on.
    """

    stack: StackId
    status: Status
    record: Record = field(default_factory=Record)
    problems: tuple[Problem, ...] = ()
    because: StackId | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, outcome: Outcome[StackId, Record]) -> StackResult:
        """From what the run queue says of it."""
        error, problems = outcome.error, list[Problem]()
        record = error.record if isinstance(error, StackFailed | StackCancelled) else outcome.value or Record()
        if isinstance(error, StackFailed):
            problems = error.problems
        elif outcome.status is Status.FAILED:
            problems = [Problem(f"internal error, {type(error).__name__}: {error}")]
        return cls(outcome.node, outcome.status, record, tuple(problems), outcome.because, outcome.seconds)

    @property
    def counts(self) -> Counts:
        """How many resources were changed, or would be."""
        return self.record.counts

    def told(self, wording: Wording) -> str:
        """The result in a few words."""
        if self.status is Status.DONE:
            if self.record.same_inputs:
                return "unchanged (inputs)"
            return wording.done if self.counts.changes else "unchanged"
        if self.status is Status.SKIPPED and self.because is not None:
            return f"skipped ({self.because.label} failed)"
        return str(self.status.value)


@dataclass(frozen=True)
class RunResult:
    """What became of a run: `stacks` are in the order in which they were worked on, `logs` is where all output is."""

    wording: Wording
    environment: str
    stacks: tuple[StackResult, ...]
    start: datetime
    seconds: float
    exit_code: int
    parallel: int
    engine_version: str
    logs: Path
    root: Path

    def log_file(self, stack: StackId) -> Path:
        """All that was printed for `stack`; there is none if nothing was run."""
        return log_file(self.logs, stack)


def log_file(logs: Path, stack: StackId) -> Path:
    """The log of `stack` in the folder of a run's logs."""
    return logs / f"{stack.label}.log"


def exit_code(results: Iterable[StackResult]) -> int:
    """0 when every stack ended well, 130 when the run was cancelled, else 1."""
    found = {result.status for result in results}
    if Status.CANCELLED in found:
        return CANCELLED_EXIT
    return 1 if found - {Status.DONE} else 0
