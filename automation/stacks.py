"""The operations on one stack, through Pulumi's Automation API. Each is one engine command.

https://www.pulumi.com/docs/iac/automation-api/
"""

import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import (
    CommandError,
    EngineEvent,
    LocalWorkspace,
    OutputMap,
    PulumiCommand,
    Stack,
    StackNotFoundError,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode, _cleanup  # the package does not export them
from pulumi.automation.errors import ConcurrentUpdateError

from automation import scratch
from automation.events import Change, Problem, Record
from automation.processes import EngineCommand, EngineKilled, Processes
from automation.programs import Programs
from automation.queue import Cancelled
from shared.errors import UsageError, UserError
from shared.layers import ROOT, StackId

_SEVERAL = re.compile(r"(error: )?\d+ errors? occurred:")
"""The line that the engine prints before a list of errors."""

_HOLDER = re.compile(r": created by (.+@\S+) \(pid (\d+)\) at (\S+)")
"""A lock, as the engine prints it:
https://github.com/pulumi/pulumi/blob/v3.272.0/pkg/backend/diy/lock.go"""

# A killed engine leaves an incomplete last line in its event file. That it was killed is reported elsewhere.
warnings.filterwarnings("ignore", "Error in event stream", UserWarning)

_NO_OWNER = "organization"
"""The first part of the names of all stacks in a backend that knows no organizations."""

Watch = Callable[[Record, Change | None], None]
"""Called for each event, with everything known so far and the change that this event completes, if any."""


class StackFailed(UserError):
    """An operation failed. `record` is what is known about it, and str() has all problems, one or more lines each."""

    def __init__(self, problems: Iterable[Problem], record: Record | None = None) -> None:
        self.problems = list(problems)
        self.record = record or Record()
        super().__init__("\n".join(map(str, self.problems)))


class StackCancelled(Cancelled):
    """An operation was stopped before its end. `record` is what is known about it."""

    def __init__(self, record: Record) -> None:
        self.record = record
        super().__init__("stopped")


class _Workspace(LocalWorkspace):
    """The folder of a layer. No stack is selected in it: each command names its stack, and the selection belongs to the
    user of plain `pulumi`."""

    def select_stack(self, stack_name: str) -> None:
        """Do nothing, see the class."""


class _Stack(Stack):
    """A stack whose operations do not run three more commands to read its outputs and history afterwards.

    The counts come from the engine's events, and `Stacks.outputs` reads the outputs when they are needed.
    """

    def outputs(self) -> OutputMap:
        """Return nothing, see the class."""
        return {}

    def import_file(
        self,
        *,
        file: Path,
        protect: bool,
        on_event: Callable[[EngineEvent], None],
        color: str,
        suppress_progress: bool,
        config_file: str | None = None,
    ) -> None:
        """Run `pulumi import --file`. The method of the package passes no events on, and knows no components."""
        where, thread, stop, folder, server = self._setup_event_log("import", on_event, self.workspace.pulumi_version)
        words = [
            "import",
            "--file",
            str(file),
            "--yes",
            "--skip-preview",
            "--generate-code=false",
            "--event-log",
            where,
        ]
        words += [f"--protect={str(protect).lower()}", f"--suppress-progress={str(suppress_progress).lower()}"]
        words += ["--color", color, *(["--config-file", config_file] if config_file else [])]
        try:
            self._run_pulumi_cmd_sync(words)
        finally:
            _cleanup(folder, thread, stop, None, server)

    def info(self, show_secrets: bool = False) -> UpdateSummary | None:  # noqa: ARG002
        """Return only the time, see the class."""
        now = datetime.now(UTC)
        return UpdateSummary(
            kind="", start_time=now, message="", environment={}, config={}, result="succeeded", end_time=now
        )


class Stacks:
    """The stacks of one repository, with one engine.

    The engine uses the environment variables of this process (see `engine.environment`). All output of an operation
    goes to `<logs>/<label>.log`. `disposable` says whether the next run cleans up after a killed engine. `cloud` is
    the URL of Pulumi Cloud, if that is the backend.
    """

    def __init__(
        self,
        command: PulumiCommand,
        processes: Processes,
        programs: Programs,
        logs: Path,
        root: Path = ROOT,
        *,
        disposable: bool = False,
        cloud: str = "",
    ) -> None:
        self.root = root
        self.processes = processes
        self.programs = programs
        self._command = command
        self._logs = logs
        self._disposable = disposable
        self._cloud = cloud

    @property
    def version(self) -> str:
        """The version of the engine."""
        return str(self._command.version)

    def log_file(self, stack: StackId) -> Path:
        """The log with all output of the stack's operations."""
        return self._logs / f"{stack.label}.log"

    def existing(self, folder: Path) -> set[tuple[str, str]]:
        """Project and stack name of every stack in the backend of the project in `folder`.

        Pulumi Cloud lists those of all organizations of its user. A name alone, as commands here have it, is that of
        a stack in one of them. https://www.pulumi.com/docs/iac/cli/commands/pulumi_org_set-default/
        """
        result = self._query(["stack", "ls", "--all", "--fully-qualify-stack-names", "--json"], folder)
        names = [tuple(each["name"].split("/")) for each in json.loads(result)]
        owners = {parts[0] for parts in names if len(parts) == 3}
        if owners - {_NO_OWNER}:
            owners = {self._owner(folder)}
        return {(parts[-2], parts[-1]) for parts in names if len(parts) == 2 or parts[0] in owners}

    def _owner(self, folder: Path) -> str:
        """The organization of Pulumi Cloud in which a stack is that is named without one."""
        found = os.environ.get("PULUMI_DEFAULT_ORGANIZATION") or self._query(["org", "get-default"], folder).strip()
        # Where none is set, the engine says so in a sentence, and takes that of the user.
        return found if found and " " not in found else self._query(["whoami"], folder).strip()

    def create(self, stack: StackId) -> None:
        """Create the stack, without resources. Raises `StackFailed`."""
        workspace = self._workspace(stack)
        # Without this, the engine would use the default secrets provider instead of the one in the file.
        file = stack.config_file(self.root)
        document = yaml.safe_load(file.read_text()) if file.is_file() else None
        # https://www.pulumi.com/docs/iac/concepts/secrets/#configuring-secrets-encryption
        workspace.secrets_provider = document.get("secretsprovider") if isinstance(document, dict) else None
        try:
            workspace.create_stack(stack.name)
        except CommandError as error:
            raise self._failure(stack, error, Record()) from error

    def up(self, stack: StackId, watch: Watch, *, refresh: bool = False) -> Record:
        """Deploy the stack; with `refresh`, read the current resources from AWS first.

        Raises `StackFailed` and `automation.queue.Cancelled`, as `preview`, `refresh` and `destroy` do.
        """
        return self._operate(stack, watch, _Stack.up, refresh=refresh or None)

    def preview(self, stack: StackId, watch: Watch, *, refresh: bool = False) -> Record:
        """Show what deploying the stack would change; with `refresh`, read the current resources from AWS first."""
        return self._operate(stack, watch, _Stack.preview, **_refreshing(stack, refresh=refresh))

    def preview_new(
        self, stack: StackId, watch: Watch, state: Mapping[str, Any] | None = None, *, refresh: bool = False
    ) -> Record:
        """Show what deploying a stack would change that does not exist in the backend yet, or not with this `state`.

        The backend is as before afterwards: the engine is given a copy of the configuration and a backend of its own,
        because it previews only stacks that exist.
        """
        place = self.aside(self._logs / "new", stack, state)
        return self._operate(stack, watch, _Stack.preview, place, **_refreshing(stack, refresh=refresh))

    def aside(self, folder: Path, stack: StackId, state: Mapping[str, Any] | None = None) -> scratch.Scratch:
        """A scratch backend in `folder` with the stack in this `state`, where its configuration can be decrypted."""
        service = None
        if self._cloud and scratch.by_service(stack, self.root):
            owner = self._owner(stack.folder(self.root))
            where = {"url": self._cloud, "owner": owner, "project": stack.project, "stack": stack.name}
            service = {"type": "service", "state": where}
        return scratch.prepare(folder, stack, self.root, state, service)

    def preview_in(
        self, place: scratch.Scratch, stack: StackId, watch: Watch, import_file: Path | None = None
    ) -> Record:
        """Preview the stack as it is in a scratch backend. The engine's import file for all that would be created is
        written to `import_file`."""
        return self._operate(stack, watch, _Stack.preview, place, import_file=str(import_file) if import_file else None)

    def import_resources(
        self, stack: StackId, watch: Watch, file: Path, *, protect: bool, place: scratch.Scratch | None = None
    ) -> Record:
        """Import what the engine's import file says; in a scratch backend, if there is a `place`."""
        return self._operate(stack, watch, _Stack.import_file, place, file=file, protect=protect)

    def refresh(self, stack: StackId, watch: Watch, *, only: str | None = None) -> Record:
        """Update the state to what is in AWS now; `only` is the URN of a resource, if not of all."""
        return self._operate(stack, watch, _Stack.refresh, target=[only] if only else None)

    def destroy(self, stack: StackId, watch: Watch) -> Record:
        """Delete all resources of the stack. Its configuration and history stay."""
        return self._operate(stack, watch, _Stack.destroy)

    def outputs(self, stack: StackId, *, show_secrets: bool = False) -> dict[str, Any] | None:
        """The stack's outputs, with `[secret]` for secrets unless shown; None if the stack does not exist."""
        command = ["stack", "output", "--json", "--stack", stack.name]
        found = self.ask(stack, command + (["--show-secrets"] if show_secrets else []))
        return None if found is None else dict(json.loads(found))

    def export(self, stack: StackId) -> dict[str, Any] | None:
        """The stack's state, with encrypted secrets; None if the stack does not exist.
        https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/"""
        found = self.ask(stack, ["stack", "export", "--stack", stack.name])
        return None if found is None else dict(json.loads(found))

    def replace_state(self, stack: StackId, state: Mapping[str, Any]) -> None:
        """Replace the stack's state by `state`, which has the format of `export`. Raises `StackFailed`.

        The engine drops the pending operations in it.
        """
        # The secrets in this file are encrypted, and it exists only while the command runs.
        file = self._logs / f"{stack.project}-{stack.name}.state.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(state))
        try:
            self.ask(stack, ["stack", "import", "--file", str(file), "--stack", stack.name])
        finally:
            file.unlink()

    def unprotect(self, stack: StackId, urns: Iterable[str] = ()) -> None:
        """Remove the protection of some resources of the stack, or else of every one. Raises `StackFailed`."""
        self.ask(stack, ["state", "unprotect", *(urns or ["--all"]), "--yes", "--stack", stack.name])

    def _operate(
        self,
        stack: StackId,
        watch: Watch,
        operation: Callable[..., Any],
        place: scratch.Scratch | None = None,
        **options: Any,
    ) -> Record:
        record = Record()

        def on_event(event: EngineEvent) -> None:
            watch(record, record.take(event))

        log = self.log_file(stack)
        log.parent.mkdir(parents=True, exist_ok=True)
        workspace = self._workspace(stack, log)
        if place:
            workspace.env_vars = place.variables
            options["config_file"] = str(place.config_file)
        work = _Stack(stack.name, workspace, StackInitMode.SELECT)
        try:
            operation(work, on_event=on_event, color="never", suppress_progress=True, **options)
        except CommandError as error:
            raise self._failure(stack, error, record) from error
        return record

    def _failure(self, stack: StackId, error: CommandError, record: Record) -> Exception:
        if self.processes.stopping:
            return StackCancelled(record)
        if isinstance(error, ConcurrentUpdateError):
            holders = lock_holders(str(error)) or self._at_work(stack)
            return StackFailed([Problem(locked_message(stack, holders))], record)
        if isinstance(error, EngineKilled):
            return StackFailed(
                [*record.problems, Problem(killed_message(stack, error.signal, disposable=self._disposable))], record
            )
        return StackFailed(record.problems or [Problem(engine_error(str(error)))], record)

    def _at_work(self, stack: StackId) -> list[str]:
        """Who is at work on the stack in Pulumi Cloud, and since when. Its refusal of another update does not say it.
        https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack/"""
        try:
            command = ["stack", "--output", "json", "--stack", stack.name]
            operation = json.loads(self._query(command, stack.folder(self.root)))["currentOperation"]
            return [f"{operation['author']}, {operation['kind']}, since {operation['started']}"]
        except (CommandError, ValueError, KeyError):  # it has ended since
            return []

    def ask(self, stack: StackId, command: list[str]) -> str | None:
        """What an engine command about the stack prints; None if the stack does not exist. Raises `StackFailed`."""
        try:
            return self._query(command, stack.folder(self.root))
        except StackNotFoundError:
            return None
        except CommandError as error:
            raise self._failure(stack, error, Record()) from error

    def _query(self, command: list[str], folder: Path) -> str:
        return EngineCommand(self._command, self.processes).run(command, str(folder), {}).stdout

    def _workspace(self, stack: StackId, log: Path | None = None) -> _Workspace:
        command = EngineCommand(self._command, self.processes, log, self.programs.options)
        return _Workspace(work_dir=str(stack.folder(self.root)), pulumi_command=command)


def _refreshing(stack: StackId, *, refresh: bool) -> dict[str, Any]:
    """The options of a preview. Inside of accounts it refreshes with the provider that the program makes: that of the
    state has the access role, which who may only preview cannot assume."""
    return {"refresh": refresh or None, "run_program": (refresh and stack.account is not None) or None}


def lock_holders(text: str) -> list[str]:
    """Who has the locks because of which an engine command has failed, and since when."""
    found = (f"{who}, process {process}, since {since}" for who, process, since in _HOLDER.findall(text))
    return list(dict.fromkeys(found))  # the engine prints the error of an import twice


def locked_message(stack: StackId, holders: Iterable[str] = ()) -> str:
    """What to do about a stack that another run has locked, or that a crashed run left locked."""
    who = "; ".join(holders)
    return (
        f"the stack is locked by another run{f' ({who})' if who else ''}. If none is at work on it, an earlier one "
        f"crashed; free it with: pulumi cancel -s {stack.name} --cwd stacks/{stack.layer}"
    )


def killed_message(stack: StackId, signal: str, *, disposable: bool) -> str:
    """What to do about a stack whose engine was killed by `signal`."""
    following = (
        "run this again, which imports what it was creating"
        if disposable
        else f"free the stack with: pulumi cancel -s {stack.name} --cwd stacks/{stack.layer}, then run this again"
    )
    return f"the engine was killed ({signal}) while it was at work on the stack; {following}"


def unreadable(environment: str, error: CommandError) -> UsageError:
    """The error to raise if an engine command could not read the state backend of the environment."""
    return UsageError(
        f"the state backend of environment {environment!r} cannot be read: {engine_error(str(error))}\n"
        f"`invoke doctor --env {environment}` says what is missing"
    )


def engine_error(text: str) -> str:
    """The error lines in the output of an engine command, or its last lines if no line is marked as an error."""
    lines = [line.strip().removeprefix("stdout:").removeprefix("stderr:").strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not _SEVERAL.fullmatch(line)]
    marked = [line.removeprefix("*").strip() for line in lines if "error:" in line or line.startswith("* ")]
    return "\n".join(dict.fromkeys(line.removeprefix("error:").strip() for line in marked)) or "\n".join(lines[-5:])
