"""What the tests at every level share."""

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings

from engine.install import Engine, find_engine
from shared.layers import ROOT

CLOSING = "closing"
"""The hypothesis profile of `make edits` and `make skips`. Registered here, because pytest wants it before it reads a
test."""

# As a user's Python does: a thousand commands would each compile this repository anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same code gives the same answer twice, and on a loaded machine an example may take any time. What is new is
# searched for with the other profile.
settings.register_profile("make test", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("make test")
settings.register_profile(CLOSING, max_examples=80, derandomize=False)


def rounds(few: int, many: int = 80) -> settings:
    """How many rounds of a test that goes on in the world of the round before, so that there is nothing to shrink:
    `few`, and `many` with the profile `CLOSING`."""
    closing = settings.get_current_profile_name() == CLOSING
    return settings(
        max_examples=many if closing else few,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )


@pytest.fixture(scope="session")
def pulumi_engine() -> Engine:
    """The engine of this machine; the tests that need one fail without."""
    found = find_engine(ROOT)
    assert found, "these tests run the real engine: get one with `make engine`"
    return found
