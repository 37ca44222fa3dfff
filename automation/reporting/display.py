"""Progress: a live display on a terminal; elsewhere plain lines that begin with the stack."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from automation.events import Change, Counts, Record
from automation.queue import Status
from automation.reporting import changes, counting
from automation.reporting.prose import fitted_text
from automation.results import StackResult, Wording
from shared.layers import StackId

PLAIN_WIDTH = 160
"""Columns of a table if there is no terminal that has a width."""

_STYLES = {"+ ": "green", "~ ": "yellow", "- ": "red"}
"""Styles of lines that begin so."""


class Screen(Console):
    """A console whose sentences end their lines between words, where it is a terminal: see `prose`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, soft_wrap=True, **options)
        if not self.is_terminal:
            self.width = options.get("width", PLAIN_WIDTH)

    def print(self, *objects: Any, markup: bool | None = None, **options: Any) -> None:
        """As rich has it; a text is fitted."""
        if self.is_terminal and len(objects) == 1 and isinstance(objects[0], str | Text):
            found = objects[0]
            text = self.render_str(found, markup=markup, highlight=False) if isinstance(found, str) else found
            objects = (fitted_text(text, self.width),)
        super().print(*objects, markup=markup, **options)


def make_console() -> Console:
    """The console that tasks print to."""
    return Screen()


class Display(AbstractContextManager["Display"]):
    """Shows the progress of a run, with `diff` every value of what is changed. Its methods may be called from any
    thread."""

    def __init__(self, console: Console, stacks: Sequence[StackId], wording: Wording, *, diff: bool = False) -> None:
        self._console = console
        self._wording = wording
        self._diff = diff
        self._all = len(stacks)
        self._width = max((len(stack.label) for stack in stacks), default=0)
        self._lock = threading.Lock()

    def __exit__(self, *_error: object) -> None:
        """Stop showing it."""

    @abstractmethod
    def say(self, line: str, stack: StackId | None = None) -> None:
        """Print a line for the user, about one stack or about the run."""

    @abstractmethod
    def started(self, stack: StackId, reasons: Sequence[str] = ()) -> None:
        """Work on a stack has started, for these reasons."""

    @abstractmethod
    def event(self, stack: StackId, record: Record, change: Change | None) -> None:
        """An event of a stack: everything known so far, and the change that this event completes, if any."""

    @abstractmethod
    def ended(self, result: StackResult) -> None:
        """The stack is done, has failed or was not worked on."""


class Plain(Display):
    """Prints one line per event, with the stack as its prefix, for logs."""

    def say(self, line: str, stack: StackId | None = None) -> None:
        """Print each line of the text on its own line, with the prefix."""
        prefix = f"{stack.label:<{self._width}} | " if stack else ""
        with self._lock:
            for each in line.splitlines():
                self._console.print(Text(prefix + each))
            # Flush, because a log is read while it is written.
            self._console.file.flush()

    def started(self, stack: StackId, reasons: Sequence[str] = ()) -> None:
        why = f" ({', '.join(reasons)})" if reasons else ""
        self.say(self._wording.doing + why, stack)

    def event(self, stack: StackId, record: Record, change: Change | None) -> None:  # noqa: ARG002
        if change and not change.resource.type.startswith("pulumi:"):
            self._change(stack, changes.headline(self._wording, change), change)

    def ended(self, result: StackResult) -> None:
        for change in _found(self._wording, result):
            self._change(result.stack, f"{change.what} in AWS {change.resource}", change)
        self.say(counting.told(self._wording, result), result.stack)
        for problem in result.problems:
            self.say(str(problem), result.stack)

    def _change(self, stack: StackId, headline: str, change: Change) -> None:
        room = self._console.width - self._width - len(" | ")
        self.say("\n".join([headline, *changes.lines(change, room, full=self._diff)]), stack)


class Rich(Display):
    """Shows one line per running stack with its current resource and its counts, and a progress bar for the run.

    Under a stack that has ended are its changes. Of creations that were carried out, the number must do.
    """

    def __init__(self, console: Console, stacks: Sequence[StackId], wording: Wording, *, diff: bool = False) -> None:
        super().__init__(console, stacks, wording, diff=diff)
        self._ended = 0
        self._running: dict[StackId, tuple[float, Record]] = {}
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=5, transient=True)

    def __enter__(self) -> Rich:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def say(self, line: str, stack: StackId | None = None) -> None:
        """Print the line above the live display."""
        self._console.print(Text(f"{stack.label}: {line}" if stack else line))

    def started(self, stack: StackId, reasons: Sequence[str] = ()) -> None:  # noqa: ARG002
        with self._lock:
            self._running[stack] = (time.monotonic(), Record())

    def event(self, stack: StackId, record: Record, change: Change | None) -> None:  # noqa: ARG002
        with self._lock:
            if stack in self._running:
                self._running[stack] = (self._running[stack][0], record)

    def ended(self, result: StackResult) -> None:
        with self._lock:
            self._running.pop(result.stack, None)
            self._ended += 1
        sign, style = ("✓", "green") if result.status is Status.DONE else ("✗", "red")
        text = counting.told(self._wording, result)
        label = f"{result.stack.label:<{self._width}}"
        line = Text.assemble((sign, style), f" {label}  {text}  {result.seconds:.1f} s")
        told = [fitted_text(line, self._console.width)]
        for change in _found(self._wording, result):
            told += self._change(f"{change.what} in AWS {change.resource}", change)
        for change in result.record.changes:
            planned = bool(self._wording.change) or self._diff
            if not change.resource.type.startswith("pulumi:") and (planned or change.what != "created"):
                told += self._change(changes.headline(self._wording, change), change)
        self._console.print(Text("\n").join(told))

    def _change(self, headline: str, change: Change) -> list[Text]:
        indent = " " * 4
        under = changes.lines(change, self._console.width - len(indent), full=self._diff)
        styles = [_STYLES.get(line.lstrip()[:2], "dim") for line in under]
        first = changes.wrapped(f"  {headline}", self._console.width)
        return [*map(Text, first), *(Text(indent + line, style) for line, style in zip(under, styles, strict=True))]

    def _render(self) -> RenderableType:
        with self._lock:
            running = list(self._running.items())
            bar = ProgressBar(total=self._all, completed=self._ended, width=40)
        table = Table.grid(padding=(0, 2))
        for stack, (since, record) in running:
            working = record.working
            text = str(working[-1]) if working else self._wording.doing
            table.add_row(
                Text(stack.label, "bold"),
                _signs(record.counts),
                Text(text, overflow="ellipsis", no_wrap=True),
                f"{time.monotonic() - since:.0f} s",
            )
        whole = Table.grid(padding=(0, 2))
        whole.add_row(bar, f"{self._ended} of {self._all} stacks")
        return Group(table, whole)


def make_display(console: Console, stacks: Sequence[StackId], wording: Wording, *, diff: bool = False) -> Display:
    """The display that suits the console."""
    return (Rich if console.is_terminal else Plain)(console, stacks, wording, diff=diff)


def _found(wording: Wording, result: StackResult) -> Sequence[Change]:
    """What a comparison with AWS found. A refresh records the same, and tells it as its changes."""
    return result.record.drift if wording.operation == "drift" else ()


def _signs(counts: Counts) -> Text:
    numbers = counts._asdict()
    signed = ((sign, numbers[what], style) for what, (sign, style) in changes.SIGNS.items() if what != "unchanged")
    return Text.assemble(*((f"{sign}{number} ", style) for sign, number, style in signed if number))
