"""Dirty tracking: which backends a call may have changed, so that only these are compared and saved.

moto's code reaches every backend as `backends[account_id][region]`, also that of another account. So a look-up of the
region is taken as a possible change. Walking over `items()` is not noticed: use it for reading only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from moto.core.base_backend import AccountSpecificBackend

BackendKey = tuple[str, str, str]
"""Service, account and region of a backend; the region of a service without regions is `aws`."""


class AccountBackends(AccountSpecificBackend[Any]):
    """The backends of one service in one account, by region."""

    dirty: ClassVar[set[BackendKey] | None] = None
    _regions_of: ClassVar[dict[str, list[str]]] = {}

    def __getitem__(self, region_name: str) -> Any:
        if self.dirty is not None:
            region = "aws" if region_name == "global" else region_name
            self.dirty.add((self.service_name, self.account_id, region))
        return super().__getitem__(region_name)

    def _generate_regions(self, service_name: str) -> list[str]:  # type: ignore[override]  # moto's is a cache
        # moto would list the regions anew for every account, which takes longer than all else that an account needs.
        if service_name not in self._regions_of:
            self._regions_of[service_name] = super()._generate_regions(service_name)
        return self._regions_of[service_name]


@contextmanager
def tracked(dirty: set[BackendKey]) -> Iterator[None]:
    """Add to `dirty` the backends that are looked up inside. Only one thread at a time may be inside."""
    AccountBackends.dirty = dirty
    try:
        yield
    finally:
        AccountBackends.dirty = None
