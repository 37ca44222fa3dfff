"""What the tests at every level share."""

import pytest

from engine.install import Engine, find_engine
from shared.layers import ROOT


@pytest.fixture(scope="session")
def pulumi_engine() -> Engine:
    """The engine of this machine; the tests that need one fail without."""
    found = find_engine(ROOT)
    assert found, "these tests run the real engine: get one with `make engine`"
    return found
