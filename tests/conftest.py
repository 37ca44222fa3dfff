"""What the tests at every level share."""

import pytest
from hypothesis import settings

from engine.install import Engine, find_engine
from shared.layers import ROOT

CLOSING = "closing"
"""The hypothesis profile of `make edits` and `make skips`. Registered here, because pytest wants it before it reads a
test."""

settings.register_profile(CLOSING, max_examples=80)


@pytest.fixture(scope="session")
def pulumi_engine() -> Engine:
    """The engine of this machine; the tests that need one fail without."""
    found = find_engine(ROOT)
    assert found, "these tests run the real engine: get one with `make engine`"
    return found
