"""Checks of values that more than one layer has: before a run, of the files, and in the programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.errors import ConfigError
from shared.settings.fields import REGIONS


def check_region(region: Any, file: str) -> None:
    """Raise `ConfigError` unless `region` is one that the AWS provider knows."""
    if not isinstance(region, str) or region not in REGIONS:
        raise ConfigError([f"{file}: aws:region is {region!r}; allowed: one of {', '.join(sorted(REGIONS))}"])


def unknown_units(file: str, named: dict[str, str], units: Iterable[str]) -> list[str]:
    """A problem for each OU path in `named` (path → key) that the organization does not export."""
    known = sorted(units)
    return [
        f"{file}: {key} names the OU {path!r}, which stack org does not export; allowed: {', '.join(known)}"
        for path, key in named.items()
        if path not in known
    ]
