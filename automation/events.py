"""Reads the engine's events of one operation on one stack: progress, counts, changes and errors."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import DiagnosticEvent, StepEventMetadata, StepEventStateMetadata

from automation.values import PropertyChange, property_changes

_COUNTED = {
    OpType.CREATE: "created",
    OpType.IMPORT: "created",
    OpType.UPDATE: "updated",
    OpType.REPLACE: "replaced",
    OpType.IMPORT_REPLACEMENT: "replaced",
    OpType.DELETE: "deleted",
    # Another owner's resource that was only read: it leaves the state alone.
    OpType.DISCARD: "kept",
    OpType.SAME: "unchanged",
}
"""Engine step → its name here. Only steps that the engine counts: the steps of a replacement count once."""

_EMPTY = re.compile(
    r"(update|preview|refresh|destroy) failed|an unhandled error occurred: program exited with non-zero exit code: \d+"
    # The program, when the engine has stopped because of the other error.
    r"|Resource monitor has terminated, shutting down"
    # Errors of a resource that the program is refused for, in a preview.
    r"|BAIL: run bailed"
    # A provider process that ended: each resource it was working on has its own error.
    r"|Detected that \S+ exited prematurely.*",
    re.DOTALL,
)
"""Errors that only say that there was another error."""

_RULE = re.compile(r" \(rule [a-z-]+\)\Z")
"""How a violation of a rule ends: `policy_pack.judging`."""

_READ_STACK = "pulumi:pulumi:StackReference"

_PENDING = "pending operations from previous deployment"

_TRACEBACK_LINES = 15

CLOSED_ACCOUNT = "closed"
"""What is the matter with an account that was closed, as a change that drift found."""


class Counts(NamedTuple):
    """How many resources an operation changed, or would change, and how many it did not change."""

    created: int = 0
    updated: int = 0
    replaced: int = 0
    deleted: int = 0
    kept: int = 0
    """Deleted from the state alone: the resource stays in AWS (`retain_on_delete`)."""
    unchanged: int = 0

    @property
    def changes(self) -> int:
        """The number of changes: all except `unchanged`."""
        return sum(self) - self.unchanged


@dataclass(frozen=True)
class Resource:
    """A resource as users see it: its Pulumi type and its name in the program."""

    urn: str

    @property
    def type(self) -> str:
        """For example `aws:iam/role:Role`. A URN also has the types of the parents before it, separated by `$`:
        https://www.pulumi.com/docs/iac/concepts/resources/names/#urns"""
        return self.urn.split("::")[2].rpartition("$")[2] if self.urn.count("::") >= 3 else ""

    @property
    def components(self) -> tuple[str, ...]:
        """The types of its parent components, outermost first, for example `aws-organization:identity:Developers`."""
        return tuple(self.urn.split("::")[2].split("$")[:-1]) if self.urn.count("::") >= 3 else ()

    @property
    def name(self) -> str:
        """For example `developers`."""
        return self.urn.split("::", 3)[-1]

    def __str__(self) -> str:
        return f"{self.type} {self.name}".strip()


@dataclass(frozen=True)
class Change:
    """A changed resource.

    `what` is the change, such as `updated`, `properties` are the changed properties as the engine names them, and
    `values` their values, masked. `keeps_old` says of a replacement that the old resource stays in AWS.
    """

    resource: Resource
    what: str
    properties: tuple[str, ...] = ()
    values: tuple[PropertyChange, ...] = ()
    keeps_old: bool = False


@dataclass(frozen=True)
class Problem:
    """An error: its message and, if it belongs to one resource, that resource. `remedy` says what to do, if that is
    known from more than the message."""

    message: str
    resource: Resource | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{self.resource}: {self.message}" if self.resource else self.message


