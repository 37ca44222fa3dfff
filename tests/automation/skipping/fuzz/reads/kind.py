"""One kind of read: what a program does, and what can happen to what it has read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.layers import StackId

if TYPE_CHECKING:
    from tests.automation.skipping.fuzz.world import World

Act = Callable[["Read"], None]
"""Something that is done to one read in a world."""

EVERYWHERE = ("org", "identity", "policies", "accounts")


@dataclass(frozen=True)
class Change:
    """A change of what was read; a `harmless` one is not expected to be seen by the program.

    `reach` is what an implementation could watch as a whole, so that it runs other stacks for this change too.
    """

    name: str
    act: Act
    harmless: bool = False
    reach: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of read. `body` is the body of the function that reads, and `top` stands before that function.

    In all texts and paths, words such as `<id>` stand for the names of one read: see `Read.text`. With `always`, a
    program that does this runs each time by rule, whatever changes. A kind that is `alone` is the only read of its
    layer. `project` is what `Pulumi.yaml` says, and `program` where the program is.
    """

    name: str
    body: str
    top: str = ""
    before: tuple[Act, ...] = ()
    changes: tuple[Change, ...] = ()
    layers: tuple[str, ...] = EVERYWHERE
    always: bool = False
    alone: bool = False
    project: Mapping[str, Any] = field(default_factory=dict, hash=False)
    program: str = "<folder>/__main__.py"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Read:
    """A read of one kind in the program of `stacks`, which are all of one layer. `number` makes its names unique."""

    kind: Kind
    world: World
    stacks: tuple[StackId, ...]
    number: int

    @property
    def id(self) -> str:
        return f"n{self.number}"

    @property
    def stack(self) -> StackId:
        """The stack that a change concerns, if it concerns one."""
        return self.stacks[0]

    def text(self, template: str) -> str:
        """`template` with the names of this read."""
        world, stack = self.world, self.stack
        words = {
            "program": self.kind.program,
            "folder": str(stack.folder(world.root)),
            "outside": f"{world.outside}/<id>",
            "venv": str(world.venv),
            "packages": str(world.packages),
            "root": str(world.root),
            "home": str(world.home),
            "shelf": str(world.shelf),
            "layer": stack.layer,
            "stack": stack.name,
            "port": str(world.port),
            "id": self.id,
        }
        for word, value in words.items():
            template = template.replace(f"<{word}>", value)
        return template

    def path(self, template: str) -> Path:
        return Path(self.text(template))

    def prepare(self) -> None:
        """Make what the program will read."""
        for act in self.kind.before:
            act(self)


def wrote(path: str, text: str) -> Act:
    """Write a file, with its folder."""

    def act(read: Read) -> None:
        file = read.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(read.text(text))
        read.world.made(file)

    return act


def wrote_in_time(path: str, text: str) -> Act:
    """Write a file that keeps its time."""

    def act(read: Read) -> None:
        file = read.path(path)
        before = file.stat()
        file.write_text(read.text(text))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return act


def replaced(path: str, old: str, new: str) -> Act:
    """Replace a text in a file."""

    def act(read: Read) -> None:
        file = read.path(path)
        before = file.read_text()
        assert read.text(old) in before, f"{file}: no {read.text(old)}"
        file.write_text(before.replace(read.text(old), read.text(new)))

    return act


def appended(path: str, text: str) -> Act:
    """Append to a file, which need not exist."""

    def act(read: Read) -> None:
        file = read.path(path)
        if not file.exists():
            read.world.made(file)
        with file.open("a") as stream:
            stream.write(read.text(text))

    return act


def removed(path: str) -> Act:
    """Delete a file."""
    return lambda read: read.path(path).unlink()


def touched(path: str) -> Act:
    """Give a file another time."""
    return lambda read: os.utime(read.path(path), (1_000_000_000, 1_000_000_000))


def linked(path: str, target: str) -> Act:
    """Make a symbolic link, or point it elsewhere."""

    def act(read: Read) -> None:
        link = read.path(path)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(read.text(target))
        read.world.made(link)

    return act


def exported(name: str, value: str) -> Act:
    """Set an environment variable."""

    def act(read: Read) -> None:
        read.world.variables[read.text(name)] = read.text(value)

    return act


def unset(name: str) -> Act:
    """Remove an environment variable."""

    def act(read: Read) -> None:
        read.world.variables.pop(read.text(name), None)

    return act


def reach(path: str) -> str:
    """What an implementation could watch as a whole that has this path in it."""
    for beginning in ("<folder>", "<root>/shared", "<root>", "<packages>", "<venv>"):
        if path.startswith(beginning):
            return beginning.rpartition("/")[2].strip("<>")
    return ""


def content(path: str, first: str, then: str) -> dict[str, Any]:
    """The fields of a kind that reads one file: it is there, and its content changes."""
    return {
        "before": (wrote(path, first),),
        "changes": (
            Change("its time", touched(path), harmless=True, reach=reach(path)),
            Change("its content", wrote(path, then), reach=reach(path)),
        ),
    }


def variable(name: str, first: str, then: str) -> dict[str, Any]:
    """The fields of a kind that reads one environment variable: it is set, and its value changes."""
    where = "environment" if name.startswith(("AWS_", "PULUMI_", "PYTHON")) else ""
    return {
        "before": (exported(name, first),),
        "changes": (Change("its value", exported(name, then), reach=where),),
    }
