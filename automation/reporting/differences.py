"""What a comparison with AWS and with the programs has found: each resource that differs, and what to expect of it."""

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from automation.queue import Status
from automation.reporting.changes import wrapped
from automation.results import RunResult

NARROW = 110
"""Columns of a console from which on there is room for a table."""


def show(console: Console, run: RunResult) -> None:
    """Print the differences, if there are any."""
    rows = list(_rows(run))
    if not rows:
        return
    if console.width < NARROW:
        for stack, resource, found, would, properties in rows:
            told = f"  {found}; a deploy would {would}{f': {properties}' if properties else ''}"
            lines = [*wrapped(f"{stack} {resource}", console.width), *wrapped(told, console.width)]
            console.print(Text("\n".join(lines)))
        return
    table = Table("stack", "resource", "found", "a deploy would", "properties", box=box.SIMPLE)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _rows(run: RunResult) -> Iterator[tuple[str, str, str, str, str]]:
    for each in run.stacks:
        if each.status is not Status.DONE:
            continue
        found = {change.resource.urn: change for change in each.record.drift}
        planned = {change.resource.urn: change for change in each.record.changes}
        for urn in dict.fromkeys([*found, *planned]):
            change = found.get(urn) or planned[urn]
            properties = sorted({*change.properties, *(planned[urn].properties if urn in planned else ())})
            yield (
                each.stack.label,
                str(change.resource),
                f"{found[urn].what} in AWS" if urn in found else "not deployed yet",
                _would(planned[urn].what) if urn in planned else "leave it",
                ", ".join(properties),
            )


def _would(what: str) -> str:
    return "keep it, no longer managed" if what == "kept" else what.removesuffix("d")
