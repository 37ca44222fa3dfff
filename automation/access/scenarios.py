"""The typical requests that tell policies apart: which resource, in which region, with MFA or without.

They follow from the conditions and resources of the statements in question, and from nothing else. Values that all of
these conditions and resources treat alike are one choice, so that no request is decided twice and no decision under a
condition is invented.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from automation.access.actions import resource_of, template_pattern
from automation.access.callers import OUTSIDE, OUTSIDE_ORGANIZATION
from automation.access.conditions import Choice, Dimension, Line, of_key, outcome
from shared.policy_evaluation.condition_operators import (
    Context,
    UnresolvedVariable,
    arn_matches,
    substitute,
)

MOST = 4096
"""How many requests are decided for one group of actions; beyond it the first ones, and `is_cut` says so."""

REGION = "aws:requestedregion"
_WHERE = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")
_FIXED = re.compile(
    r"aws:(principal.*|username|userid|source(account|arn|identity|orgid|orgpaths)|viaawsservice|calledvia.*|assumedroot"
    r"|federatedprovider|tokenissuetime)"
)
"""Keys that the principal has, or that a request by a person or a job does not."""

_ELSEWHERE = "eu-south-2"
HOME = "us-east-1"
"""The region of a request whose region no condition asks for."""


Ways = frozenset[str]
"""Those of some patterns that match a resource."""


@dataclass(frozen=True)
class Scenario:
    """One request but for its action. `chosen` has the number of the choice of each dimension."""

    resource: str
    context: Context
    elsewhere: bool
    chosen: tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where the request is made: the account that is acted on, and what is its organization's."""

    account: str
    organization: str
    path: str


def varied(key: str) -> bool:
    """Whether requests of the same principal differ in a condition key."""
    return _FIXED.fullmatch(key) is None


def dimensions(
    lines: Sequence[Line],
    resources: Sequence[str],
    templates: Sequence[str],
    place: Place,
    context: Context,
    *,
    session: bool,
) -> tuple[Dimension, ...]:
    """What the requests differ in. The first dimension is the resource, whose choices' texts are ARNs with `${Region}`
    and `${Account}`. `lines` has only keys that AWS has for the action, `resources` the patterns of the statements."""
    keys = list(dict.fromkeys(line.key for line in lines if varied(line.key)))
    examples = ways(resources, templates, place, context).values()
    found = [Dimension("resource", tuple(Choice(each) for each in examples))]
    if any(key in _WHERE for key in keys):
        found.append(_where())
    if REGION in keys:
        found.append(_regions([line for line in lines if line.key == REGION], context))
    if any(key.startswith("aws:multifactorauth") for key in keys):
        absent = "false" if session else None
        found.append(
            Dimension(
                "mfa",
                (
                    Choice("with MFA", (("aws:MultiFactorAuthPresent", "true"),)),
                    Choice("without MFA", (("aws:MultiFactorAuthPresent", absent),)),
                ),
            )
        )
    for key in keys:
        if key not in _WHERE and key != REGION and not key.startswith("aws:multifactorauth"):
            found.append(of_key(key, [line for line in lines if line.key == key], context))
    return tuple(each for n, each in enumerate(found) if n == 0 or len(each.choices) > 1)


def is_cut(dims: Sequence[Dimension]) -> bool:
    """Whether there are more combinations of choices than are tried."""
    return math.prod(len(each.choices) for each in dims) > MOST


def scenarios(dims: Sequence[Dimension], place: Place, context: Context) -> Iterator[Scenario]:
    """Every combination of choices, or the first ones where there are too many."""
    base: dict[str, Any] = {
        **context,
        "aws:RequestedRegion": HOME,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": place.account,
        "aws:ResourceOrgID": place.organization,
        "aws:ResourceOrgPaths": (place.path,),
    }
    names = {key.lower(): key for key in base}
    ranges = [range(len(each.choices)) for each in dims]
    for chosen in itertools.islice(itertools.product(*ranges), MOST):
        values, elsewhere = dict(base), False
        for dimension, number in zip(dims[1:], chosen[1:], strict=True):
            choice = dimension.choices[number]
            elsewhere = elsewhere or choice.elsewhere
            for key, value in choice.context:
                name = names.get(key.lower(), key)
                if value is None:
                    values.pop(name, None)
                else:
                    values[name] = value
        account = OUTSIDE if elsewhere else place.account
        resource = resource_of(dims[0].choices[chosen[0]].text, account, str(values["aws:RequestedRegion"]))
        if elsewhere:
            resource = resource.replace(f":{place.account}:", f":{OUTSIDE}:")
        yield Scenario(resource, values, elsewhere, chosen)


