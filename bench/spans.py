"""Spans of time, and sharing a whole out among the things that went on in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Span = tuple[float, float]
"""Start and end, in seconds of one clock."""


def union(spans: Iterable[Span]) -> list[Span]:
    """The time that at least one span covers, in order and without overlaps; empty spans are dropped."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """The time of `spans` that `taken`, which is in order and without overlaps, does not cover."""
    result = []
    for start, end in union(spans):
        for taken_start, taken_end in taken:
            if taken_end <= start or taken_start >= end:
                continue
            if start < taken_start:
                result.append((start, taken_start))
            start = min(taken_end, end)
        if start < end:
            result.append((start, end))
    return result


def length(spans: Iterable[Span]) -> float:
    """Seconds that the spans cover."""
    return sum(end - start for start, end in union(spans))


def share_out(whole: Span, phases: Mapping[str, Sequence[Span]]) -> dict[str, tuple[float, float]]:
    """For each phase the seconds that are its alone, and the seconds that it covers in all.

    Of several phases at one time the first in order has it alone. What they have alone adds up to `whole` less
    what none of them covers.
    """
    outside = [(float("-inf"), whole[0]), (whole[1], float("inf"))]
    taken = outside
    result = {}
    for name, spans in phases.items():
        result[name] = length(without(spans, taken)), length(without(spans, outside))
        taken = union([*taken, *spans])
    return result
