"""Each change of each kind of read, in a stack that does nothing else: what the run queue and the oracle say of it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

from shared.layers import StackId
from tests.automation.skipping.fuzz.reads import CATALOGUE, Change, Kind, Read
from tests.automation.skipping.fuzz.reads.compared import COMPARED
from tests.automation.skipping.fuzz.snapshot import Snapshot
from tests.automation.skipping.fuzz.world import World

PLAIN = "plain"
"""The account whose stack reads nothing: it shows whether a change makes all stacks run."""

_PLAIN = StackId("accounts", "sandbox", PLAIN).label

_REACHES = ("", "names", "root", "folder", "shared", "environment", "packages", "venv", "home", "upstream")


@dataclass(frozen=True)
class Trial:
    """One kind of read and one change, or None if there is nothing to change."""

    kind: Kind
    change: Change | None

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.change.name if self.change else 'nothing'}"


@dataclass(frozen=True)
class Answer:
    """What the run queue says differs after a change, and what the oracle would change; None if it was not asked."""

    differs: list[str]
    changes: list[str] | None


@dataclass
class Outcome:
    """What became of a trial: what the run queue said after its deployment, and the answers by the name of a change."""

    before: list[str] = field(default_factory=list)
    said: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)


def trials() -> list[Trial]:
    """All that can be tried: each change that is not harmless has a stack of its own."""
    found = []
    for kind in CATALOGUE:
        changes: list[Change | None] = [change for change in kind.changes if not change.harmless]
        found += [Trial(kind, change) for change in changes or [None]]
    return found


def telling() -> list[Trial]:
    """All trials of what is compared, where something can be missed, and some of those that are run each time by
    rule: where the rule fails for one, it fails for its neighbours in the catalogue."""
    by_rule = [trial for trial in trials() if trial.kind.name not in COMPARED]
    left_out = set(by_rule).difference(by_rule[::12])
    return [trial for trial in trials() if trial not in left_out]


def worlds(tried: list[Trial]) -> list[list[tuple[Trial, StackId]]]:
    """The trials, with a stack each, in as few worlds as there must be: only accounts has more than one stack."""
    accounts = [trial for trial in tried if "accounts" in trial.kind.layers and not trial.kind.alone]
    others = [trial for trial in tried if trial not in accounts]
    found = [[(trial, StackId("accounts", "sandbox", f"a{i}")) for i, trial in enumerate(accounts)]]
    while others:
        here: dict[str, Trial] = {}
        for trial in list(others):
            free = next((layer for layer in trial.kind.layers if layer not in here and layer != "accounts"), None)
            if free:
                here[free] = trial
                others.remove(trial)
        found.append([(trial, StackId(layer, "sandbox")) for layer, trial in here.items()])
    return found


_Step = tuple[Trial, Change]


class Trying:
    """Tries all trials of one world. With `ask_always`, the oracle is asked of every change, and else only of those
    that the run queue does not see."""

    def __init__(self, world: World, chosen: list[tuple[Trial, StackId]], *, ask_always: bool) -> None:
        self.world = world
        self.outcomes = {trial: Outcome() for trial, _ in chosen}
        self._ask_always = ask_always
        self._reads = {trial: Read(trial.kind, world, (stack,), i) for i, (trial, stack) in enumerate(chosen, 1)}

    def try_all(self) -> dict[Trial, Outcome]:
        """Deploy, change and ask."""
        self._deploy()
        firsts = [next(group) for _, group in itertools.groupby(self._reads, key=lambda trial: trial.kind.name)]
        harmless = [(trial, change) for trial in firsts for change in trial.kind.changes if change.harmless]
        altering = [(trial, trial.change) for trial in self._reads if trial.change]
        for steps in (harmless, altering):
            for where in _REACHES:
                self._change([step for step in steps if step[1].reach == where])
        return self.outcomes

    def _deploy(self) -> None:
        world = self.world
        said = world.deploy()  # so that all stacks are there
        assert said["code"] == 0, said["printed"]
        by_layer = defaultdict(list)
        for read in self._reads.values():
            by_layer[read.stack.layer].append((read, "both"))
        world.add(read.stack for read in self._reads.values())
        for layer, reads in by_layer.items():
            world.write(layer, reads, of_one_account=layer == "accounts")
        said = world.deploy()
        for trial, read in self._reads.items():
            outcome, label = self.outcomes[trial], read.stack.label
            outcome.before = said["differs"][label]
            lines = [line for line in said["printed"].splitlines() if line.startswith((f"{label}:", f"{label} |"))]
            outcome.said = "\n".join(lines)

    def _change(self, steps: list[_Step]) -> None:
        """Make all these changes at once; if that makes all stacks run, one at a time."""
        before = Snapshot(self.world)
        if len(steps) > 1 and not self._try(steps)[_PLAIN]:
            return
        for step in steps:
            before.restore()
            self._try([step])
        before.restore()

    def _try(self, steps: list[_Step]) -> dict[str, list[str]]:
        """Make these changes and note what is said of each; returns what the run queue said."""
        for trial, change in steps:
            change.act(self._reads[trial])
        stacks = {trial: self._reads[trial].stack for trial, _ in steps}
        differs = self.world.differs(_PLAIN, *(stack.label for stack in stacks.values()))
        asked = [stack for stack in stacks.values() if self._ask_always or not differs[stack.label]]
        changes = self.world.oracle.changes(asked, self.world.variables)
        for trial, change in steps:
            stack = stacks[trial]
            self.outcomes[trial].answers[change.name] = Answer(differs[stack.label], changes.get(stack))
        return differs
