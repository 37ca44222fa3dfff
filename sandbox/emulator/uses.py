"""Which backends a call has used: what it did not use it cannot have changed.

moto's code reaches every backend as `backends[account_id][region]`, that of other accounts as well, so
the look-up of the region sees them all. Walking over `items()` is not seen, and is for reading only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from moto.core.base_backend import AccountSpecificBackend

Place = tuple[str, str, str]
"""Where a backend is: its service, account and region; the region of a service without any is `aws`."""


class AccountBackends(AccountSpecificBackend[Any]):
    """The backends of one service in one account, by region."""

    recording: ClassVar[set[Place] | None] = None
    _regions_of: ClassVar[dict[str, list[str]]] = {}

    def __getitem__(self, region_name: str) -> Any:
        if self.recording is not None:
            region = "aws" if region_name == "global" else region_name
            self.recording.add((self.service_name, self.account_id, region))
        return super().__getitem__(region_name)

    def _generate_regions(self, service_name: str) -> list[str]:  # type: ignore[override]  # moto's is a cache
        # moto would work them out for every account anew, which takes longer than all else that an account needs.
        if service_name not in self._regions_of:
            self._regions_of[service_name] = super()._generate_regions(service_name)
        return self._regions_of[service_name]


@contextmanager
def recorded(places: set[Place]) -> Iterator[None]:
    """Add to `places` where the backends are that are used inside; only one thread at a time may be inside."""
    AccountBackends.recording = places
    try:
        yield
    finally:
        AccountBackends.recording = None
