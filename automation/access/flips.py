"""Every decision that a change flips: by principal, account and action, over AWS's whole list.

Accounts whose documents are the same but for the account's id are decided once, and of the actions only those that
some changed statement names, in the scenarios that the statements tell apart (`scenarios`).

    found = compare(before, after)
    for flip in found.flips:
        print(flip.principals, flip.accounts, flip.actions, flip.when, flip.reason)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from automation.access.actions import Action, actions, collapsed, resource_of
from automation.access.callers import OUTSIDE, Caller, callers, named_outside, outsiders, resource_control
from automation.access.conditions import Dimension
from automation.access.decisions import Reason, Target
from automation.access.index import (
    Group,
    Side,
    Statement,
    bit,
    changed,
    decide,
    differing,
    everything,
    groups,
    members,
    on_resources,
    reason,
    without_resources,
)
from automation.access.scenarios import (
    Place,
    Scenario,
    concerns,
    dimensions,
    is_cut,
    rectangles,
    scenarios,
    told,
    ways,
    widened,
)
from automation.access.snapshot import Account, Policy, Snapshot
from shared.policy_evaluation.evaluation import RESOURCE, Decision, Request, Verdict

LETS_IN = Policy.of(
    "the resource's own policy",
    RESOURCE,
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]},
)
"""The policy of a resource that lets in whoever asks: what is denied nevertheless, the organization's policies deny."""


_NONE = Verdict(Decision.IMPLICIT_DENY, "")
AS_FAR = "as far as other statements allow"


@dataclass(frozen=True)
class Flip:
    """Decisions that a change flips. `allowed` is what they are afterwards; `when` says under which conditions, and is
    empty if under all. `actions` are AWS's names. `reason` is what decides: of what is denied now the statement that
    denies, of what is allowed now the one that denied before."""

    principals: tuple[str, ...]
    accounts: tuple[str, ...]
    actions: tuple[str, ...]
    summary: tuple[str, ...]
    """The actions in few words, such as `s3:Put*`. They may mean what was denied before and is as well, of what is lost
    and of what is gained as far as other statements allow."""
    when: tuple[str, ...]
    allowed: bool
    reason: Reason


