"""Each kind of read alone: if what it read has changed, its stack is never skipped, unless plain `pulumi up` would
change nothing either."""

from __future__ import annotations

import pytest
from hypothesis import settings

from engine.install import Engine
from tests.automation.skipping.fuzz import tally
from tests.automation.skipping.fuzz.reads.compared import COMPARED
from tests.automation.skipping.fuzz.trials import PLAIN, Outcome, Trial, Trying, telling, trials, worlds
from tests.automation.skipping.fuzz.world import World
from tests.conftest import CLOSING


@pytest.fixture(scope="module")
def outcomes(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[Trial, Outcome]:
    """All trials, tried."""
    found: dict[Trial, Outcome] = {}
    for chosen in worlds(_tried()):
        world = World(tmp_path_factory.mktemp("world"), engine, (PLAIN, "other"))
        try:
            found |= Trying(world, chosen, ask_always=_closing()).try_all()
        finally:
            world.close()
    return found


def _tried() -> list[Trial]:
    # Each has a stack that is deployed: `make skips` has the time for all of them.
    return trials() if _closing() else telling()


def _closing() -> bool:
    return settings.get_current_profile_name() == CLOSING


each_trial = pytest.mark.parametrize("trial", _tried(), ids=str)


@each_trial
def test_a_stack_is_skipped_after_its_deployment_or_the_user_is_told_why_not(
    outcomes: dict[Trial, Outcome], trial: Trial
) -> None:
    outcome = outcomes[trial]
    assert "failed" not in outcome.said
    tally.ALONE[trial.kind.name] = bool(outcome.before)
    if outcome.before:
        assert "each time" in outcome.said
    assert outcome.before or not trial.kind.always, "no input can stand for this"
    assert (not outcome.before) == (trial.kind.name in COMPARED), "the list of what is compared is another one"


@each_trial
def test_a_changed_read_is_seen(outcomes: dict[Trial, Outcome], trial: Trial) -> None:
    for name, answer in outcomes[trial].answers.items():
        assert answer.differs or answer.changes == [], f"{name} is not seen: {answer.changes}"
        harmless = next(change for change in trial.kind.changes if change.name == name).harmless
        if answer.changes is not None:
            assert harmless == (not answer.changes), f"{name} does not do what the catalogue says"
