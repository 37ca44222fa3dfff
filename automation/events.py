"""What the engine's events say of one operation on one stack: progress, counts, changes, errors."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import DiagnosticEvent, StepEventMetadata, StepEventStateMetadata

_COUNTED = {
    OpType.CREATE: "created",
    OpType.IMPORT: "created",
    OpType.UPDATE: "updated",
    OpType.REPLACE: "replaced",
    OpType.IMPORT_REPLACEMENT: "replaced",
    OpType.DELETE: "deleted",
    OpType.DISCARD: "deleted",
    OpType.SAME: "unchanged",
}
"""How each step that the engine itself counts is called here. The steps of a replacement count once."""

_EMPTY = re.compile(
    r"(update|preview|refresh|destroy) failed|an unhandled error occurred: program exited with non-zero exit code: \d+"
    # A provider that ended: the resources it was at have an error of their own.
    r"|Detected that \S+ exited prematurely.*",
    re.DOTALL,
)
"""Errors that only repeat that there was another."""

_PENDING = "pending operations from previous deployment"

_TRACEBACK_LINES = 15


@dataclass(frozen=True)
class Counts:
    """How many resources an operation changed, or would change, and how many it left as they were."""

    created: int = 0
    updated: int = 0
    replaced: int = 0
    deleted: int = 0
    unchanged: int = 0

    @property
    def changes(self) -> int:
        """All but the unchanged ones."""
        return self.created + self.updated + self.replaced + self.deleted

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self.astuple(), other.astuple(), strict=True)))

    def astuple(self) -> tuple[int, int, int, int, int]:
        """The five numbers in the order of the fields."""
        return self.created, self.updated, self.replaced, self.deleted, self.unchanged


@dataclass(frozen=True)
class Resource:
    """A resource as a person knows it: its Pulumi type and the name that the program gave it."""

    urn: str

    @property
    def type(self) -> str:
        """For example `aws:iam/role:Role`; a URN has the types of the parents before it, with `$` between.
        https://www.pulumi.com/docs/iac/concepts/resources/names/#urns"""
        return self.urn.split("::")[2].rpartition("$")[2] if self.urn.count("::") >= 3 else ""

    @property
    def components(self) -> tuple[str, ...]:
        """The types of the components that it is in, the outermost first: `aws-organization:identity:Developers`."""
        return tuple(self.urn.split("::")[2].split("$")[:-1]) if self.urn.count("::") >= 3 else ()

    @property
    def name(self) -> str:
        """For example `developers`."""
        return self.urn.split("::", 3)[-1]

    def __str__(self) -> str:
        return f"{self.type} {self.name}".strip()


@dataclass(frozen=True)
class Change:
    """A resource that is not as it was. `what` is the step, such as `updated`, and `properties` what differs."""

    resource: Resource
    what: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """An error: what it says and, where one resource has it, which. `remedy` is what to do about it, where that
    is known better than from the message."""

    message: str
    resource: Resource | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{self.resource}: {self.message}" if self.resource else self.message


@dataclass
class Record:
    """Takes in the events of one operation; may be read by another thread meanwhile."""

    same_inputs: bool = False
    """Nothing was run: the stack's inputs and its state are those of its last deployment."""
    pending: bool = False
    """The state has operations that an earlier run was killed in."""
    warnings: list[str] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    """What a refresh found changed or gone in AWS."""
    begun: dict[str, StepEventStateMetadata] = field(default_factory=dict)
    """What it began to create, by URN, as it was to be: whether that came about or not. Secrets are masked."""
    _problems: list[Problem] = field(default_factory=list)
    _stderr: list[str] = field(default_factory=list)
    _changes: dict[str, Change] = field(default_factory=dict)
    _working: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, event: EngineEvent) -> Change | None:
        """Take in one event; the change that is complete with it, if one is."""
        with self._lock:
            if event.resource_pre_event:
                self._begin(event.resource_pre_event.metadata)
            elif event.res_outputs_event:
                return self._finish(event.res_outputs_event.metadata)
            elif event.res_op_failed_event:
                self._working.pop(event.res_op_failed_event.metadata.urn, None)
            elif event.diagnostic_event:
                self._diagnostic(event.diagnostic_event)
        return None

    @property
    def counts(self) -> Counts:
        """So far."""
        with self._lock:
            found = Counter(change.what for change in self._changes.values())
        return Counts(**{what: found[what] for what in Counts.__dataclass_fields__})

    @property
    def changes(self) -> list[Change]:
        """Every resource that was changed, or would be, so far."""
        with self._lock:
            return [change for change in self._changes.values() if change.what != "unchanged"]

    @property
    def working(self) -> list[Resource]:
        """The resources that are being worked on, the oldest first."""
        with self._lock:
            return [Resource(urn) for urn in self._working]

    @property
    def problems(self) -> list[Problem]:
        """The errors, without those that only repeat that there was another."""
        with self._lock:
            telling = [problem for problem in self._problems if not _EMPTY.fullmatch(problem.message)]
            if telling or not self._problems:
                return telling
            # The program ended with nothing but what it printed.
            printed = "\n".join(self._stderr[-_TRACEBACK_LINES:])
            return [Problem(printed)] if printed else list(self._problems)

    def _begin(self, step: StepEventMetadata) -> None:
        # The stack itself is worked on until the end, which tells nobody anything.
        if _is_shown(step) and step.op is not OpType.SAME and not step.type.startswith("pulumi:pulumi:"):
            self._working[step.urn] = step.op.value
            if step.op is OpType.CREATE and step.new and step.new.custom:
                self.begun[step.urn] = step.new

    def _finish(self, step: StepEventMetadata) -> Change | None:
        # A refresh names its result in the second event: `refresh` in a preview, else what it came to.
        refreshed = self._working.pop(step.urn, None) == OpType.REFRESH.value
        if not _is_shown(step):
            return None
        if refreshed and (step.new is None or step.diffs):
            self.drift.append(Change(Resource(step.urn), "changed" if step.new else "gone", _properties(step)))
        what = _COUNTED.get(step.op)
        if what is None:
            return None
        known = self._changes.get(step.urn)
        # Components and the stack itself come twice, the second time with their outputs.
        if known and known.what != "unchanged":
            return None
        change = self._changes[step.urn] = Change(Resource(step.urn), what, _properties(step))
        return change if what != "unchanged" else None

    def _diagnostic(self, event: DiagnosticEvent) -> None:
        message = event.message.strip()
        if event.severity == "error":
            self._problems.append(Problem(message, Resource(event.urn) if event.urn else None))
        elif event.severity == "warning":
            self.pending = self.pending or _PENDING in message
            self.warnings.append(message)
        elif event.severity == "info#err" and message:
            self._stderr.append(event.message.rstrip())


def _is_shown(step: StepEventMetadata) -> bool:
    return not step.type.startswith("pulumi:providers:")


def _properties(step: StepEventMetadata) -> tuple[str, ...]:
    return tuple(sorted({*(step.detailed_diff or {}), *(step.diffs or [])}))


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    return sum(counts, Counts())
