"""The links and the headings of a Markdown text, as GitHub and the site understand them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_BLOCK = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2[ ]*$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)


def links(text: str) -> Iterator[str]:
    """The target of each link and of each picture, in the order of the text; what is code is no link."""
    for found in _LINK.finditer(text):
        if not _is_code(text, found.start(1)):
            yield found[1]


def with_links(text: str, change: Callable[[str], str | None]) -> str:
    """`text` with each target as `change` returns it; where that is None, the words stay and the link goes."""
    for found in reversed(list(_LINK.finditer(text))):
        if _is_code(text, found.start(1)):
            continue
        new = change(found[1])
        if new is not None:
            text = f"{text[: found.start(1)]}{new}{text[found.end(1) :]}"
        else:
            start = _start(text, found.start())
            text = f"{text[:start]}{text[start + 1 : found.start()]}{text[found.end() :]}"
    return text


def anchors(text: str) -> list[str]:
    """The anchors of the headings, as GitHub makes them. The second heading of a name gets another, and is left out."""
    found = [_slug(heading) for heading in _HEADING.findall(_BLOCK.sub("", text))]
    return list(dict.fromkeys(found))


def _slug(heading: str) -> str:
    words = _LINK.sub("", heading).replace("[", "").replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def _is_code(text: str, position: int) -> bool:
    if any(block.start() < position < block.end() for block in _BLOCK.finditer(text)):
        return True
    start, end = text.rfind("\n", 0, position) + 1, text.find("\n", position)
    line = text[start : end if end >= 0 else None]
    return any(span.start() < position - start < span.end() for span in _SPAN.finditer(line))


def _start(text: str, end: int) -> int:
    """Where the bracket opens that closes at `end`."""
    depth = 0
    for position in range(end, -1, -1):
        depth += (text[position] == "]") - (text[position] == "[")
        if depth == 0:
            return position
    raise ValueError(text[end:])
