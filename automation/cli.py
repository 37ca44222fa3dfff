"""What the commands in `tasks.py` share: error handling, and the options that choose stacks."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit
from invoke.tasks import Task

from shared.errors import UserError
from shared.layers import SANDBOX, StackId

if TYPE_CHECKING:
    from rich.console import Console

    from automation.runs import Run

# Modules that only a running command needs are imported in functions, so that `invoke --list` is fast.

ENV = "the environment, as in Pulumi.<environment>.yaml"
ONLY = "only stacks whose name fits, such as 'accounts/dev*'; may be given more than once"
LAYER = "only stacks of this layer; may be given more than once"
YES = "do not ask"
FORCE = "also the stacks whose inputs and state are those of their last deployment"


@dataclass(frozen=True)
class Selection:
    """The options that choose stacks."""

    env: str = field(default=SANDBOX, metadata={"help": ENV})
    only: list[str] = field(default_factory=list, metadata={"help": ONLY})
    layer: list[str] = field(default_factory=list, metadata={"help": LAYER})
    affected: str | bool | None = field(
        default=None,
        metadata={
            "help": "only stacks that a change of files touches, uncommitted ones included: since the branch left "
            "the default branch, or since --affected=REF"
        },
    )
    with_dependents: bool = field(default=False, metadata={"help": "the stacks that read the chosen ones, too"})
    with_dependencies: bool = field(default=False, metadata={"help": "the stacks that the chosen ones read, too"})

    def of(self, stacks: Sequence[StackId]) -> list[StackId]:
        """The chosen ones of `stacks`; raises what `automation.selection.choose` raises."""
        from automation.selection.choose import choose

        return choose(
            stacks,
            only=self.only,
            layers=self.layer,
            affected=self.affected,
            with_dependents=self.with_dependents,
            with_dependencies=self.with_dependencies,
        )


@dataclass(frozen=True)
class Options(Selection):
    """The options of every command that runs stacks: which stacks, how many at a time, and the report."""

    parallel: str | None = field(
        default=None,
        metadata={"help": "how many stacks at a time; what suits this machine's cores and memory unless given"},
    )
    fail_fast: bool = field(default=False, metadata={"help": "start no further stack once one has failed"})
    report: str | None = field(
        default=None, metadata={"help": "write what became of each stack to this file: .json, or .xml for JUnit"}
    )

    def open(self) -> tuple[Run, list[StackId]]:
        """The run, ready to start, and the chosen stacks."""
        from automation.runs import open_run

        return open_run(
            self.env, self.of, console(), parallel=self.parallel, fail_fast=self.fail_fast, report=self.report
        )


def plainly(body: Callable[..., int | None]) -> Callable[..., None]:
    """`body` as a task. Its result is the exit code, and a `UserError` is shown as a message without a stack trace."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> None:
        from automation.selection.choose import NothingChosen

        try:
            code = body(*args, **kwargs)
        except NothingChosen as reason:
            print(reason)
            return
        except UserError as error:
            raise Exit(str(error), code=1) from None
        if code:
            raise Exit(code=code)

    return run


def command(iterable: Sequence[str] = (), /, **helps: str) -> Callable[[Callable[..., int | None]], Task[Any]]:
    """A command from a function that takes a context and its own arguments, with the help texts in `helps`.

    Options have no one-letter forms: which option gets a letter would change whenever an option is added.
    """

    def decorate(body: Callable[..., int | None]) -> Task[Any]:
        return Task(plainly(body), help=helps, iterable=list(iterable), auto_shortflags=False)

    return decorate


def stacks_command(
    options: type[Selection] = Options, /, **helps: str
) -> Callable[[Callable[..., int | None]], Task[Any]]:
    """A command from a function that takes `options` and its own arguments, with the help texts in `helps`."""
    common = fields(options)

    def decorate(body: Callable[..., int | None]) -> Task[Any]:
        own = list(inspect.signature(body).parameters.values())[1:]

        @functools.wraps(body)
        def run(_context: Any, **given: Any) -> int | None:
            taken = {each.name: given.pop(each.name, None) for each in common}
            return body(options(**{name: value for name, value in taken.items() if value}), **given)

        context = inspect.Parameter("_context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        shared = [
            inspect.Parameter(
                each.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=None if each.default is MISSING else each.default,
            )
            for each in common
        ]
        run.__signature__ = inspect.Signature([context, *shared, *own])  # type: ignore[attr-defined]
        return Task(
            plainly(run),
            help={**{each.name: each.metadata["help"] for each in common}, **helps},
            iterable=["only", "layer"],
            optional=["affected"],
            auto_shortflags=False,
        )

    return decorate


def refuse_stack_option(words: Sequence[str] | None = None) -> None:
    """Explain to a user who typed `--stack` that the option is `--env`: for Pulumi, a stack is one part of it.

    `words` are the words of the command line. Raises `invoke.exceptions.Exit`, whose message invoke shows without a
    stack trace.
    """
    for word in sys.argv[1:] if words is None else words:
        option, equals, value = word.partition("=")
        if option == "--stack":
            given = f"--env {value}" if equals else "--env NAME"
            raise Exit(f"--stack is not an option here; allowed: {given} for the environment (sandbox unless given)", 1)


def console() -> Console:
    """The console that commands print to."""
    from automation.reporting.display import make_console

    return make_console()


def interactive() -> bool:
    """Whether there is a user to ask: standard input is a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_named(environment: str, name: str) -> tuple[Run, list[StackId]]:
    """A run of one layer or one account."""
    from automation.runs import open_run
    from automation.selection.choose import named

    return open_run(environment, lambda stacks: named(stacks, name), console())
