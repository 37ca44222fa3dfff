"""What the tests of this folder count: how often a stack was run that `pulumi up` would not have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ALONE: dict[str, bool] = {}
"""Kind of read → whether a program that does nothing else is run each time."""


@dataclass
class Row:
    """Cases of one sort: one stack after one round of changes each."""

    cases: int = 0
    skipped: int = 0
    needed: int = 0
    needless: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, differs: list[str], changes: list[str]) -> None:
        """Count a case: what the run queue says differs, and what the oracle would change."""
        self.cases += 1
        self.needed += bool(changes)
        self.skipped += not differs
        if differs and not changes:
            self.needless += 1
            self.reasons.update(differs)

    def __str__(self) -> str:
        of = self.needless + self.skipped
        share = f"{self.needless / of:4.0%}" if of else "   -"
        return f"{self.cases:5} {self.needed:6} {self.skipped:7} {self.needless:8} {share}"


@dataclass
class Tally:
    """The cases of the random programs."""

    tracked: Row = field(default_factory=Row)
    by_rule: Row = field(default_factory=Row)
    """Stacks whose programs read what no input can stand for, so that they run each time by rule."""
    changes: dict[str, Row] = field(default_factory=dict)
    """By the change of the round, for all stacks."""
    rounds: int = 0

    def add(self, differs: list[str], changes: list[str], *, by_rule: bool, made: Iterable[str]) -> None:
        """Count a case after the changes that were `made`."""
        (self.by_rule if by_rule else self.tracked).add(differs, changes)
        if not by_rule:
            for name in made:
                self.changes.setdefault(name, Row()).add(differs, changes)

    def lines(self) -> Iterator[str]:
        """The table."""
        width = max(map(len, self.changes), default=40)
        yield f"{'':{width}} cases needed skipped needless share"
        yield f"{'all that is not run each time by rule':{width}} {self.tracked}"
        yield f"{'run each time by rule':{width}} {self.by_rule}"
        yield f"the share is of the cases in which nothing had to be run; {self.rounds} rounds"
        reasons = ", ".join(f"{name} ({count})" for name, count in self.tracked.reasons.most_common(8))
        yield f"needless because of: {reasons or 'none'}"
        for name, row in sorted(self.changes.items(), key=lambda each: (-each[1].needless, each[0])):
            if row.needless:
                yield f"{name:{width}} {row}"


RANDOM = Tally()
