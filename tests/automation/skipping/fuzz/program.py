"""The programs of a world: each is made of reads."""

import textwrap
from collections.abc import Iterable

from tests.automation.skipping.fuzz.reads import Read

_HEAD = """
import pulumi


class Item(pulumi.CustomResource):
    color: pulumi.Output[str]

    def __init__(self, name, props, opts=None):
        version = pulumi.ResourceOptions(version="1.0.0")
        super().__init__("shelf:index:Item", name, props, pulumi.ResourceOptions.merge(version, opts))

    @staticmethod
    def get(name, id):
        return Item(name, {"color": None}, pulumi.ResourceOptions(id=id))


STACK = f"{pulumi.get_project()}.{pulumi.get_stack()}"
ACCOUNT = pulumi.get_stack().partition(".")[2]


def put(id, value, shown):
    whole = isinstance(value, pulumi.Output | pulumi.Asset | pulumi.Archive)
    color = value if whole else str(value)
    if shown != "exported":
        Item(f"{STACK}.{id}", {"name": f"{STACK}.{id}", "color": color, "seconds": 0})
    if shown != "an item" and not isinstance(value, pulumi.Asset | pulumi.Archive):
        pulumi.export(id, color)


pulumi.export("base", pulumi.Config().get("base"))
"""

SHOWN = ("both", "an item", "exported")
"""How a program shows what it has read."""


def program(reads: Iterable[tuple[Read, str]], *, of_one_account: bool = False) -> str:
    """The text of a program that shows what the reads return. With `of_one_account`, each is of the first of its
    stacks only."""
    parts = [_HEAD]
    for read, how in reads:
        body = textwrap.indent(read.kind.body, "    ")
        part = f"{read.kind.top}\n\ndef read_<id>():\n{body}\n\n\nput('<id>', read_<id>(), {how!r})\n"
        if of_one_account:
            part = f"if ACCOUNT == {read.stack.account!r}:\n{textwrap.indent(part, '    ')}"
        parts.append(read.text(part))
    return "\n".join(parts)
