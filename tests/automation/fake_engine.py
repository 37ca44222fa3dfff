"""Runs over stacks whose engine is a list of answers: what the queue makes of them takes no time."""

import io
import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from automation.backend.states import States
from automation.environments import environment
from automation.events import Record
from automation.programs import Seen
from automation.runs import Run
from automation.scratch import Scratch, prepare
from automation.skipping.inputs import Stamps
from automation.skipping.ledger import Ledger
from automation.skipping.reads import Reads
from automation.skipping.sources import Sources
from automation.stacks import Watch
from shared.layers import StackId

Answer = Record | Exception


class FakePrograms:
    """No program is run; `reads` is what one is said to have read that is none of its inputs."""

    engine_folder = Path("/nowhere")
    reads: list[str] | None

    def __init__(self) -> None:
        self.reads = []

    def prepare(self) -> None:
        return None

    def stop(self) -> None:
        return None

    def deployed(self, _stack: StackId, _resources: Mapping[str, dict[str, Any]] | None) -> None:
        """Rules need no state here: no program is run."""

    def seen(self, _stack: StackId) -> Seen | None:
        return None if self.reads is None else Seen(others=tuple(self.reads))


class FakeEngine:
    """Each operation takes the next of `answers`, or else ends well with nothing done; `done` is what was asked.

    `states` are those of the stacks that exist, `replaced` the states that were put in their place. `import_file` is
    what the engine says of a trial, and `imported` are the files that it was given, with whether they protect.
    """

    def __init__(self, root: Path, states: dict[StackId, dict[str, Any]]) -> None:
        self.root = root
        self.version = "3.0.0"
        self.programs = FakePrograms()
        self.answers: list[Answer] = []
        self.states = states
        self.done: list[str] = []
        self.replaced: list[dict[str, Any]] = []
        self.exported: dict[StackId, dict[str, Any]] = {}
        self.import_file: dict[str, Any] = {}
        self.imported: list[tuple[dict[str, Any], bool]] = []

    def _next(self, what: str, stack: StackId) -> Record:
        self.done.append(f"{what} {stack.label}")
        answer = self.answers.pop(0) if self.answers else Record()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def up(self, stack: StackId, _watch: Watch, *, refresh: bool = False) -> Record:
        return self._next("up with refresh" if refresh else "up", stack)

    def preview(self, stack: StackId, _watch: Watch, *, refresh: bool = False) -> Record:
        return self._next("preview with refresh" if refresh else "preview", stack)

    def preview_new(
        self, stack: StackId, _watch: Watch, state: dict[str, Any] | None = None, *, refresh: bool = False
    ) -> Record:
        if state is not None:
            self.replaced.append(state)
            return self._next("preview with another state" + " and refresh" * refresh, stack)
        return self._next("preview of the new", stack)

    def aside(self, folder: Path, stack: StackId, state: Mapping[str, Any] | None = None) -> Scratch:
        return prepare(folder, stack, self.root, state)

    def preview_in(self, _place: Scratch, stack: StackId, _watch: Watch, import_file: Path | None = None) -> Record:
        if import_file:
            import_file.write_text(json.dumps(self.import_file))
        return self._next("trial preview", stack)

    def import_resources(
        self, stack: StackId, _watch: Watch, file: Path, *, protect: bool, place: Scratch | None = None
    ) -> Record:
        self.imported.append((json.loads(file.read_text()), protect))
        return self._next("trial import" if place else "import", stack)

    def outputs(self, stack: StackId) -> dict[str, Any] | None:
        return self.exported.get(stack)

    def refresh(self, stack: StackId, _watch: Watch, *, only: str | None = None) -> Record:
        return self._next(f"refresh of {only} in" if only else "refresh", stack)

    def destroy(self, stack: StackId, _watch: Watch) -> Record:
        return self._next("destroy", stack)

    def create(self, stack: StackId) -> None:
        self._next("create", stack)

    def unprotect(self, stack: StackId, urns: Sequence[str] = ()) -> None:
        self.done.append(f"unprotect {', '.join(urns) or stack.label}")

    def export(self, stack: StackId) -> dict[str, Any] | None:
        return self.states.get(stack)

    def ask(self, stack: StackId, command: list[str]) -> str:
        """What the commands on a whole stack do to the states."""
        self.done.append(" ".join(command))
        if command[:2] == ["stack", "rename"]:
            new = StackId(stack.layer, stack.environment, command[2].partition(".")[2])
            self.states[new] = self.states.pop(stack)
        elif command[:2] == ["stack", "rm"]:
            del self.states[stack]
        return "[]"

    def existing(self, _folder: Path) -> set[tuple[str, str]]:
        return {(stack.project, stack.name) for stack in self.states}

    def replace_state(self, stack: StackId, state: dict[str, Any]) -> None:
        self.done.append(f"replace the state of {stack.label}")
        self.replaced.append(state)
        self.states[stack] = state

    def log_file(self, stack: StackId) -> Path:
        return self.root / f"{stack.label}.log"


class FakeInputs:
    """Stands in for the reader of inputs: `now` is what there is, `written` when its files were, `reads` what there is
    of what a program has read besides, and `changed` when that was. `reasons` are why no stack is ever skipped."""

    def __init__(self) -> None:
        self.now = {"program": "1", "configuration": "1"}
        self.written = [1, 1]
        self.has_key = True
        self.reads = {"files": "1"}
        self.reasons: list[str] = []
        self.changed = 0

    def of(self, _stack: StackId) -> dict[str, str]:
        return dict(self.now)

    def besides(self, _stack: StackId, _reads: Reads) -> dict[str, str]:
        return dict(self.reads)

    def always(self, _stack: StackId) -> list[str]:
        return self.reasons

    def untouched(self, _reads: Reads, since: int) -> bool:
        return self.changed <= since

    def configuration(self, _stack: StackId) -> str:
        return self.now["configuration"]

    def stamps(self, _stack: StackId) -> Stamps:
        return Stamps((tuple(self.written),), (self.has_key,), self.has_key)


class FakeRun:
    """A run over `stacks`, which exist with the `states` that are given; `printed` is what it says."""

    def __init__(
        self,
        root: Path,
        stacks: Sequence[StackId],
        states: dict[StackId, dict[str, Any]] | None = None,
        backend: str = "s3://bucket",
    ) -> None:
        self.engine = FakeEngine(root, states or {})
        self.inputs = FakeInputs()
        self._screen = io.StringIO()
        known = States(backend, self.engine.export)
        self.run = Run(
            environment(stacks[0].environment, root),
            list(stacks),
            self.engine,  # type: ignore[arg-type]
            Console(file=self._screen, width=200, soft_wrap=True),
            root / ".runs",
            backend,
            known,
            Ledger(root, backend, known, self.inputs),  # type: ignore[arg-type]
            Sources(root),
        )

    @property
    def printed(self) -> str:
        return self._screen.getvalue()


def lock_of(backend: Path, stack: StackId, pid: int, host: str | None = None) -> Path:
    """A lock as the engine with the process `pid` leaves it in the backend that is the folder `backend`."""
    file = backend / ".pulumi" / "locks" / "organization" / stack.project / stack.name / "x.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    made = {
        "pid": pid,
        "username": "ada",
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-01-01T00:00:00Z",
    }
    file.write_text(json.dumps(made))
    file.with_name("x.json.attrs").write_text("{}")
    return file


def gone_process() -> int:
    """The id of a process that was there and has ended."""
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid
