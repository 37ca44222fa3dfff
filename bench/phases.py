"""What one run of one stack spent its time on, from its processes and the notes of `bench.tracer`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bench.processes import is_provider
from bench.spans import Span, share_out

Note = Mapping[str, Any]
"""One line of `bench.tracer`."""

ROLES = UPDATE, COMMAND, HOST, HELPER, PROGRAM, WARM, PROVIDER, RUNNER = (
    "engine",
    "other engine commands",
    "language host",
    "pip list",
    "program",
    "warm language host and program",
    "provider",
    "runner",
)


@dataclass(frozen=True)
class Process:
    """One process: its last arguments, when it was there, and the processor time that it used, in seconds."""

    pid: int
    arguments: tuple[str, ...]
    start: float
    end: float
    cpu: float = 0.0

    @property
    def span(self) -> Span:
        """When it was there."""
        return self.start, self.end

    @property
    def role(self) -> str:
        """What it is in a run."""
        names = [PurePath(each).name for each in self.arguments[:2]]
        if names[:1] == ["pulumi"]:
            return UPDATE if "up" in self.arguments else COMMAND
        if names[:1] == ["pulumi-language-python"]:
            return HOST
        if is_provider(self.arguments):
            return PROVIDER
        if "invoke" in names:
            return RUNNER
        # The run's own host, what it forks programs from, and the programs: they have the same command line.
        if "automation.language_host" in self.arguments or any("multiprocessing" in each for each in self.arguments):
            return WARM
        # What the language host asks the virtual environment.
        if "pip" in self.arguments or "-c" in self.arguments:
            return HELPER
        return PROGRAM


@dataclass(frozen=True)
class Account:
    """Where the time went: for each phase the seconds that are its alone and those it covers in all.

    `imports` has the seconds that the program's imports took by package, each without those it imports in turn;
    `cpu` has the processor time by role of the process, which a machine that is busy with other things does not
    change much; `commands` are the engine commands that were run, without their options.
    """

    seconds: float
    phases: dict[str, tuple[float, float]]
    imports: dict[str, float]
    cpu: dict[str, float]
    commands: list[str]


def account_for(whole: Span, processes: Sequence[Process], notes: Sequence[Note]) -> Account:
    """What went on in `whole`."""
    roles = {each.pid: each.role for each in processes}
    by_role: dict[str, list[Process]] = {}
    for process in sorted(processes, key=lambda each: each.start):
        by_role.setdefault(roles[process.pid], []).append(process)

    def spans(role: str) -> list[Span]:
        return [process.span for process in by_role.get(role, ())]

    def noted(kind: str, role: str | None = None, name: str | None = None) -> list[Span]:
        return [
            (note["start"], note["end"])
            for note in notes
            if note["kind"] == kind
            and (role is None or roles.get(note["pid"]) == role)
            and (name is None or note["name"] == name)
        ]

    def until(role: str, kind: str) -> list[Span]:
        """From the start of each process to its first note of a kind; a forked Python, for one, never gets ready."""
        first = {note["pid"]: note["start"] for note in reversed(notes) if note["kind"] == kind}
        return [(each.start, first[each.pid]) for each in by_role.get(role, ()) if each.pid in first]

    updates, hosts = by_role.get(UPDATE, []), by_role.get(HOST, [])
    # The warm host serves the call that runs the program.
    program = spans(PROGRAM) + noted("rpc", WARM, "Run")
    children = [each.start for role in (HOST, PROVIDER) for each in by_role.get(role, ())]
    begun = min([*children, *(start for start, _ in program)], default=whole[1])
    ended = max((end for _, end in program), default=whole[1])
    helped = [start for role in (HELPER, PROGRAM) for start, _ in spans(role)]
    phases = {
        "AWS answers": noted("aws", PROVIDER),
        "provider calls": noted("rpc", PROVIDER),
        "program: imports": noted("import", PROGRAM),
        "program: Python start": until(PROGRAM, "ready"),
        "pip list": spans(HELPER),
        "provider: start": until(PROVIDER, "rpc"),
        "warm language host: start": until(WARM, "rpc"),
        "language host: start": [(each.start, min([*helped, each.end])) for each in hosts],
        "program and engine": program,
        "provider: end": [(ended, each.end) for each in by_role.get(PROVIDER, ())],
        "engine: start": [(each.start, min(begun, each.end)) for each in updates],
        "engine: end": [(ended, each.end) for each in updates],
        "engine: between": spans(UPDATE),
        "other engine commands": spans(COMMAND),
        "runner: Python start": until(RUNNER, "ready"),
        "runner: imports": noted("import", RUNNER),
        "runner: the rest": [whole],
    }
    packages: Counter[str] = Counter()
    for note in notes:
        if note["kind"] == "import" and roles.get(note["pid"]) == PROGRAM:
            packages.update(note["packages"])
    commands = [
        " ".join(_words(each.arguments)) for role in (UPDATE, COMMAND) for each in _whole(by_role.get(role, []))
    ]
    cpu = {role: sum(each.cpu for each in found) for role, found in by_role.items()}
    return Account(whole[1] - whole[0], share_out(whole, phases), dict(packages.most_common()), cpu, commands)


def _whole(engines: Sequence[Process]) -> list[Process]:
    """Engines without those that are another's child, seen in the moment before it became another program."""
    return [
        each
        for number, each in enumerate(engines)
        if not any(before.arguments == each.arguments and each.start < before.end for before in engines[:number])
    ]


def _words(arguments: Iterable[str]) -> list[str]:
    """The name of an engine command: the words before the first option that is not a switch for all commands."""
    result: list[str] = []
    for argument in list(arguments)[1:]:
        if argument in ("--non-interactive", "--logtostderr"):
            continue
        if argument.startswith("-"):
            break
        result.append(argument)
    return result
