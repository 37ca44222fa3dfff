"""Draws the stacks and what they read. A stack's column is the length of the longest chain of stacks before it.

All stacks of a layer read the same stacks. Several stacks of a layer are in one frame, and an arrow to the frame
counts for all of them: 200 accounts are 200 boxes and still three arrows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, sqrt
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from shared.layers import StackId

# In pixels. In the usual monospace fonts, a character is 0.6 of the font size wide.
_LETTER = 7.8
_BOX, _GAP, _PADDING, _CAPTION = 30.0, 10.0, 14.0, 20.0
_CHANNEL = 90.0
"""The space between two columns, for the arrows."""
_LANE = 18.0
"""The space between two arrows that end at one frame, and the height of an arrow that passes a column."""
_MARGIN = 24.0
_SHAPE = 1.4
"""The ratio of width to height of a large frame."""

_STYLE = """
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2933; }
.page { fill: #ffffff; }
.box { fill: #eef3f8; stroke: #52708f; }
.frame { fill: #f8fafc; stroke: #9fb3c8; stroke-dasharray: 4 3; }
.caption { font-size: 12px; fill: #52708f; }
.edge { fill: none; stroke: #52708f; stroke-width: 1.5; }
.head { fill: #52708f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9ef; }
  .page { fill: #11161c; }
  .box { fill: #1d2a37; stroke: #7f9dbb; }
  .frame { fill: #151d26; stroke: #4b6178; }
  .caption { fill: #9fb3c8; }
  .edge { stroke: #7f9dbb; }
  .head { fill: #7f9dbb; }
}
"""


@dataclass(frozen=True)
class Group:
    """The stacks of one layer, and the layers that they read."""

    stacks: Sequence[StackId]
    reads: Sequence[str]


def by_layer(stacks: Sequence[StackId]) -> dict[str, Group]:
    """Layer → its stacks and the layers that they read. Layers without any stack in `stacks` are left out."""
    groups: dict[str, list[StackId]] = {}
    for stack in stacks:
        groups.setdefault(stack.layer, []).append(stack)
    return {
        layer: Group(members, [up.layer for up in members[0].upstream() if up.layer in groups])
        for layer, members in groups.items()
    }


@dataclass(eq=False)
class _Item:
    """An item in a column: the stacks of a layer or, if there are none, an arrow that passes the column."""

    stacks: Sequence[StackId] = ()
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = _LANE
    box: float = 0.0
    """The width of one stack's box."""
    across: int = 1
    """The number of boxes per row."""
    arrows: list[list[_Item]] = field(default_factory=list)
    """The arrows that end here. Each is the list of the items that it connects."""

    def __post_init__(self) -> None:
        if not self.stacks:
            return
        count = len(self.stacks)
        self.box = max(len(stack.label) for stack in self.stacks) * _LETTER + 2 * _PADDING
        self.across = max(1, round(sqrt(count * _SHAPE * (_BOX + _GAP) / (self.box + _GAP))))
        self.width = self.across * (self.box + _GAP) - _GAP + 2 * _PADDING * self.framed
        self.height = ceil(count / self.across) * (_BOX + _GAP) - _GAP + (2 * _PADDING + _CAPTION) * self.framed

    @property
    def framed(self) -> bool:
        return len(self.stacks) > 1

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def as_svg(stacks: Sequence[StackId]) -> str:
    """An SVG document. It needs no external fonts or files, and follows the viewer's light or dark mode."""
    columns = _columns(stacks)
    width, height = _place(columns)
    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=_number(width),
        height=_number(height),
        viewBox=f"0 0 {_number(width)} {_number(height)}",
    )
    SubElement(svg, "title").text = f"The stacks of {stacks[0].environment}; an arrow goes to what reads a stack"
    SubElement(svg, "style").text = _STYLE
    size = {"markerWidth": "10", "markerHeight": "10", "refX": "9", "refY": "5", "markerUnits": "userSpaceOnUse"}
    head = SubElement(SubElement(svg, "defs"), "marker", {"id": "head", "orient": "auto", **size})
    SubElement(head, "path", {"class": "head", "d": "M0 1 L9 5 L0 9 z"})
    SubElement(svg, "rect", {"class": "page", "width": "100%", "height": "100%"})
    items = [item for column in columns for item in column if item.stacks]
    for item in items:
        _draw(svg, item)
    for item in items:
        _draw_arrows(svg, item)
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode")


def _columns(stacks: Sequence[StackId]) -> list[list[_Item]]:
    """The items of each column, with their arrows. A layer is to the right of every layer that it reads."""
    groups = by_layer(stacks)
    items = {layer: _Item(group.stacks) for layer, group in groups.items()}
    depths: dict[str, int] = {}
    for layer, group in groups.items():
        depths[layer] = 1 + max((depths[up] for up in group.reads), default=-1)
    columns: list[list[_Item]] = [
        [item for layer, item in items.items() if depths[layer] == depth] for depth in range(max(depths.values()) + 1)
    ]
    for layer, item in items.items():
        for up in groups[layer].reads:
            way = [items[up]]
            for column in columns[depths[up] + 1 : depths[layer]]:
                way.append(_Item())
                # The arrow passes between the boxes, not around them.
                column.insert(len(column) // 2, way[-1])
            item.arrows.append([*way, item])
    return columns


def _place(columns: Sequence[Sequence[_Item]]) -> tuple[float, float]:
    """Set the position of every item; returns the width and height of the drawing."""
    heights = [sum(item.height for item in column) + 2 * _GAP * (len(column) - 1) for column in columns]
    x = _MARGIN
    for column, height in zip(columns, heights, strict=True):
        width = max(item.width for item in column)
        y = _MARGIN + (max(heights) - height) / 2
        for item in column:
            if not item.stacks:
                item.width = width
            item.x, item.y = x + (width - item.width) / 2, y
            y += item.height + 2 * _GAP
        x += width + _CHANNEL
    return x - _CHANNEL + _MARGIN, max(heights) + 2 * _MARGIN


def _draw(svg: Element, item: _Item) -> None:
    left, top = item.x, item.y
    if item.framed:
        _rectangle(svg, "frame", left, top, item.width, item.height)
        left, top = left + _PADDING, top + _PADDING
        _text(svg, f"{item.stacks[0].layer}: {len(item.stacks)} stacks", left, top + 8, "caption")
        top += _CAPTION
    for index, stack in enumerate(item.stacks):
        x = left + index % item.across * (item.box + _GAP)
        y = top + index // item.across * (_BOX + _GAP)
        _rectangle(svg, "box", x, y, item.box, _BOX)
        _text(svg, stack.label, x + _PADDING, y + _BOX / 2 + 4.5)


def _draw_arrows(svg: Element, item: _Item) -> None:
    # Sorted from top to bottom, so that the ends of the arrows do not cross.
    arrows = sorted(item.arrows, key=lambda way: way[-2].middle)
    lane = min(_LANE, item.height / (len(arrows) + 1))
    for index, way in enumerate(arrows):
        end = item.middle + (index - (len(arrows) - 1) / 2) * lane
        path = f"M{_number(way[0].x + way[0].width)} {_number(way[0].middle)}"
        for before, after in pairwise(way):
            x1, x2 = before.x + before.width, after.x
            y1, y2 = before.middle, end if after is item else after.middle
            bend = (x1 + x2) / 2
            path += " C" + " ".join(map(_number, (bend, y1, bend, y2, x2, y2)))
            if after is not item:
                path += f" H{_number(after.x + after.width)}"
        line = SubElement(svg, "path", {"class": "edge", "d": path, "marker-end": "url(#head)"})
        SubElement(line, "title").text = f"{item.stacks[0].layer} reads {way[0].stacks[0].layer}"


def _rectangle(svg: Element, kind: str, x: float, y: float, width: float, height: float) -> None:
    place = {"x": x, "y": y, "width": width, "height": height, "rx": 6}
    SubElement(svg, "rect", {"class": kind, **{name: _number(value) for name, value in place.items()}})


def _text(svg: Element, text: str, x: float, y: float, kind: str = "label") -> None:
    SubElement(svg, "text", {"class": kind, "x": _number(x), "y": _number(y)}).text = text


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