def told(dims: Sequence[Dimension], chosen: Sequence[frozenset[int]]) -> tuple[str, ...]:
    """The choices in words: nothing of a dimension whose choices are all among the `chosen`."""
    found = []
    for dimension, numbers in zip(dims, chosen, strict=True):
        if len(numbers) == len(dimension.choices):
            continue
        texts = [choice.text for number, choice in enumerate(dimension.choices) if number in numbers]
        if dimension.name == "region":
            found.append(_tell_regions(dimension, numbers))
        elif dimension.name == "resource":
            found.append(_tell_resources(dimension, numbers))
        else:
            found.append(" or ".join(texts))
    return tuple(found)


def concerns(name: str, lines: Sequence[Line], resources: Sequence[str]) -> bool:
    """Whether a dimension is one of these conditions and resources."""
    keys = {line.key for line in lines}
    if name == "resource":
        return any(text != "*" for text in resources)
    if name == "where":
        return not keys.isdisjoint(_WHERE)
    if name == "mfa":
        return any(key.startswith("aws:multifactorauth") for key in keys)
    return (REGION if name == "region" else name.lower()) in keys


def widened(
    flipped: set[tuple[int, ...]], denied: set[tuple[int, ...]], dims: Sequence[Dimension], keep: Collection[str] = ()
) -> frozenset[tuple[int, ...]]:
    """What flips, and what is denied on both sides where only that would make a condition of it.

    What is lost in the only region where it was allowed is lost. The dimensions in `keep` stay as they are.
    """
    found = set(flipped)
    for n, dimension in enumerate(dims):
        if dimension.name in keep:
            continue
        more = {
            (*each[:n], number, *each[n + 1 :]) for each in found for number in range(len(dimension.choices))
        } - found
        if more <= denied:
            found |= more
    return frozenset(found)


def rectangles(flipped: frozenset[tuple[int, ...]], size: int) -> Iterator[tuple[frozenset[int], ...]]:
    """The combinations, as few sets of choices by dimension of which every combination is among them."""
    sides = [frozenset(each[n] for each in flipped) for n in range(size)]
    count = 1
    for side in sides:
        count *= len(side)
    if count == len(flipped):
        yield tuple(sides)
        return

    def parts(n: int) -> dict[frozenset[tuple[int, ...]], set[int]]:
        found: dict[frozenset[tuple[int, ...]], set[int]] = {}
        for number in sides[n]:
            rest = frozenset((*each[:n], *each[n + 1 :]) for each in flipped if each[n] == number)
            found.setdefault(rest, set()).add(number)
        return found

    best = min((n for n in range(size) if len(sides[n]) > 1), key=lambda n: (len(parts(n)) == 1, len(parts(n))))
    for rest, numbers in parts(best).items():
        for inner in rectangles(rest, size - 1):
            yield (*inner[:best], frozenset(numbers), *inner[best:])


def ways(patterns: Sequence[str], templates: Sequence[str], place: Place, context: Context) -> dict[Ways, str]:
    """Which of the patterns of statements match a resource, for each way in which resources differ, with an example."""
    services = _services(tuple(templates))
    relevant = tuple(each for each in patterns if each != "*" and (not templates or _service(each) in services))
    own: tuple[tuple[str, str], ...] = ()
    if any("${" in each for each in relevant):
        own = tuple(sorted((key, value) for key, value in context.items() if isinstance(value, str)))
    return dict(_ways(relevant, tuple(templates), place, own))


@cache
def _services(templates: tuple[str, ...]) -> frozenset[str]:
    """The services in the ARNs of templates, and the empty text for what may be of any."""
    return frozenset({*map(_service, templates), ""})


