"""What a comparison with AWS and with the programs has found: each resource that differs, and what to expect of it."""

from collections.abc import Iterator

from rich.console import Console

from automation.queue import Status
from automation.reporting import tables
from automation.reporting.tables import Column
from automation.results import RunResult

_COLUMNS = (
    Column("stack"),
    Column("resource", prose=True),
    Column("found", phrase="{}"),
    Column("a deploy would", phrase="a deploy would {}"),
    Column("properties", prose=True, optional=True),
)


def show(console: Console, run: RunResult) -> None:
    """Print the differences, if there are any."""
    rows = list(_rows(run))
    if rows:
        tables.show(console, _COLUMNS, rows)


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
