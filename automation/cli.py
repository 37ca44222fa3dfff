"""What the commands in `tasks.py` share: their options, error handling, and imports that only some of them need."""

from __future__ import annotations

import errno
import functools
import importlib
import inspect
import io
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit
from invoke.tasks import Task

from automation.words import typed
from shared.errors import ConfigError, UserError
from shared.layers import SANDBOX, StackId

if TYPE_CHECKING:
    from rich.console import Console

    from automation.approval.schema import PlanFile
    from automation.runs import Run
    from automation.target import Target

# Modules that only a running command needs are imported in functions, so that `invoke --list` is fast.

READER_GONE = 141
"""The exit code of a program whose reader has gone, as a shell has it for a signal: 128 + SIGPIPE."""

_OF_THE_MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
    *(errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG),
)
"""What is wrong with a file or the disk, and not with this program."""

_HELP = {
    "env": "the environment, as in Pulumi.<environment>.yaml",
    "only": "only stacks whose name fits, such as 'accounts/dev*'; may be given more than once",
    "layer": "only stacks of this layer; may be given more than once",
    "affected": "only stacks that a change of files touches, uncommitted ones included: since the branch left "
    "the default branch, or since --affected=REF, or --affected=deployed: since each stack's last deployment",
    "with_dependents": "the stacks that read the chosen ones, too",
    "with_dependencies": "the stacks that the chosen ones read, too",
    "parallel": "how many stacks at a time; what suits this machine's cores and memory unless given",
    "fail_fast": "start no further stack once one has failed",
    "report": "write what became of each stack to this file: .json, or .xml for JUnit",
    "force": "also the stacks whose inputs and state are those of their last deployment",
    "yes": "do not ask",
    "wait": "wait while another run is at work on the same stacks, instead of refusing",
    "plan": "the approved plan, of preview-all --plan: deploy exactly that, or nothing",
    "shard": "NUMBER/COUNT: of the chosen stacks, one of so many equal parts, for jobs side by side",
    "diff": "every value of what changes, uncut, and the properties of what is created",
}
"""The help texts of options that several commands have."""


@dataclass(frozen=True)
class Selection:
    """The options that choose stacks."""

    env: str = SANDBOX
    only: list[str] | None = None
    layer: list[str] | None = None
    affected: str | bool | None = None
    with_dependents: bool = False
    with_dependencies: bool = False

    def of(self, stacks: Sequence[StackId]) -> list[StackId]:
        """The chosen ones of `stacks`; raises what `automation.selection.choose` raises."""
        from automation.selection.choose import choose

        return choose(
            stacks,
            only=self.only or (),
            layers=self.layer or (),
            affected=self.affected,
            with_dependents=self.with_dependents,
            with_dependencies=self.with_dependencies,
        )

    def target(self) -> Target:
        """The chosen stacks, in the words of the command line."""
        from automation.target import Target

        named = [word for only in self.only or () for word in ("--only", only)]
        named += [word for layer in self.layer or () for word in ("--layer", layer)]
        affected = [] if not self.affected else ["--affected" + ("" if self.affected is True else f"={self.affected}")]
        flags = ("with_dependents", "with_dependencies")
        more = [f"--{flag.replace('_', '-')}" for flag in flags if getattr(self, flag)]
        return Target(self.env, None, (*named, *affected, *more), tuple(named), shlex.join(typed()))


@dataclass(frozen=True)
class Options(Selection):
    """The options of every command that runs stacks: which stacks, how many at a time, and the report."""

    parallel: str | None = None
    fail_fast: bool = False
    report: str | None = None

    def open(self, *, wait: bool = False) -> tuple[Run, list[StackId]]:
        """The run, ready to start, and the chosen stacks."""
        from automation.runs import open_run

        return open_run(
            self.env,
            self.of,
            console(),
            parallel=self.parallel,
            fail_fast=self.fail_fast,
            report=self.report,
            wait=wait,
            target=self.target(),
        )


@dataclass(frozen=True)
class Changing(Options):
    """The options of every command that changes stacks: a run may be at work on them."""

    wait: bool = False

    def open(self, *, wait: bool = False) -> tuple[Run, list[StackId]]:
        """See `Options`."""
        return super().open(wait=wait or self.wait)


