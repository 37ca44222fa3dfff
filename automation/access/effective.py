"""The effective management policies of the accounts, such as tag and backup policies: before and after a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from automation.access.snapshot import RESOURCE_CONTROL, SERVICE_CONTROL, Account, Snapshot
from automation.reporting.documents import Difference, differences
from shared.organization_policies.inheritance import effective_policy


@dataclass(frozen=True)
class EffectiveChange:
    """What differs in the effective policy of some accounts, in lines."""

    kind: str
    accounts: tuple[str, ...]
    lines: tuple[str, ...]


def kinds(*snapshots: Snapshot) -> list[str]:
    """The types of policies that accounts inherit as one merged document."""
    found = {policy.kind for each in snapshots for level in each.attached.values() for policy in level}
    return sorted(found - {SERVICE_CONTROL, RESOURCE_CONTROL})


def effective(snapshot: Snapshot, account: Account, kind: str) -> dict[str, Any]:
    """The effective policy of an account; empty if it has none."""
    levels = [[policy.document for policy in level] for level in snapshot.levels(account, kind)]
    return effective_policy(levels)


def changes(before: Snapshot, after: Snapshot) -> tuple[EffectiveChange, ...]:
    """What differs, for the accounts that both have."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for kind in kinds(before, after):
        for now in after.members:
            old = before.account(now.name)
            if old is None:
                continue
            lines = tuple(_lines(differences(effective(before, old, kind), effective(after, now, kind))))
            if lines:
                found.setdefault((kind, lines), []).append(now.name)
    return tuple(EffectiveChange(kind, tuple(accounts), lines) for (kind, lines), accounts in found.items())


def _lines(found: Iterable[Difference]) -> Iterable[str]:
    for each in found:
        if each.single:
            yield f"{each.where}: {', '.join(each.removed)} → {', '.join(each.added)}"
        else:
            parts = [f"+ {', '.join(each.added)}"] if each.added else []
            parts += [f"- {', '.join(each.removed)}"] if each.removed else []
            yield f"{each.where}: {'; '.join(parts)}"
