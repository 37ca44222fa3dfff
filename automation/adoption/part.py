"""The part of an organization that is adopted: all of it, one OU with what is in it, or one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automation.adoption.snapshot import Snapshot
from automation.inventory.organization import Member
from shared.errors import UsageError


@dataclass(frozen=True)
class Part:
    """`units` are ids of OUs, with those above them; `whole` says whether that is the whole organization."""

    units: frozenset[str]
    members: tuple[Member, ...]
    whole: bool


def choose_part(
    found: Snapshot, keys: Mapping[str, str], names: Mapping[str, str], *, account: str | None, unit: str | None
) -> Part:
    """The part that the user names. `keys` are those of the OUs, `names` those of the accounts' stacks, by id.

    Raises `UsageError` for what is not there.
    """
    if account and unit:
        raise UsageError("--account and --ou are given; allowed: one of them, or none for the whole organization")
    if account:
        member = _member(found, names, account)
        return Part(frozenset(member.unit.within[1::2]), (member,), whole=False)
    if unit:
        identity = _unit(found, keys, unit)
        below = {each.id for each in found.organization.units if identity in each.within}
        above = {part for each in found.organization.units if each.id == identity for part in each.within[1::2]}
        inside = tuple(each for each in found.members if identity in each.unit.within)
        return Part(frozenset(below | above), inside, whole=False)
    return Part(frozenset(keys), found.members, whole=True)


def _member(found: Snapshot, names: Mapping[str, str], account: str) -> Member:
    called = [each for each in found.members if account in (each.id, each.name, names[each.id])]
    if len(called) == 1:
        return called[0]
    if called:
        raise UsageError(
            f"--account is {account!r}, which {len(called)} accounts are called; allowed: one of their ids, "
            + ", ".join(each.id for each in called)
        )
    closed = next((each for each in found.closed if account in (each.id, each.name)), None)
    if closed:
        raise UsageError(
            f"--account is {account!r}, which is {closed.state} in AWS; allowed: an account that is ACTIVE"
        )
    if account == found.management:
        raise UsageError(f"--account is {account!r}, the management account, which has no stack; allowed: another one")
    known = ", ".join(f"{each.name} ({each.id})" for each in found.members[:20]) or "there are none"
    raise UsageError(f"--account is {account!r}: no such account in the organization; allowed: {known}")


def _unit(found: Snapshot, keys: Mapping[str, str], unit: str) -> str:
    for each in found.organization.units:
        if unit in (each.id, keys[each.id], each.path):
            return each.id
    known = ", ".join(sorted(keys.values())[:20]) or "there are none"
    raise UsageError(f"--ou is {unit!r}: no such OU in the organization; allowed: {known}")