@dataclass(frozen=True)
class Deploying(Changing):
    """The options of `deploy-all`: what a plan has of the chosen stacks, and a part of these."""

    plan: str | None = None
    shard: str | None = None

    def of(self, stacks: Sequence[StackId]) -> list[StackId]:
        """See `Selection`; raises what `automation.approval.plans.read` raises, too."""
        from automation.selection.choose import NothingChosen, sharded

        chosen = super().of(stacks)
        if self.plan:
            from automation.approval.plans import narrowed

            chosen = narrowed(self.approved(), chosen)
        chosen = sharded(chosen, self.shard)
        if not chosen:
            raise NothingChosen("nothing to do: the plan, or this part of it, has none of these stacks")
        return chosen

    def approved(self) -> PlanFile:
        """The plan. Raises `shared.errors.UsageError`."""
        from automation.approval.plans import read

        return read(self.plan or "")


@dataclass(frozen=True)
class Named:
    """The arguments of the commands for one layer or one account."""

    name: str
    env: str = SANDBOX

    def open(self, *, wait: bool = False) -> tuple[Run, list[StackId]]:
        """A run of that layer or account, and its stacks."""
        from automation.runs import open_run
        from automation.selection.choose import named
        from automation.target import Target

        target = Target(self.env, self.name, typed=shlex.join(typed()))
        return open_run(self.env, lambda stacks: named(stacks, self.name), console(), wait=wait, target=target)


@dataclass(frozen=True)
class ChangingNamed(Named):
    """The arguments of the commands that change one layer or one account."""

    wait: bool = False

    def open(self, *, wait: bool = False) -> tuple[Run, list[StackId]]:
        """See `Named`."""
        return super().open(wait=wait or self.wait)


@dataclass(frozen=True)
class OneAccount:
    """The arguments of the commands about the life of one account, which may have a file, a stack or both."""

    name: str
    env: str = SANDBOX
    wait: bool = False

    def open(self) -> Run:
        """A run of its environment in which the account may be changed."""
        from automation import guards
        from automation.runs import open_run

        run, _none = open_run(self.env, lambda _stacks: [], console(), wait=self.wait)
        guards.before(run, [stack for stack in run.stacks if stack.account == self.name], "change")
        return run


class Later:
    """Stands for the module `name`, which is imported when something in it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if self._name.startswith("sandbox."):
            from automation.environments import needing_the_sandbox

            with needing_the_sandbox():
                importlib.import_module(self._name)
        return getattr(importlib.import_module(self._name), attribute)


def command(options: type | None = None, /, **helps: str) -> Callable[[Callable[..., int | None]], Task[Any]]:
    """A command from a function that takes `options`, or else the context, and its own arguments.

    `helps` are the help texts of its own arguments. The function's result is the exit code, and a `UserError` is shown
    as a message without a stack trace. Options have no one-letter forms: which option gets a letter would change
    whenever an option is added.
    """
    common = inspect.signature(options).parameters if options else {}

    def decorate(body: Callable[..., int | None]) -> Task[Any]:
        context, *own = inspect.signature(body).parameters.values()
        # Those that must be given are first, as in any signature.
        parameters = sorted([context, *common.values(), *own], key=lambda each: each.default is not each.empty)

        @functools.wraps(body)
        def run(context: Any, /, **given: Any) -> None:
            from automation.selection.choose import NothingChosen

            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):  # a terminal may know fewer letters than there are names
                    stream.reconfigure(errors="replace")
            first = options(**{name: given.pop(name) for name in common}) if options else context
            try:
                code = body(first, **given)
                sys.stdout.flush()
            except BrokenPipeError:  # who reads the output, such as head, has seen enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                raise Exit(code=READER_GONE) from None
            except NothingChosen as reason:
                print(reason)
                return
            except ConfigError as error:
                from automation.positions import located

                raise Exit(_fitted("\n".join(located(error.problems))), code=1) from None
            except UserError as error:
                raise Exit(_fitted(str(error)), code=1) from None
            except OSError as error:
                if error.errno not in _OF_THE_MACHINE or not error.filename:
                    raise
                raise Exit(f"{error.filename}: {error.strerror}", code=1) from None
            if code:
                raise Exit(code=code)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        shared = {each.name: _HELP[each.name] for each in parameters if each.name in _HELP}
        several = [each.name for each in parameters if "list[str]" in str(each.annotation)]
        return Task(run, help=shared | helps, iterable=several, optional=["affected"], auto_shortflags=False)

    return decorate


def _fitted(message: str) -> str:
    """An error as a terminal shows it: its lines end between words."""
    if not sys.stderr.isatty():
        return message
    from automation.reporting.prose import fitted

    return fitted(message, shutil.get_terminal_size().columns)


def console() -> Console:
    """The console that commands print to."""
    from automation.reporting.display import make_console

    return make_console()


def whole(env: str) -> Run:
    """A run of an environment for a command that works on no stack."""
    from automation.runs import open_run

    return open_run(env, lambda _stacks: [], console())[0]


def interactive() -> bool:
    """Whether there is a user to ask: standard input is a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()
