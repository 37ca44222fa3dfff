"""The stacks and what they read, as text, as JSON and as a Mermaid diagram."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from automation.reporting.drawing import as_svg
from automation.selection.choose import NothingChosen
from shared.errors import UsageError
from shared.layers import LAYERS, StackId, graph


def show(choose: Callable[[], Sequence[StackId]], **asked: bool) -> str:
    """The stacks that `choose` gives, as text or in the format `asked` for: `json`, `mermaid` or `svg`.

    Raises `UsageError` for two formats, and what `choose` raises; `NothingChosen` only where a person is to read it.
    """
    forms = {"json": as_json, "mermaid": as_mermaid, "svg": as_svg}
    names = [name for name, wanted in asked.items() if wanted]
    if len(names) > 1:
        options = " and ".join(f"--{name}" for name in names)
        raise UsageError(f"{options} are given together; allowed: one of them, or none for text")
    try:
        chosen = choose()
    except NothingChosen:
        if names != ["json"]:
            raise
        chosen = []
    return (forms[names[0]] if names else as_text)(chosen)


def as_text(stacks: Sequence[StackId]) -> str:
    """A line a stack, upstream first: what it is and what it reads."""
    width = max(len(stack.label) for stack in stacks)
    lines = []
    for stack in stacks:
        reads = ", ".join(up.label for up in stack.upstream())
        lines.append(f"{stack.label:<{width}}  {LAYERS[stack.layer].summary}" + (f"  ← {reads}" if reads else ""))
    return "\n".join(lines)


def as_json(stacks: Sequence[StackId]) -> str:
    """A list of objects, upstream first, with the keys of `docs/report.md`; `reads` has labels, chosen or not."""
    found = [
        {
            "label": stack.label,
            "stack": stack.name,
            "layer": stack.layer,
            "configuration": stack.config_label,
            "reads": [up.label for up in stack.upstream()],
        }
        for stack in stacks
    ]
    return json.dumps(found, indent=2)


def as_mermaid(stacks: Sequence[StackId]) -> str:
    """A flow chart whose arrows go from a stack to those that read it (https://mermaid.js.org/syntax/flowchart.html)."""
    edges = graph(stacks)
    number = {stack: f"s{index}" for index, stack in enumerate(stacks)}
    lines = ["flowchart LR"]
    lines += [f'    {number[stack]}["{stack.label}"]' for stack in stacks]
    lines += [
        f"    {number[up]} --> {number[stack]}" for stack in stacks for up in stack.upstream() if up in edges[stack]
    ]
    return "\n".join(lines)
