"""What of a Markdown text is not inside of a fenced block (https://spec.commonmark.org/0.31.2/#fenced-code-blocks)."""

from __future__ import annotations

import re


def blocks(text: str) -> list[str]:
    """The lines outside of fences. A fence ends with one that is at least as long."""
    found: list[str] = []
    fence = ""
    for line in text.split("\n"):
        ticks = re.match(r"`{3,}", line)
        if fence:
            if ticks and len(ticks[0]) >= len(fence) and not line.strip("` "):
                fence = ""
        elif ticks:
            fence = ticks[0]
        else:
            found.append(line)
    assert not fence, "a fence stays open"
    return found