@dataclass
class Record:
    """Collects the events of one operation. Another thread may read it at the same time."""

    same_inputs: bool = False
    """The stack was not run: its inputs and its state are the same as at its last deployment."""
    pending: bool = False
    """The state has pending operations of a killed run."""
    warnings: list[str] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    """The resources that a refresh found changed or deleted in AWS."""
    outputs: tuple[dict[str, Any], dict[str, Any]] = field(default_factory=lambda: ({}, {}))
    """The stack's outputs before and after the operation. Secrets are masked, and unknown values are `UNKNOWN`."""
    begun: dict[str, StepEventStateMetadata] = field(default_factory=dict)
    """URN → the resources that the operation began to create, created or not. Secrets are masked."""
    _problems: list[Problem] = field(default_factory=list)
    _stderr: list[str] = field(default_factory=list)
    _changes: dict[str, Change] = field(default_factory=dict)
    _working: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, event: EngineEvent) -> Change | None:
        """Add one event; returns the change that this event completes, if any."""
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

    def follow(self, attempts: Iterable[Record], imported: Collection[str]) -> None:
        """Add what earlier attempts at the same operation have done.

        What was `imported` (URNs) counts as created, as it did in the preview: the state did not have it.
        """
        with self._lock:
            for change in (each for attempt in attempts for each in attempt.changes):
                now = self._changes.get(change.resource.urn)
                if now is None or now.what in ("unchanged", "updated"):
                    self._changes[change.resource.urn] = change
            for urn in imported:
                if urn in self._changes:
                    self._changes[urn] = replace(self._changes[urn], what="created")

    @property
    def advisory(self) -> list[str]:
        """What breaks a rule of the policy pack that only warns, each once."""
        with self._lock:
            return [each for each in dict.fromkeys(self.warnings) if _RULE.search(each)]

    @property
    def counts(self) -> Counts:
        """The numbers so far."""
        with self._lock:
            found = Counter(change.what for change in self._changes.values())
        return Counts(**{what: found[what] for what in Counts._fields})

    @property
    def changes(self) -> list[Change]:
        """All resources that were changed so far, or would be changed."""
        with self._lock:
            return [change for change in self._changes.values() if change.what != "unchanged"]

    @property
    def working(self) -> list[Resource]:
        """The resources that the engine is working on now, oldest first."""
        with self._lock:
            return [Resource(urn) for urn in self._working]

    @property
    def problems(self) -> list[Problem]:
        """The errors, without those that only say that there was another error."""
        with self._lock:
            telling = [problem for problem in self._problems if not _EMPTY.fullmatch(problem.message)]
            if telling or not self._problems:
                return telling
            # The program ended without an error event; its error is in its output.
            printed = "\n".join(self._stderr[-_TRACEBACK_LINES:])
            return [Problem(printed)] if printed else list(self._problems)

    def _begin(self, step: StepEventMetadata) -> None:
        # The stack resource itself is left out: it is in progress until the end, which is not useful to show.
        if _is_counted(step) and step.op is not OpType.SAME and not step.type.startswith("pulumi:pulumi:"):
            self._working[step.urn] = step.op.value
            if step.op is OpType.CREATE and step.new and step.new.custom:
                self.begun[step.urn] = step.new

    def _finish(self, step: StepEventMetadata) -> Change | None:
        if step.type == "pulumi:pulumi:Stack":
            before, after = (dict(state.outputs or {}) if state else {} for state in (step.old, step.new))
            self.outputs = before, after
        # In the second event of a refresh, the step is `refresh` in a preview, otherwise the result of the refresh.
        refreshed = self._working.pop(step.urn, None) == OpType.REFRESH.value
        if not _is_counted(step):
            return None
        if refreshed and (step.new is None or step.diffs):
            found = property_changes(step, found=True)
            self.drift.append(Change(Resource(step.urn), "changed" if step.new else "gone", _properties(step), found))
        what, retained = _COUNTED.get(step.op), bool(step.old and step.old.retain_on_delete)
        if what is None:
            return None
        known = self._changes.get(step.urn)
        # Components and the stack have two events; the second one has their outputs.
        if known and known.what != "unchanged":
            return None
        if what == "deleted" and retained:
            what = "kept"
        values = property_changes(step) if what != "unchanged" else ()
        change = Change(Resource(step.urn), what, _properties(step), values, what == "replaced" and retained)
        self._changes[step.urn] = change
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


def _is_counted(step: StepEventMetadata) -> bool:
    """Whether the resource is the stack's own. Providers are no resources in AWS, and another stack that is read is
    in the state, but not deployed: a deployment and a preview have no step for it that counts."""
    return not step.type.startswith("pulumi:providers:") and step.type != _READ_STACK


def _properties(step: StepEventMetadata) -> tuple[str, ...]:
    return tuple(sorted({*(step.detailed_diff or {}), *(step.diffs or [])}))


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    return Counts(*map(sum, zip(*counts, strict=True)))
