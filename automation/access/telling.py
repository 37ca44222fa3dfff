"""Decisions and their flips as text that a person can read, and accounts as the OUs that they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from automation.access.effective import EffectiveChange
from automation.access.flips import Comparison, Cut, Flip
from automation.access.matrix import Entry
from automation.access.scenarios import MOST
from automation.access.snapshot import Snapshot

SHOWN = 12
"""How many actions are shown of one flip; the JSON has all."""
_FEW = 3


@dataclass(frozen=True)
class Assumption:
    """Who can assume a role in some accounts, or before a change could."""

    principals: tuple[str, ...]
    role: str
    accounts: tuple[str, ...]
    how: str = ""


def of_flip(flip: Flip, snapshot: Snapshot) -> str:
    """A flip in a sentence."""
    verb = ("gain" if flip.allowed else "lose") + ("" if len(flip.principals) > 1 else "s")
    when = f" {', '.join(flip.when)}:" if flip.when else ""
    given = flip.summary if len(flip.summary) > 1 else ", ".join(flip.summary).split(", ")
    words = [*given[:SHOWN], *([f"… ({len(flip.actions):,} actions)"] if len(given) > SHOWN else [])]
    before = "denied before by " if flip.allowed and flip.reason.effect else "before, " if flip.allowed else ""
    who = f"{', '.join(flip.principals)} in {places(flip.accounts, snapshot)}"
    return f"{who} {verb}{when} {', '.join(words)} ({before}{flip.reason})"


def of_cut(found: Cut, snapshot: Snapshot) -> str:
    """What was not decided to the end, in a sentence."""
    names = list(found.actions)
    words = [*names[:SHOWN], *([f"… ({len(names):,} actions)"] if len(names) > SHOWN else [])]
    return (
        f"not all was tried for {', '.join(found.principals)} in {places(found.accounts, snapshot)}: "
        f"{', '.join(words)} depend on more conditions and resources than {MOST:,} requests tell apart"
    )


def of_change(change: EffectiveChange, snapshot: Snapshot) -> list[str]:
    """What differs in an effective policy, under a line that says whose."""
    kind = change.kind.removesuffix("_POLICY").replace("_", " ").lower()
    return [f"effective {kind} policy of {places(change.accounts, snapshot)}", *(f"  {line}" for line in change.lines)]


def assumptions(entries: Iterable[Entry]) -> list[Assumption]:
    """The entries with the principals and accounts of the same together."""
    by_account: dict[tuple[str, str, str], list[str]] = {}
    for each in entries:
        by_account.setdefault((each.principal, each.role, each.how), []).append(each.account)
    by_principal: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (principal, role, how), accounts in by_account.items():
        by_principal.setdefault((role, tuple(accounts), how), []).append(principal)
    return [
        Assumption(tuple(principals), role, accounts, how) for (role, accounts, how), principals in by_principal.items()
    ]


def of_changes(gained: Sequence[Entry], lost: Sequence[Entry], snapshot: Snapshot) -> list[str]:
    """Who can assume what afterwards and could not before, and the other way round; MFA that is asked for or not."""
    before = {(each.principal, each.role, each.account): each for each in lost}
    after = {(each.principal, each.role, each.account): each for each in gained}
    eased = [replace(each, how="") for key, each in before.items() if key in after and not after[key].how]
    bound = [replace(each, how="") for key, each in before.items() if key in after and after[key].how]
    parts = (
        ("lose", [each for key, each in before.items() if key not in after]),
        ("gain", [each for key, each in after.items() if key not in before]),
        ("no longer need MFA for", eased),
        ("now need MFA for", bound),
    )
    return [of_assumption(each, snapshot, verb) for verb, entries in parts for each in assumptions(entries)]


def of_assumption(found: Assumption, snapshot: Snapshot, verb: str = "can assume") -> str:
    """Who can assume a role, in a sentence; `verb` is what they do."""
    if len(found.principals) == 1:
        verb = re.sub(r"\b(gain|lose|need)\b", r"\1s", verb)
    how = f", {found.how}" if found.how else ""
    return f"{', '.join(found.principals)} {verb} {found.role} in {places(found.accounts, snapshot)}{how}"


def places(names: Sequence[str], snapshot: Snapshot) -> str:
    """Accounts in few words: the OUs of which all are among them, then the names of a few others."""
    left = set(names)
    members = [each for each in snapshot.members if each.name in left]
    if len(members) == len(left) == len(snapshot.members) > 1:
        return f"all {len(left)} accounts"
    found = []
    for unit in sorted(snapshot.units, key=lambda path: (path.count("/"), path)):
        inside = {each.name for each in snapshot.members if each.unit == unit or each.unit.startswith(f"{unit}/")}
        if len(inside) > 1 and inside <= left:
            found.append(f"{len(inside)} accounts of {unit}")
            left -= inside
    for unit in sorted({each.unit for each in members if each.name in left}):
        some = sorted(each.name for each in members if each.unit == unit and each.name in left)
        found += some if len(some) <= _FEW else [f"{len(some)} accounts of {unit or 'the root'}"]
    known = {each.name for each in members}
    found += [_management(name) for name in sorted(left - known)]
    return ", ".join(found)


def counted(found: Comparison) -> str:
    """How much was compared."""
    number = sum(len(each.principals) * len(each.accounts) * len(each.actions) for each in found.flips)
    return f"{number:,} decisions flip" if number != 1 else "1 decision flips"


def _management(name: str) -> str:
    return "the management account" if name == "management" else name
