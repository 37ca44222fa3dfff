"""One run at a time for each stack: a second one is refused, or waits, and is told whose run is at work.

Runs over other stacks of the environment may go on beside it, so that the teams stay independent. Commands that only
read take no lock. In a folder (`file://`) the lock lies beside the state and holds for everyone who uses that folder;
for other backends it lies in this copy of the repository, and between machines the engine's own lock of each stack
protects the state.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from automation.backend.state_files import folder_of
from automation.runs import Run, existing, missing
from engine.run_lock import Holder, hold, records
from shared.layers import StackId

P = ParamSpec("P")
T = TypeVar("T")
Command = Callable[Concatenate[Run, Sequence[StackId], P], T]


def exclusive(*, destroys: bool = False) -> Callable[[Command[P, T]], Command[P, T]]:
    """A decorator for a command that changes the chosen stacks: it has them for itself from its first question on.

    What a user agrees to is then what is carried out. `destroys` says whether the command takes the stacks away from
    those that read them.
    """

    def decorate(command: Command[P, T]) -> Command[P, T]:
        @wraps(command)
        def run_alone(run: Run, chosen: Sequence[StackId], *args: P.args, **options: P.kwargs) -> T:
            with held(run, chosen, destroys=destroys):
                return command(run, chosen, *args, **options)

        return cast(Command[P, T], run_alone)  # to mypy, its first two arguments have names

    return decorate


def held(run: Run, stacks: Collection[StackId], *, destroys: bool = False) -> AbstractContextManager[None]:
    """Keep other runs away from `stacks`. Raises `UsageError` if one is at work on them, unless the run may wait."""
    reads = {upstream for stack in stacks for upstream in stack.upstream()}
    mine = Holder.here({_full(stack) for stack in stacks}, {_full(stack) for stack in reads}, destroys=destroys)
    waiting = (lambda text: run.console.print(text, markup=False)) if run.wait else None
    return hold(_records(run), mine, waiting=waiting)


def to_create(run: Run, chosen: Sequence[StackId]) -> set[StackId]:
    """The chosen stacks that do not exist yet. Those that they read exist afterwards."""
    there = existing(run)
    absent = set().union(*(stack.upstream() for stack in chosen)).difference(chosen, there)
    if not absent:
        return missing(run, chosen, there)
    # Another run may be about to create them too.
    with held(run, absent):
        return missing(run, chosen, existing(run, again=True))


def _full(stack: StackId) -> str:
    return f"{stack.project}/{stack.name}"


def _records(run: Run) -> Path:
    folder = folder_of(run.backend)
    if folder and folder.parent.is_dir():
        return records(folder.parent)
    return records(run.engine.root / ".runs")
