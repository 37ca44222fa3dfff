"""Whatever programs read and whatever changes: no stack is skipped that plain `pulumi up` would change.

`make skips` tries some five hundred stacks; `make test` a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from engine.install import Engine
from shared.layers import LAYERS, StackId
from tests.automation.skipping.fuzz import tally
from tests.automation.skipping.fuzz.harmless import HARMLESS
from tests.automation.skipping.fuzz.program import SHOWN
from tests.automation.skipping.fuzz.reads import CATALOGUE, Change, Kind, Read
from tests.automation.skipping.fuzz.world import World
from tests.conftest import CLOSING

PROGRAMS = 52
"""In `make skips`: each set of programs has two rounds of changes, and each round five stacks."""


def _rounds() -> settings:
    closing = settings.get_current_profile_name() == CLOSING
    return settings(
        settings(max_examples=PROGRAMS) if closing else settings(max_examples=2, derandomize=True),
        deadline=None,
        # Each round is in the world of the one before, so there is nothing to shrink.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )


def _kinds(layer: str) -> st.SearchStrategy[list[tuple[Kind, str]]]:
    """The reads of a program, few of which make it run each time, because that hides all others."""
    here = [kind for kind in CATALOGUE if layer in kind.layers]
    tracked = [kind for kind in here if not kind.always and not kind.alone]
    one = st.sampled_from(tracked)
    often = st.lists(one, min_size=1, max_size=4)
    with_one_by_rule = st.tuples(often, st.sampled_from([kind for kind in here if kind.always]))
    alone = st.sampled_from([kind for kind in here if kind.alone]).map(lambda kind: [kind])
    which = st.integers(0, 11).flatmap(
        lambda n: alone if n == 0 else with_one_by_rule.map(lambda each: [*each[0][:2], each[1]]) if n == 1 else often
    )
    return which.flatmap(
        lambda kinds: st.tuples(*[st.tuples(st.just(kind), st.sampled_from(SHOWN)) for kind in kinds])
    ).map(list)


_NUMBER = st.integers(0, 2**16)
_ONE_CHANGE = st.tuples(st.booleans() | st.just(True), _NUMBER, _NUMBER)
_CHANGES = st.lists(_ONE_CHANGE, min_size=1, max_size=3)


@dataclass
class Team:
    """Writes programs into a world and changes what they read, and keeps a list of what it did."""

    world: World
    log: list[str]
    failure: AssertionError | None = None

    def begin(self, programs: dict[str, list[tuple[Kind, str]]]) -> dict[StackId, list[Read]]:
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

    def change(
        self, reads: dict[StackId, list[Read]], chosen: list[tuple[bool, int, int]], done: set[object]
    ) -> set[str]:
        """Make changes; returns their names."""
        made = set()
        for of_a_read, which, what in chosen:
            stack = self.world.stacks[which % len(self.world.stacks)]
            options = [(read, change) for read in reads[stack] for change in read.kind.changes]
            if of_a_read and options:
                read, change = options[what % len(options)]
                if (read.id, change.name) in done:
                    continue
                done.add((read.id, change.name))
                self._make(read, change)
                made.add(f"{read.kind.name}: {change.name}")
                self.log.append(f"  {stack.label}, {read.id}: {change.name}")
            else:
                name = list(HARMLESS)[what % len(HARMLESS)]
                HARMLESS[name](self.world, stack)
                made.add(name)
                self.log.append(f"  {stack.label}: {name}")
        return made

    @staticmethod
    def _make(read: Read, change: Change) -> None:
        change.act(read)

    def check(self, reads: dict[StackId, list[Read]], made: set[str]) -> None:
        """Compare what the run queue would skip with what the oracle would change."""
        world = self.world
        differs, changes = world.differs(), world.oracle.changes(world.stacks, world.variables)
        for stack in world.stacks:
            by_rule = any(read.kind.always for read in reads[stack])
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


@_rounds()
@given(
    programs=st.fixed_dictionaries({layer: _kinds(layer) for layer in LAYERS}),
    rounds=st.tuples(_CHANGES, _CHANGES),
)
def test_nothing_is_skipped_that_would_change(
    team: Team,
    programs: dict[str, list[tuple[Kind, str]]],
    rounds: tuple[list[tuple[bool, int, int]], list[tuple[bool, int, int]]],
) -> None:
    if team.failure:  # hypothesis tries a failing round again, and the world is another one by then
        raise team.failure
    try:
        reads = team.begin(programs)
        done: set[object] = set()
        for number, chosen in enumerate(rounds):
            if number:
                team.deploy()
            made = team.change(reads, chosen, done)
            team.check(reads, made)
            for name in made:
                event(name)
    except AssertionError as error:
        team.failure = AssertionError("\n".join([str(error), *team.log]))
        raise team.failure from None
