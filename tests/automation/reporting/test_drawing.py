"""The drawings of the stacks: what is on them, and that nothing lies on anything else."""

from itertools import combinations
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from automation.reporting.drawing import as_svg
from automation.reporting.graphs import as_mermaid
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


@pytest.mark.parametrize("accounts", [0, 1, 2, 7, 200])
def test_every_stack_is_drawn_and_none_covers_another(accounts: int) -> None:
    chosen = stacks(accounts)
    svg = draw(chosen)
    labels = [each.text for each in svg.iter(f"{SVG}text") if each.get("class") == "label"]
    assert labels == [stack.label for stack in chosen]
    drawn = boxes(svg, "box")
    assert len(drawn) == len(chosen)
    for a, b in combinations(drawn, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    assert all(left > 0 and top > 0 and right < width and bottom < height for left, top, right, bottom in drawn)
    for left, top, right, bottom in boxes(svg, "frame"):
        inside = [b for b in drawn if left < b[0] and top < b[1] and b[2] < right and b[3] < bottom]
        assert len(inside) == accounts


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


def test_mermaid_of_a_small_organization() -> None:
    assert (
        as_mermaid(stacks(1))
        == """\
flowchart LR
    org["org"]
    identity["identity"]
    policies["policies"]
    accounts["accounts/team-0"]
    org --> identity
    org --> policies
    org --> accounts
    identity --> accounts
    policies --> accounts"""
    )


def test_mermaid_of_twenty_accounts_has_the_arrows_of_one() -> None:
    accounts = "\n".join(f'        accounts{number}["accounts/team-{number}"]' for number in range(20))
    assert (
        as_mermaid(stacks(20))
        == f"""\
flowchart LR
    org["org"]
    identity["identity"]
    policies["policies"]
    subgraph accounts["accounts: 20 stacks"]
        direction LR
{accounts}
    end
    org --> identity
    org --> policies
    org --> accounts
    identity --> accounts
    policies --> accounts"""
    )


def test_mermaid_points_at_nothing_that_is_not_drawn() -> None:
    assert (
        as_mermaid(stacks(2)[2:])
        == """\
flowchart LR
    policies["policies"]
    subgraph accounts["accounts: 2 stacks"]
        direction LR
        accounts0["accounts/team-0"]
        accounts1["accounts/team-1"]
    end
    policies --> accounts"""
    )