@dataclass(frozen=True)
class Cut:
    """Actions of which not all combinations of conditions and resources were tried: there are more than `MOST`."""

    principals: tuple[str, ...]
    accounts: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """What a change does to the decisions. `added` and `removed` are principals that one side has alone, as
    `DeveloperRole in developer`; their decisions are not compared. `decided` counts the requests that were decided,
    and `cut` has what was not decided to the end."""

    flips: tuple[Flip, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    decided: int
    cut: tuple[Cut, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Case:
    """A principal in an account, before and after; `places` are the account on each side."""

    account: str
    before: Side
    after: Side
    places: tuple[Place, Place]


@dataclass(frozen=True)
class Asked:
    """One request of one group of actions that are alike, with both answers."""

    actions: int
    action: Action
    patterns: Sequence[str]
    """What the statements name as resources."""
    dims: Sequence[Dimension]
    scenario: Scenario
    before: Verdict
    after: Verdict
    reason: Reason | None
    """What decides, if the answers differ."""


Found = Mapping[tuple[tuple[str, ...], bool, Reason], tuple[int, int]]
"""When, allowed, reason → the set of actions, and that of the actions that were denied before and are."""


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """What is different afterwards."""
    known: dict[Any, tuple[Found, int, int]] = {}
    cut: dict[tuple[str, int], list[str]] = {}
    flips: dict[tuple[str, tuple[int, int], tuple[str, ...], bool, Reason], list[str]] = {}
    for case in cases(before, after):
        key = _alike(case)
        if key not in known:
            known[key] = _flips_of(case)
        for (when, allowed, why), found in known[key][0].items():
            flips.setdefault((case.after.caller.name, found, when, allowed, why), []).append(case.account)
        if beyond := known[key][2]:
            cut.setdefault((case.after.caller.name, beyond), []).append(case.account)
    decided = sum(count for _, count, _ in known.values())
    return Comparison(tuple(_merged(flips)), *_alone(before, after), decided, tuple(_cut(cut)))


def cases(before: Snapshot, after: Snapshot) -> Iterator[Case]:
    """Every principal that both sides have, in each account that both have."""
    outside = sorted({account for side in (before, after) for account in named_outside(side)})
    for now in after.accounts:
        old = before.account(now.name)
        if old is None:
            continue
        earlier = {each.name: each for each in callers(before, old)}
        places = _place(before, old), _place(after, now)
        controls = resource_control(before, old), resource_control(after, now)
        for each in callers(after, now):
            if each.name in earlier:
                targets = Target(old.id, control=controls[0]), Target(now.id, control=controls[1])
                yield Case(now.name, Side(earlier[each.name], targets[0]), Side(each, targets[1]), places)
        if not now.management:
            for each in outsiders(outside):
                sides = (
                    Side(each, Target(old.id, LETS_IN, control=controls[0])),
                    Side(each, Target(now.id, LETS_IN, control=controls[1])),
                )
                yield Case(now.name, *sides, places)


def ask(case: Case, among: int | None = None) -> Iterator[Asked]:
    """Decide every request that the change may flip, or every one of the actions `among`."""
    asked = changed(case.before, case.after) if among is None else among
    if case.after.target.policy is LETS_IN:
        # An outsider has to do with an account by its resources alone.
        asked &= on_resources()
    for group in groups(case.before, case.after, asked):
        named = list(group.statements)
        resources = list(dict.fromkeys(text for each in named for text in each.resources))
        for action, alike in _divided(group, named, resources, case):
            lines = [line for each in named for line in each.lines if action.has_key(line.key)]
            templates = action.resources if any(text != "*" for text in resources) else ()
            caller, place = case.after.caller, case.places[1]
            dims = dimensions(lines, resources, templates, place, caller.context, session=caller.session)
            for scenario in scenarios(dims, place, caller.context):
                yield _asked(case, group, Asked(alike, action, resources, dims, scenario, _NONE, _NONE, None))


def both_requests(case: Case, action: str, scenario: Scenario) -> tuple[Request, Request]:
    """The request before and after: what the principal and its account have on each side differs."""
    context: dict[str, Any] = {**scenario.context, **case.before.caller.context}
    if not scenario.elsewhere:
        context["aws:ResourceOrgPaths"] = (case.places[0].path,)
    return Request(action, scenario.resource, context), Request(action, scenario.resource, scenario.context)


def target_of(side: Side, scenario: Scenario) -> Target:
    """What is acted on: another organization's resource lets in whoever asks."""
    return Target(OUTSIDE, LETS_IN) if scenario.elsewhere else side.target


def example(case: Case, asked: Asked, name: str) -> str:
    """The resource of the same request with another one of the actions that were decided with it."""
    action, place = actions()[name.lower()], case.places[1]
    account = OUTSIDE if asked.scenario.elsewhere else place.account
    region = str(asked.scenario.context.get("aws:RequestedRegion"))
    context = case.after.caller.context
    chosen = asked.dims[0].choices[asked.scenario.chosen[0]].text
    way = next(
        (way for way, each in ways(asked.patterns, asked.action.resources, place, context).items() if each == chosen),
        None,
    )
    own = ways(asked.patterns, action.resources, place, context)
    found = resource_of(own.get(way, chosen) if way is not None else next(iter(own.values())), account, region)
    return found.replace(f":{place.account}:", f":{OUTSIDE}:") if asked.scenario.elsewhere else found


def _asked(case: Case, group: Group, asked: Asked) -> Asked:
    earlier, now = both_requests(case, asked.action.name, asked.scenario)
    before = decide(case.before, earlier, group.before, target_of(case.before, asked.scenario))
    after = decide(case.after, now, group.after, target_of(case.after, asked.scenario))
    why = None
    if before.allowed and not after.allowed:
        why = reason(case.after, now, group.after, after)
    elif after.allowed and not before.allowed:
        why = reason(case.before, earlier, group.before, before)
    return replace(asked, before=before, after=after, reason=why)


def _divided(group: Group, named: Sequence[Statement], patterns: Sequence[str], case: Case) -> list[tuple[Action, int]]:
    """The group's actions by the resources and condition keys that matter: an action, and all that are like it."""
    keys = frozenset(line.key for each in named for line in each.lines)
    general = all(text == "*" for text in patterns)
    known: dict[tuple[str, ...], Any] = {}
    parts: dict[Any, tuple[Action, int]] = {}
    for name in members(group.actions):
        action = actions()[name]
        if not general and action.resources not in known:
            kinds = ways(patterns, action.resources, case.places[1], case.after.caller.context)
            known[action.resources] = frozenset(kinds)
        key = known.get(action.resources), action.has_of(keys)
        first, found = parts.get(key, (action, 0))
        parts[key] = first, found | bit(name)
    return list(parts.values())


def _flips_of(case: Case) -> tuple[Found, int, int]:
    """What flips, how many requests were decided, and the set of actions of which not all were."""
    flipped: dict[tuple[int, bool, Reason], tuple[Sequence[Dimension], set[tuple[int, ...]]]] = {}
    denied: dict[int, set[tuple[int, ...]]] = {}
    ever_allowed, never = 0, 0
    count, cut = 0, 0
    for asked in ask(case):
        count += 1
        cut |= asked.actions if is_cut(asked.dims) else 0
        never |= asked.actions
        ever_allowed |= asked.actions if asked.before.allowed or asked.after.allowed else 0
        if asked.reason:
            key = asked.actions, asked.after.allowed, asked.reason
            flipped.setdefault(key, (asked.dims, set()))[1].add(asked.scenario.chosen)
        elif not asked.after.allowed:
            denied.setdefault(asked.actions, set()).add(asked.scenario.chosen)
    never &= ~ever_allowed
    outside = case.after.target.policy is LETS_IN
    if outside:
        never = without_resources()
    own = differing(case.before, case.after)
    lines = [line for each in own for line in each.lines]
    resources = [text for each in own for text in each.resources]
    found: dict[tuple[tuple[str, ...], bool, Reason], tuple[int, int]] = {}
    for (alike, allowed, why), (dims, chosen) in flipped.items():
        # Of what is gained, the conditions of statements that stay as they are are one remark.
        keep = [each.name for each in dims if allowed and concerns(each.name, lines, resources)]
        whole = widened(chosen, denied.get(alike, set()), dims, keep)
        remark = (AS_FAR,) if allowed and len(whole) > len(chosen) else ()
        for sides in rectangles(whole, len(dims)):
            key_ = (*told(dims, sides), *remark), allowed, why
            found[key_] = found.get(key_, (0, 0))[0] | alike, never if remark or not allowed or outside else 0
    lost = 0
    for (_when, allowed, _why), (alike, _never) in found.items():
        lost |= 0 if allowed else alike
    for when, allowed, why in [key for key in found if AS_FAR in key[0]]:
        # With what is gained without such a remark it is one line.
        free = found.pop((tuple(each for each in when if each != AS_FAR), allowed, why), (0, 0))
        found[when, allowed, why] = found[when, allowed, why][0] | free[0], everything() & ~lost
    return found, count, cut


def _merged(
    flips: Mapping[tuple[str, tuple[int, int], tuple[str, ...], bool, Reason], list[str]],
) -> Iterator[Flip]:
    """One flip for the principals of the same accounts that flip alike."""
    found: dict[Any, list[str]] = {}
    for (principal, (alike, never), when, allowed, why), accounts in flips.items():
        summary = _summary(alike, never)
        found.setdefault((tuple(accounts), alike, summary, when, allowed, why), []).append(principal)
    for (accounts_, alike, summary, when, allowed, why), names in found.items():
        named = tuple(actions()[name].name for name in members(alike))
        yield Flip(tuple(names), accounts_, named, summary, when, allowed, why)


def _cut(found: Mapping[tuple[str, int], list[str]]) -> Iterator[Cut]:
    together: dict[tuple[tuple[str, ...], int], list[str]] = {}
    for (principal, beyond), accounts in found.items():
        together.setdefault((tuple(accounts), beyond), []).append(principal)
    for (accounts_, beyond), names in together.items():
        yield Cut(tuple(names), accounts_, tuple(actions()[name].name for name in members(beyond)))


@cache
def _summary(alike: int, never: int) -> tuple[str, ...]:
    return tuple(collapsed(members(alike), members(never)))


def _alone(before: Snapshot, after: Snapshot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The accounts that one side has alone, and in the others the principals."""
    names = [{each.name for each in side.accounts} for side in (before, after)]
    found = []
    for side, others in zip((before, after), reversed(names), strict=True):
        both = [each for each in side.accounts if each.name in others]
        found.append(
            {f"the account {each.name} in {each.unit or 'the root'}" for each in side.accounts if each not in both}
            | {f"{caller.name} in {each.name}" for each in both for caller in callers(side, each)}
        )
    return tuple(sorted(found[1] - found[0])), tuple(sorted(found[0] - found[1]))


def _alike(case: Case) -> Any:
    """Equal for cases whose decisions are: all that decides, without the account's ids."""
    return tuple(
        (_without(side.caller, place.account), _policies(side, place.account), place.path)
        for side, place in zip((case.before, case.after), case.places, strict=True)
    )


def _without(caller: Caller, account: str) -> Any:
    context = sorted((key, str(value).replace(account, "…")) for key, value in caller.context.items())
    return caller.name, caller.principal.arn.replace(account, "…"), tuple(context)


def _policies(side: Side, account: str) -> Any:
    caller = side.caller
    boundary = (caller.boundary,) if caller.boundary else ()
    levels: Iterable[Iterable[Policy]] = (*caller.service_control, *side.target.control, caller.identity, boundary)
    return tuple(tuple((each.name, _replaced(each.text, account)) for each in level) for level in levels)


@cache
def _replaced(text: str, account: str) -> str:
    return text.replace(account, "…") if account in text else text


def _place(snapshot: Snapshot, account: Account) -> Place:
    return Place(account.id, snapshot.organization, snapshot.org_path(account))
