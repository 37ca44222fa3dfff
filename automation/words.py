"""The words of the command line, before invoke reads them: what it would misunderstand, or say less well."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from invoke.collection import Collection
from invoke.exceptions import Exit

from shared.suggestions import nearest

_HELP = frozenset({"--help", "-h"})


def check_words(namespace: Collection, words: Sequence[str] | None = None) -> None:
    """What invoke itself does not say well: which command was meant, and the help of one command.

    `words` are the words of the command line. Raises `invoke.exceptions.Exit`.
    """
    given = list(typed() if words is None else words)
    if given and given[0] in (*_HELP, "--list", "-l"):
        # Invoke prints these by itself. Who reads them, such as head, may have seen enough.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if not given or given[0].startswith("-"):
        return
    if not _HELP.isdisjoint(given[1:]):
        # Invoke would take it for the name of a stack.
        os.execv(sys.executable, [sys.executable, "-m", "invoke", "--help", given[0]])  # noqa: S606
    names = list(namespace.task_names)
    if given[0] not in names:
        near = nearest(given[0], names, 0.6)
        suggested = f"did you mean invoke {near}? " if near else ""
        raise Exit(f"no command is called {given[0]!r}; {suggested}all of them: invoke --list", 1)


def refuse_stack_option(words: Sequence[str] | None = None) -> None:
    """Explain to a user who typed `--stack` that the option is `--env`: for Pulumi, a stack is one part of it.

    `words` are the words of the command line. Raises `invoke.exceptions.Exit`, whose message invoke shows without a
    stack trace.
    """
    for word in typed() if words is None else words:
        option, equals, value = word.partition("=")
        if option == "--stack":
            given = f"--env {value}" if equals else "--env NAME"
            raise Exit(f"--stack is not an option here; allowed: {given} for the environment (sandbox unless given)", 1)


def typed() -> list[str]:
    """The words after `invoke`; none in another program that imports the commands, such as a test."""
    program = Path(sys.argv[0])
    return sys.argv[1:] if program.stem in ("invoke", "inv") or program.parent.name == "invoke" else []