@cache
def _service(arn: str) -> str:
    part = arn.split(":", 3)[2] if arn.count(":") >= 5 else ""
    return "" if "*" in part or "?" in part or "$" in part else part


@lru_cache(maxsize=65536)
def _ways(
    patterns: tuple[str, ...], templates: tuple[str, ...], place: Place, fixed: tuple[tuple[str, str], ...]
) -> tuple[tuple[Ways, str], ...]:
    context = dict(fixed)
    candidates = list(templates) or ["*"]
    for pattern in patterns:
        candidates += [each for each in _examples(pattern, place, context) if _fits(each, templates)]
    known: dict[Ways, str] = {}
    for candidate in candidates:
        arn = resource_of(candidate, place.account, HOME)
        known.setdefault(frozenset(each for each in patterns if _matches(each, arn, context)), candidate)
    return tuple(known.items())


def _examples(pattern: str, place: Place, context: Context) -> Iterator[str]:
    try:
        text = substitute(pattern, context) if "${" in pattern else pattern
    except UnresolvedVariable:
        return
    parts = text.split(":", 5)
    if len(parts) == 6:
        parts[1:5] = [_without_wildcards(parts[1], "aws"), parts[2], _without_wildcards(parts[3], HOME),
                      _without_wildcards(parts[4], place.account)]  # fmt: skip
        text = ":".join(parts)
    for filler in ("example", "", "example/example") if "*" in text else ("example",):
        yield text.replace("*", filler).replace("?", "x")


def _without_wildcards(part: str, value: str) -> str:
    return value if part == "*" else part


def _fits(arn: str, templates: Sequence[str]) -> bool:
    return any(template_pattern(each).fullmatch(arn) for each in templates)


def _matches(pattern: str, arn: str, context: Context) -> bool:
    try:
        return pattern == "*" or arn_matches(pattern, arn, context)
    except UnresolvedVariable:
        return False


def _where() -> Dimension:
    own = Choice("of its own organization")
    other = Choice(
        "of another organization",
        (
            ("aws:ResourceAccount", OUTSIDE),
            ("aws:ResourceOrgID", OUTSIDE_ORGANIZATION),
            ("aws:ResourceOrgPaths", (f"{OUTSIDE_ORGANIZATION}/r-else/",)),
        ),
        elsewhere=True,
    )
    return Dimension("where", (own, other))


def _regions(lines: Sequence[Line], context: Context) -> Dimension:
    named = dict.fromkeys(str(value) for line in lines for value in line.values if "*" not in str(value))
    classes: dict[tuple[bool, ...], list[str]] = {}
    for region in (*named, _ELSEWHERE):
        classes.setdefault(outcome(lines, "aws:RequestedRegion", region, context), []).append(region)
    return Dimension(
        "region",
        tuple(Choice(", ".join(each), (("aws:RequestedRegion", each[0]),)) for each in classes.values()),
    )


def _tell_resources(dimension: Dimension, numbers: frozenset[int]) -> str:
    """By the resources that statements name; those of a template are all others."""
    choices = list(enumerate(choice.text for choice in dimension.choices))
    named = [(n in numbers, _short(text)) for n, text in choices if "${" not in text]
    templates = [(n in numbers, _short(text)) for n, text in choices if "${" in text]
    left_out = [text for chosen, text in named if not chosen]
    if left_out and all(chosen for chosen, _ in templates):
        return f"except on {', '.join(left_out)}"
    return f"on {', '.join(text for chosen, text in [*named, *templates] if chosen)}"


def _tell_regions(dimension: Dimension, numbers: frozenset[int]) -> str:
    texts = [choice.text for number, choice in enumerate(dimension.choices) if number in numbers]
    chosen = [region for text in texts for region in text.split(", ")]
    if _ELSEWHERE not in chosen:
        return f"in {', '.join(chosen)}"
    others = [r for n, choice in enumerate(dimension.choices) if n not in numbers for r in choice.text.split(", ")]
    return f"outside {', '.join(others)}"


@cache
def _short(arn: str) -> str:
    """A resource as people name it: `role/DeveloperRole`."""
    if arn == "*":
        return "anything"
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    text = re.sub(r"\$\{\w+\}", "…", parts[5])
    return f"{parts[2]} {text}" if text in ("…", "example") else text
