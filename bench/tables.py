"""Markdown tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table; the columns whose numbers are in `right` are aligned there."""
    rule = ["---:" if number in right else "---" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def machine_table(machine: Mapping[str, Any]) -> str:
    """What `bench.machine` says."""
    shown = {**machine, "memory": f"{machine['memory_bytes'] / 2**30:.0f} GiB"}
    del shown["memory_bytes"]
    return table(["", ""], ([name.replace("_", " "), str(value)] for name, value in shown.items()))
