"""What the stacks that a run has previewed will export, for the previews of the stacks that read them.

A deployment works on a stack when the stacks that it reads are deployed, and so with their new outputs. A preview must
do so too: otherwise it fails where the deployment would not, or says "unchanged" of a stack that would change.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from automation.events import Record
from shared import planned_outputs
from shared.layers import StackId
from shared.planned_outputs import Planned

_MASKED = "[secret]"
"""What the engine shows instead of a secret."""

Outputs = Callable[[StackId], Mapping[str, Any] | None]
"""Reads the outputs of a stack's last deployment, secrets masked."""


class Plan:
    """The planned outputs of one run. `existing` are the stacks in the backend, and `folder` is for the files."""

    def __init__(self, folder: Path, existing: Collection[StackId], deployed: Outputs) -> None:
        self.folder = folder
        self.existing = existing
        self._deployed = deployed
        self._changed: dict[StackId, dict[str, Any]] = {}
        self._read: dict[StackId, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def add(self, stack: StackId, record: Record) -> None:
        """Remember the outputs that the preview of `stack` has shown, if a deployment would change them."""
        before, after = record.outputs
        planned = {name: _masked_as_unknown(value) for name, value in after.items()}
        if record.counts.changes == 0 and before == after:
            return
        with self._lock:
            # A masked value may differ although its mask is the same.
            if before != planned:
                self._changed[stack] = planned

    def reasons(self, stack: StackId) -> list[str]:
        """The inputs of `stack` that this run will change, as `automation.skipping.inputs` names them."""
        with self._lock:
            return [f"outputs of {up.label}" for up in stack.upstream() if up in self._changed]

    def prepare(self, stack: StackId) -> None:
        """Write what the program of `stack` reads in its preview, where that is not what is in the backend."""
        found = {}
        for up in stack.upstream():
            with self._lock:
                outputs = self._changed.get(up)
            exists = up in self.existing and stack in self.existing
            if outputs is None and not exists:
                outputs = self._outputs_of(up)
            if outputs is not None:
                found[up] = Planned(outputs, exists)
        if found:
            planned_outputs.write(self.folder, stack, found)

    def _outputs_of(self, stack: StackId) -> dict[str, Any]:
        with self._lock:
            if stack not in self._read:
                outputs = self._deployed(stack) if stack in self.existing else None
                self._read[stack] = {name: _masked_as_unknown(value) for name, value in (outputs or {}).items()}
            return self._read[stack]


def _masked_as_unknown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked_as_unknown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked_as_unknown(inner) for inner in value]
    return UNKNOWN if isinstance(value, str) and _MASKED in value else value
