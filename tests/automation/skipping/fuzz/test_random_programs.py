"""Whatever programs read and whatever changes: no stack is skipped that plain `pulumi up` would change.

`make skips` tries some five hundred stacks; `make test` a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.install import Engine
from shared.layers import LAYERS, StackId
from tests.automation.skipping.fuzz import tally
from tests.automation.skipping.fuzz.harmless import HARMLESS
from tests.automation.skipping.fuzz.program import SHOWN
from tests.automation.skipping.fuzz.reads import CATALOGUE, Kind, Read
from tests.automation.skipping.fuzz.reads.compared import COMPARED
from tests.automation.skipping.fuzz.world import World
from tests.conftest import rounds

PROGRAMS = 52
"""In `make skips`: each set of programs has two rounds of changes, and each round five stacks."""

ROUNDS = 2


Programs = dict[str, list[tuple[Kind, str]]]


def _programs(chance: Random) -> Programs:
    """The reads of each layer's program, and how it shows them. Few make it run each time: that hides all others."""
    found = {}
    for layer in LAYERS:
        here = [kind for kind in CATALOGUE if layer in kind.layers]
        alone = [kind for kind in here if kind.alone]
        compared = [kind for kind in here if kind.name in COMPARED and not kind.alone]
        always = [kind for kind in here if kind.name not in COMPARED and not kind.alone]
        reads = chance.sample(compared, chance.randint(1, 4))
        sort = chance.randrange(12)
        if sort == 0 and alone:
            reads = [chance.choice(alone)]
        elif sort == 1:
            reads = [*reads[:3], chance.choice(always)]
        found[layer] = [(kind, chance.choice(SHOWN)) for kind in reads]
    return found


@dataclass
class Team:
    """Writes programs into a world and changes what they read, and keeps a list of what it did."""

    world: World
    log: list[str]
    failure: AssertionError | None = None

    def begin(self, programs: Programs) -> dict[StackId, list[Read]]:
        """Write and deploy the programs; returns the reads of each stack."""
        world = self.world
        world.reset()
        self.log = []
        found: dict[StackId, list[Read]] = {}
        for layer, kinds in programs.items():
            stacks = tuple(stack for stack in world.stacks if stack.layer == layer)
            reads = [(Read(kind, world, stacks, int(world.fresh())), shown) for kind, shown in kinds]
            world.write(layer, reads)
            found |= {stack: [read for read, _ in reads] for stack in stacks}
            self.log.append(f"{layer}: " + "; ".join(f"{read.kind.name} ({read.id})" for read, _ in reads))
        self.deploy()
        return found

    def deploy(self) -> None:
        """Deploy everything."""
        said = self.world.deploy()
        assert said["code"] == 0, said["printed"]

    def change(self, chance: Random, reads: dict[StackId, list[Read]], done: set[object]) -> set[str]:
        """Make one to three changes, three of four to what a program reads; returns their names."""
        made = set()
        for _ in range(chance.randint(1, 3)):
            stack = chance.choice(self.world.stacks)
            options = [(each, change) for each in reads[stack] for change in each.kind.changes]
            options = [(each, change) for each, change in options if (each.id, change.name) not in done]
            if options and chance.randrange(4):
                read, change = chance.choice(options)
                done.add((read.id, change.name))
                change.act(read)
                name, what = f"{read.kind.name}: {change.name}", f"{read.id}: {change.name}"
            else:
                name = what = chance.choice(list(HARMLESS))
                HARMLESS[name](self.world, stack)
            made.add(name)
            self.log.append(f"  {stack.label}, {what}")
        return made

    def check(self, reads: dict[StackId, list[Read]], made: set[str]) -> None:
        """Compare what the run queue would skip with what the oracle would change."""
        world = self.world
        differs, changes = world.differs(), world.oracle.changes(world.stacks, world.variables)
        for stack in world.stacks:
            by_rule = any(read.kind.name not in COMPARED for read in reads[stack])
            tally.RANDOM.add(differs[stack.label], changes[stack], by_rule=by_rule, made=made)
            self.log.append(f"  {stack.label}: {differs[stack.label] or 'skipped'}; {changes[stack]}")
        tally.RANDOM.rounds += 1
        missed = [stack.label for stack in world.stacks if changes[stack] and not differs[stack.label]]
        assert not missed, f"skipped, and pulumi up would change them: {missed}"


@pytest.fixture(scope="module")
def team(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    world = World(tmp_path_factory.mktemp("world"), engine, ("one", "other"))
    made = Team(world, [])
    made.deploy()
    yield made
    world.close()


@rounds(1, PROGRAMS)
@given(seed=st.integers(0, 2**64))
def test_nothing_is_skipped_that_would_change(team: Team, seed: int) -> None:
    if team.failure:  # hypothesis tries a failing round again, and the world is another one by then
        raise team.failure
    chance = Random(seed)  # noqa: S311
    try:
        reads = team.begin(_programs(chance))
        done: set[object] = set()
        for number in range(ROUNDS):
            if number:
                team.deploy()
            team.check(reads, team.change(chance, reads, done))
    except AssertionError as error:
        team.failure = AssertionError("\n".join([str(error), f"seed {seed}", *team.log]))
        raise team.failure from None
