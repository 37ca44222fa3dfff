"""The drawing of the stacks: what is on it, and that nothing lies on anything else."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from automation.reporting.drawing import as_svg
from shared.layers import StackId

SVG = "{http://www.w3.org/2000/svg}"


def stacks(accounts: int) -> list[StackId]:
    """An environment with that many accounts."""
    made = [StackId("accounts", "prod", f"team-{number}") for number in range(accounts)]
    return [*(StackId(layer, "prod") for layer in ("org", "identity", "policies")), *made]


def draw(chosen: list[StackId]) -> Element:
    """The drawing, read again."""
    return ElementTree.fromstring(as_svg(chosen))  # noqa: S314 - made just now


def boxes(svg: Element, kind: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of the rectangles of a kind."""
    found = []
    for each in svg.iter(f"{SVG}rect"):
        if each.get("class") == kind:
            x, y, width, height = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


FRAMES = {0: 0, 1: 0, 2: 1, 7: 1, 200: 1}
"""How many frames there are around so many accounts: one account needs none."""


@pytest.mark.parametrize("accounts", FRAMES)
def test_every_stack_is_drawn_and_none_covers_another(accounts: int) -> None:
    chosen = stacks(accounts)
    svg = draw(chosen)
    labels = [each.text for each in svg.iter(f"{SVG}text") if each.get("class") == "label"]
    assert labels == [stack.label for stack in chosen]
    drawn = boxes(svg, "box")
    assert len(drawn) == len(chosen)
    for a, b in combinations(drawn, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
    whole = (0.0, 0.0, float(svg.attrib["width"]), float(svg.attrib["height"]))
    assert inside(whole, drawn) == drawn
    frames = boxes(svg, "frame")
    assert len(frames) == FRAMES[accounts]
    assert inside(whole, frames) == frames
    # The accounts, which come last, are in it, and nothing else.
    assert [inside(frame, drawn) for frame in frames] == [drawn[3:]] * FRAMES[accounts]


Box = tuple[float, float, float, float]


def inside(outer: Box, drawn: list[Box]) -> list[Box]:
    """Those that lie in `outer` and do not touch it."""
    left, top, right, bottom = outer
    return [b for b in drawn if left < b[0] and top < b[1] and b[2] < right and b[3] < bottom]


@pytest.mark.parametrize("accounts", [1, 200])
def test_one_arrow_for_all_stacks_that_read_the_same(accounts: int) -> None:
    arrows = [each for each in draw(stacks(accounts)).iter(f"{SVG}path") if each.get("class") == "edge"]
    assert sorted(str(each.findtext(f"{SVG}title")) for each in arrows) == [
        "accounts reads identity",
        "accounts reads org",
        "accounts reads policies",
        "identity reads org",
        "policies reads org",
    ]


def test_what_is_not_drawn_is_not_pointed_at() -> None:
    svg = draw(stacks(3)[1:])
    titles = [each.findtext(f"{SVG}title") for each in svg.iter(f"{SVG}path") if each.get("class") == "edge"]
    assert titles == ["accounts reads identity", "accounts reads policies"]
    assert len(boxes(draw(stacks(0)[:1]), "box")) == 1


def test_columns_go_from_left_to_right() -> None:
    org, identity, policies, first, second = boxes(draw(stacks(2)), "box")
    assert org[2] < identity[0]
    assert identity[0] == policies[0]
    assert identity[2] < first[0] == second[0]


def test_nothing_is_fetched_from_elsewhere() -> None:
    text = as_svg(stacks(2))
    assert "prefers-color-scheme: dark" in text
    assert text.replace('xmlns="http://www.w3.org/2000/svg"', "").count("http") == 0
    assert "@import" not in text
