"""Tables that fit the terminal, whatever its width: nothing is cut.

A table that is too wide first loses the columns in which nothing is, then the columns of prose go on over several
lines, and if that is not enough, each row becomes a few lines of its own. Where there is no terminal, as in a log, a
table is as wide as it must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from automation.reporting.prose import wrapped

Cell = str | Text

_UNBOUNDED = 100_000
_PROSE = 24
"""Columns that a column of prose needs at least."""
_INDENT = "  "


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `number` is for numbers. An `optional` one is left out where there is no room and nothing is in it. `prose` may go
    on in further lines. Where each row has lines of its own, `phrase` is what a cell is called, and one that stands
    `alone` shares its line with no other, to be copied.
    """

    name: str
    number: bool = False
    optional: bool = False
    prose: bool = False
    alone: bool = False
    phrase: str = ""

    def told(self, cell: Cell) -> str:
        """The cell in a sentence."""
        return (self.phrase or ("{} " + self.name if self.number else self.name + ": {}")).format(cell)


def show(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    total: Sequence[Cell] = (),
    heads: int = 1,
) -> None:
    """Print the rows under the names of the columns. `total` is a last row with the sums. The first `heads` cells of a
    row say what it is about."""
    for keep in (True, False):
        chosen = [number for number, column in enumerate(columns) if keep or not _empty(number, column, rows, total)]
        kept = [columns[number] for number in chosen]
        cells = [[row[number] for number in chosen] for row in rows]
        sums = [total[number] for number in chosen] if total else []
        whole = _table(kept, cells, sums)
        if _width(console, whole) <= console.width:
            console.print(whole)
            return
    folded = _folded(kept, cells, sums, _width(console, whole) - console.width)
    if _width(console, folded) <= console.width:
        console.print(folded)
    elif console.is_terminal:
        for row in [*cells, sums] if sums else cells:
            console.print(_block(kept, row, console.width, heads))
    else:
        width, console.width = console.width, _width(console, folded)
        console.print(folded)
        console.width = width


def _empty(number: int, column: Column, rows: Sequence[Sequence[Cell]], total: Sequence[Cell]) -> bool:
    cells = [row[number] for row in rows] + ([total[number]] if total else [])
    return column.optional and all(str(cell) in ("", "0") for cell in cells)


def _table(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], total: Sequence[Cell], prose: Sequence[int | None] = ()
) -> Table:
    table = Table(box=box.SIMPLE, show_footer=bool(total))
    for number, column in enumerate(columns):
        table.add_column(
            column.name,
            footer=total[number] if total else "",
            justify="right" if column.number else "left",
            width=prose[number] if prose else None,
            no_wrap=not (prose and prose[number]),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def _width(console: Console, table: Table) -> int:
    return Measurement.get(console, console.options.update(width=_UNBOUNDED), table).maximum


def _folded(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], total: Sequence[Cell], over: int) -> Table:
    """The table with its columns of prose narrower by `over` in all, or as narrow as their words allow."""
    wide: list[int | None] = []
    least: dict[int, int] = {}
    for number, column in enumerate(columns):
        texts = [str(row[number]) for row in rows] + [column.name]
        wide.append(max(map(len, texts)) if column.prose else None)
        if column.prose:
            longest = max((len(word) for text in texts for word in text.split()), default=0)
            least[number] = max(longest, min(_PROSE, max(map(len, texts))))
    while over > 0:
        left = [number for number, most in least.items() if (wide[number] or 0) > most]
        if not left:
            break
        widest = max(left, key=lambda number: wide[number] or 0)
        wide[widest] = (wide[widest] or 0) - 1
        over -= 1
    return _table(columns, rows, total, wide)


def _block(columns: Sequence[Column], row: Sequence[Cell], width: int, heads: int) -> Text:
    """A row in lines of its own: what it is about, and indented what there is of it."""
    lines: list[str] = []
    joined = False
    for column, cell in zip(columns[heads:], row[heads:], strict=True):
        if not str(cell) or (column.optional and str(cell) == "0"):
            continue
        told = column.told(cell)
        alone = column.alone or ", " in str(cell)
        if joined and not alone and len(f"{lines[-1]}, {told}") <= width:
            lines[-1] += f", {told}"
        else:
            lines.append(_INDENT + told)
        joined = not alone
    head = "  ".join(filter(None, map(str, row[:heads])))
    first = [Text(head, "bold")] if head else []
    return Text("\n").join([*first, *(Text(part) for line in lines for part in wrapped(line, width))])
