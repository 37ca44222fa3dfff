"""The results of a run and of each of its stacks. Display, summary, report and JUnit only read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from automation.events import Counts, Problem, Record
from automation.queue import Outcome, Status
from automation.stacks import StackCancelled, StackFailed
from shared.layers import StackId

Operation = Literal["deploy", "preview", "refresh", "drift", "destroy", "import"]

CANCELLED_EXIT = 130
"""The exit code that a shell gives a command that was ended by Ctrl-C."""


@dataclass(frozen=True)
class Wording:
    """The words for an operation on a stack: `deploying`, then `deployed`.

    `operation` is its name in a report. `change` is put before the change of a resource, such as `created`.
    """

    operation: Operation
    doing: str
    done: str
    change: str = ""


@dataclass(frozen=True)
class StackResult:
    """The result of one stack.

    `record` is what was done to it, even if it then failed. `problems` are the reasons of a failure. If it was skipped,
    `because` is the stack whose failure caused it. `seconds` is how long the work took.
    """

    stack: StackId
    status: Status
    record: Record = field(default_factory=Record)
    problems: tuple[Problem, ...] = ()
    because: StackId | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, outcome: Outcome[StackId, Record]) -> StackResult:
        """The result for an outcome of the run queue."""
        error, problems = outcome.error, list[Problem]()
        record = error.record if isinstance(error, StackFailed | StackCancelled) else outcome.value or Record()
        if isinstance(error, StackFailed):
            problems = error.problems
        elif outcome.status is Status.FAILED:
            problems = [Problem(f"internal error, {type(error).__name__}: {error}")]
        return cls(outcome.node, outcome.status, record, tuple(problems), outcome.because, outcome.seconds)

    @property
    def counts(self) -> Counts:
        """How many resources were changed, or would be changed."""
        return self.record.counts

    def describe(self, wording: Wording) -> str:
        """The result in a few words, for the user."""
        if self.status is Status.DONE:
            if self.record.same_inputs:
                return "unchanged (inputs)"
            differs = self.counts.changes or (wording.operation == "drift" and self.record.drift)
            return wording.done if differs else "unchanged"
        if self.status is Status.SKIPPED and self.because is not None:
            return f"skipped ({self.because.label} failed)"
        return str(self.status.value)


@dataclass(frozen=True)
class Foreign:
    """Something that no stack has. `adopt` and `remove` are commands, with what must be done first if need be; one of
    them may be missing. `keys` are what an entry of `org:ignore` can name it by."""

    kind: str
    name: str
    id: str
    adopt: str | None
    remove: str | None
    keys: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        called = f"{self.kind} {self.name}" + (f" ({self.id})" if self.id != self.name else "")
        ways = [f"adopt: {self.adopt}"] if self.adopt else []
        ways += [f"remove: {self.remove}"] if self.remove else []
        return f"{called}; {'; '.join(ways)}"


@dataclass(frozen=True)
class RunResult:
    """The result of a run. `stacks` are in the order of the work, and `logs` is the folder with all output."""

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
    foreign: Sequence[Foreign] | None = None
    """What was found in AWS that no stack has; None if that was not looked at."""

    def log_file(self, stack: StackId) -> Path:
        """The log with all output for `stack`. It does not exist if nothing was run."""
        return self.logs / f"{stack.label}.log"


def exit_code(results: Iterable[StackResult]) -> int:
    """0 if every stack ended well, 130 if the run was cancelled, otherwise 1."""
    found = {result.status for result in results}
    if Status.CANCELLED in found:
        return CANCELLED_EXIT
    return 1 if found - {Status.DONE} else 0
