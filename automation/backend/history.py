"""The last deployment of a stack: the engine records what each was made from, also those of plain `pulumi up`.

https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_history/
"""

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from automation.backend.state_files import folder_of
from automation.backend.states import States
from shared.layers import StackId

Ask = Callable[[StackId, list[str]], str | None]
"""What an engine command about a stack prints; None if the stack does not exist. See `Stacks.ask`."""

_COMMIT = re.compile(r"[0-9a-f]{40,64}")

_NUMBER = re.compile(r"-(\d+)\.history\.json(?:\.gz)?\Z")
"""The end of the name of a history file. A renamed stack has files that begin with its old name."""

_NOT_ALL = ("target", "target-dependents", "exclude", "exclude-dependents", "config-file", "config")
"""The options of `pulumi up` with which it does not deploy the whole stack as it is in the files."""


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Deployment:
    """The last deployment of a stack, if it can be compared with: it was made from `commit`, and from nothing else.

    Otherwise `commit` is None and `why` says what hinders it.
    """

    commit: str | None
    why: str = ""


def last_deployment(stack: StackId, backend: str, ask: Ask) -> Deployment:
    """The last deployment of the stack in the backend with the URL `backend`.

    In a folder backend (file://) the files are read directly. Any other backend is read with `ask`, by the engine.
    An engine that was killed leaves no history, but what it did is in the state.
    """
    found, ended = _recorded(stack, backend, ask)
    # Pulumi Cloud has a record of every update from its beginning, and another clock.
    if found.commit is None or urlsplit(backend).scheme in ("", "http", "https"):
        return found

    def export(stack: StackId) -> Mapping[str, Any] | None:
        return dict(json.loads(ask(stack, ["stack", "export", "--stack", stack.name]) or "{}"))

    state = States(backend, export).whole(stack)
    written = ((state.get("deployment") or {}).get("manifest") or {}).get("time")
    if written and _time(written) > ended:
        return Deployment(None, "its state was changed after its last deployment")
    return found


def _recorded(stack: StackId, backend: str, ask: Ask) -> tuple[Deployment, datetime]:
    """The last deployment as the history has it, and its end in whole seconds."""
    folder = folder_of(backend)
    try:
        if folder:
            entry = _newest(folder / "history" / stack.project / stack.name)
        else:
            # The engine's default is not to show secrets.
            command = ["stack", "history", "--json", "--page-size", "1", "--page", "1", "--stack", stack.name]
            entry = next(iter(json.loads(ask(stack, command) or "[]")), None)
        if entry is None:
            return Deployment(None, "it was never deployed"), _NEVER
        return _of(entry), _time(entry.get("endTime"))
    except (OSError, ValueError, TypeError, AttributeError):
        return Deployment(None, "the history of its deployments cannot be read"), _NEVER


def _time(given: Any) -> datetime:
    """A time as a history file has it, or as the engine prints it, in whole seconds."""
    if isinstance(given, str):
        return datetime.fromisoformat(given).replace(microsecond=0)
    return datetime.fromtimestamp(given or 0, UTC)


def _newest(folder: Path) -> Mapping[str, Any] | None:
    numbered = [(int(found[1]), file) for file in folder.glob("*") if (found := _NUMBER.search(file.name))]
    if not numbered:
        return None
    content = max(numbered)[1].read_bytes()
    entry: Mapping[str, Any] = json.loads(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
    return entry


def _of(entry: Mapping[str, Any]) -> Deployment:
    made_from = entry.get("environment") or {}
    commit = made_from.get("git.head") or ""
    kind = entry.get("kind")
    if kind != "update":
        return Deployment(None, f"what was done last to it is no deployment: {kind}")
    if entry.get("result") != "succeeded":
        return Deployment(None, f"its last deployment has not succeeded: {entry.get('result')}")
    if any(f"pulumi.flag.{option}" in made_from for option in _NOT_ALL):
        return Deployment(None, "its last deployment was of a part of it, or with another configuration")
    if not _COMMIT.fullmatch(commit):
        return Deployment(None, "its last deployment was not from a git repository")
    if made_from.get("git.dirty") != "false":
        return Deployment(None, f"it was deployed from uncommitted changes, commit {commit[:7]}")
    return Deployment(commit)
