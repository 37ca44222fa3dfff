"""The emulated AWS in the process of the test, for what cannot be seen from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto.core import base_backend

from sandbox.emulator.store import backends


@contextmanager
def emulated_aws() -> Iterator[None]:
    """An empty one. Afterwards moto is its own again, for the tests that run in this process later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base_backend, "AccountSpecificBackend", vars(base_backend)["AccountSpecificBackend"])
        for each in backends.BACKENDS.values():
            patch.setattr(each, "backend", each.backend)
        backends.install()
        backends.empty()
        yield
        backends.empty()
