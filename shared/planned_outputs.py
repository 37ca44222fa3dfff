"""The outputs that stacks will have after a deployment that is only previewed so far.

`automation` writes them before it previews a stack whose upstream stacks will change or do not exist yet, and
`shared.stack_references` reads them, in a preview only. Without them a preview would show what follows from the
outputs of the last deployment, and not what the deployment will do. A preview by plain `pulumi` has no such file.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from shared.layers import StackId

VARIABLE = "ORGANIZATION_PLANNED_OUTPUTS"
"""The environment variable with the folder of the files."""


@dataclass(frozen=True)
class Planned:
    """The outputs that one upstream stack will have. A value that only the deployment can tell is `UNKNOWN`.

    `exists` says whether the stack that is previewed can refer to the upstream stack in its backend.
    """

    outputs: Mapping[str, Any]
    exists: bool


def write(folder: Path, stack: StackId, upstream: Mapping[StackId, Planned]) -> None:
    """Save what the program of `stack` will read from its upstream stacks."""
    file = _file(folder, stack)
    # Only for this user: outputs may be confidential.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = {up.label: {"outputs": dict(each.outputs), "exists": each.exists} for up, each in upstream.items()}
    file.write_text(json.dumps(found))


def read(stack: StackId, upstream: StackId) -> Planned | None:
    """What `stack` will read from `upstream`; None if the outputs of the last deployment hold."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    try:
        found = json.loads(_file(Path(folder), stack).read_text()).get(upstream.label)
    except FileNotFoundError:
        return None
    return Planned(**found) if found else None


def is_unknown(value: Any) -> bool:
    """Whether `value` is unknown, or contains something unknown, also as a part of a text."""
    if isinstance(value, Mapping):
        return any(map(is_unknown, [*value, *value.values()]))
    if isinstance(value, list | tuple | set):
        return any(map(is_unknown, value))
    return isinstance(value, str) and UNKNOWN in value


def _file(folder: Path, stack: StackId) -> Path:
    return folder / f"{stack.project}.{stack.name}.json"
