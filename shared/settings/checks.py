"""Checks that several layers share. They run on the files before a run, and again in the programs."""

from collections.abc import Iterable
from typing import Any

from shared.errors import ConfigError
from shared.settings.fields import REGIONS


def check_region(region: Any, file: str) -> None:
    """Raise `ConfigError` unless the AWS provider knows `region`."""
    if not isinstance(region, str) or region not in REGIONS:
        raise ConfigError([f"{file}: aws:region is {region!r}; allowed: one of {', '.join(sorted(REGIONS))}"])


def listed(values: Iterable[str], most: int = 5) -> str:
    """The values of a setting in a message: the first ones, and how many there are besides."""
    found = list(values)
    more = f", … ({len(found)} in all)" if len(found) > most else ""
    return f"{', '.join(found[:most])}{more}"


def counted(number: int, what: str) -> str:
    """A number of things, in a message."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def unknown_units(file: str, named: dict[str, str], units: Iterable[str]) -> list[str]:
    """One problem for each OU path in `named` (path → configuration key) that is not in `units`."""
    known = sorted(units)
    return [
        f"{file}: {key} names the OU {path!r}, which stack org does not export; allowed: {', '.join(known)}"
        for path, key in named.items()
        if path not in known
    ]
