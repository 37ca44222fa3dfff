"""The operations of a plan, and how those that would be carried out now differ from them.

A plan may not know a value yet, such as the ARN of a role that another stack makes first. What follows from it may turn
out smaller: an update that sets nothing new, or none at all. It may never be more than what was approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from automation.approval.schema import ChangePlan, PropertyPlan
from automation.backend.states import digest
from automation.events import Change, Resource
from automation.values import UNKNOWN

_SMALLER = {"replaced": ("replaced", "updated"), "updated": ("updated",)}
"""What a change with an unknown value may turn out to be, besides none."""


def planned(changes: Iterable[Change]) -> list[ChangePlan]:
    """The changes as a plan has them, without any value."""
    return sorted((_planned(each) for each in changes), key=lambda each: each.urn)


def differences(approved: Sequence[ChangePlan], found: Sequence[ChangePlan]) -> list[str]:
    """What `found` would do otherwise than was `approved`, a sentence each."""
    before, now = ({each.urn: each for each in changes} for changes in (approved, found))
    return [text for urn in dict.fromkeys([*before, *now]) for text in _differs(before.get(urn), now.get(urn))]


def _planned(change: Change) -> ChangePlan:
    properties = [
        PropertyPlan(property=each.path, digest=None if _is_unknown(each.new) else digest(each.new))
        for each in sorted(change.values, key=lambda each: each.path)
    ]
    return ChangePlan(urn=change.resource.urn, what=change.what, keeps_old=change.keeps_old, properties=properties)


def _is_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return isinstance(value, str) and value == UNKNOWN


def _differs(before: ChangePlan | None, now: ChangePlan | None) -> Iterator[str]:
    if before is None or now is None:
        if now:
            yield f"{Resource(now.urn)} would be {now.what}, which was not approved"
        elif before and not _may_vanish(before):
            yield f"{Resource(before.urn)} was to be {before.what}, and would not be"
        return
    resource = Resource(now.urn)
    unknown = [each.property for each in before.properties if each.digest is None]
    allowed = _SMALLER.get(before.what, (before.what,)) if unknown else (before.what,)
    if now.what not in allowed or now.keeps_old != before.keeps_old:
        yield f"{resource} was to be {before.what}, and would be {now.what}"
        return
    known = {each.property: each.digest for each in before.properties if each.digest is not None}
    there = {each.property: each.digest for each in now.properties}
    for name in dict.fromkeys([*known, *there]):
        if any(_inside(name, each) for each in unknown):
            continue
        if name not in known:
            yield f"{resource}: {name} would change, which was not approved"
        elif name not in there:
            yield f"{resource}: {name} was to change, and would not"
        elif known[name] != there[name]:
            yield f"{resource}: {name} would get another value than was approved"


def _may_vanish(change: ChangePlan) -> bool:
    """Whether all that the change sets was unknown, so that it may turn out to be what is there."""
    return (
        change.what in _SMALLER and bool(change.properties) and all(each.digest is None for each in change.properties)
    )


def _inside(name: str, path: str) -> bool:
    """Whether the property is the one at `path`, or in it, or around it."""
    one, other = sorted((name, path), key=len)
    return other == one or other.startswith((f"{one}.", f"{one}["))
