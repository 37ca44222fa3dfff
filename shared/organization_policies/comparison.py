"""What a change of policies changes in what an account gets: two effective policies, setting by setting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A setting that differs, by its path in the policy (`tags/costcenter/tag_value`); None where it is not set."""

    path: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The settings that differ between two effective policies, by path. The order in a list of values means nothing."""
    old, new = dict(_settings(before, "")), dict(_settings(after, ""))
    found = (Difference(path, old.get(path), new.get(path)) for path in sorted({*old, *new}))
    return [each for each in found if _unordered(each.before) != _unordered(each.after)]


def _settings(element: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    for name, value in element.items():
        path = f"{where}/{name}" if where else name
        if isinstance(value, Mapping) and value:
            yield from _settings(value, path)
        else:
            yield path, value


def _unordered(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value
