"""What a command was asked to work on, to suggest the next one in the same words."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from shared.layers import LAYERS, SANDBOX


@dataclass(frozen=True)
class Target:
    """The stacks of a command, as its command line has them.

    `name` is one layer or one account, for the commands that take one; the others have `options` that choose stacks.
    `outputs` are those of the options that `invoke outputs` takes, too. `typed` is the whole command line, empty if
    there was none.
    """

    environment: str
    name: str | None = None
    options: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    typed: str = ""

    def command(self, many: str, one: str | None = None, more: Iterable[str] = ()) -> str:
        """The command for these stacks: `many` takes options that choose them, and `one` the name of a layer or of an
        account. Without `one`, the name becomes an option of `many`."""
        return self._line(many if self.name is None or one is None else f"{one} {shlex.quote(self.name)}", one, more)

    def reading(self, many: str) -> str:
        """A command that takes no more than the names of stacks and layers: `invoke outputs`."""
        return self._line(many, None, (), chosen=self._named() or self.outputs)

    def _line(self, start: str, one: str | None, more: Iterable[str], chosen: tuple[str, ...] | None = None) -> str:
        if chosen is None:
            chosen = self.options if self.name is None else () if one else self._named()
        environment = () if self.environment == SANDBOX else ("--env", self.environment)
        return " ".join(["invoke", start, *map(shlex.quote, (*chosen, *more, *environment))])

    def _named(self) -> tuple[str, ...]:
        if self.name is None:
            return ()
        layer = LAYERS.get(self.name)
        return ("--layer" if layer and layer.per_account else "--only", self.name)
