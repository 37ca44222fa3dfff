"""What was decided since the emulator began: for tests, and to learn from a run which permissions it needs."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.authorization.need import Need

MAXIMUM = 20_000
"""Distinct decisions that are kept. What comes later is only counted."""


@dataclass(frozen=True, order=True)
class _Entry:
    principal: str
    action: str
    resource: str
    allowed: bool
    keys: tuple[str, ...]


class Decisions:
    """Each distinct decision, and how often it was made."""

    def __init__(self) -> None:
        self._found: Counter[_Entry] = Counter()
        self._dropped = 0

    def add(self, principal: str, need: Need, allowed: bool) -> None:
        """`principal` is the ARN of the user or the role: sessions of a role are not told apart."""
        entry = _Entry(principal, need.action, need.resource, allowed, tuple(sorted(need.context)))
        if entry in self._found or len(self._found) < MAXIMUM:
            self._found[entry] += 1
        else:
            self._dropped += 1

    def clear(self) -> None:
        self._found.clear()
        self._dropped = 0

    def describe(self) -> dict[str, Any]:
        """As `GET /_sandbox/authorizations` answers. `dropped` is how many decisions there was no room for."""
        return {
            "decisions": [
                {
                    "principal": entry.principal,
                    "action": entry.action,
                    "resource": entry.resource,
                    "allowed": entry.allowed,
                    "condition_keys": list(entry.keys),
                    "times": times,
                }
                for entry, times in sorted(self._found.items())
            ],
            "dropped": self._dropped,
        }
