"""The stacks and what they read, as text, JSON or a Mermaid diagram."""

import json
from collections.abc import Callable, Sequence

from automation.reporting.drawing import as_svg, by_layer
from automation.reporting.reading import as_reading
from automation.selection.choose import NothingChosen
from shared.errors import UsageError
from shared.layers import LAYERS, StackId


def show(choose: Callable[[], Sequence[StackId]], **asked: bool) -> str:
    """The stacks that `choose` returns, as text or in the format in `asked`: `json`, `mermaid`, `svg` or
    `reading`.

    Raises `UsageError` for two formats, and what `choose` raises, except that `NothingChosen` is raised only for text.
    """
    forms = {"json": as_json, "mermaid": as_mermaid, "svg": as_svg, "reading": as_reading}
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
    """One line per stack, upstream stacks first: what it is and what it reads."""
    width = max(len(stack.label) for stack in stacks)
    lines = []
    for stack in stacks:
        reads = ", ".join(up.label for up in stack.upstream())
        lines.append(f"{stack.label:<{width}}  {LAYERS[stack.layer].summary}" + (f"  ← {reads}" if reads else ""))
    return "\n".join(lines)


def as_json(stacks: Sequence[StackId]) -> str:
    """A list of objects with the keys of `docs/report.md`, upstream stacks first. `reads` has also unchosen stacks."""
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
    """A flow chart (https://mermaid.js.org/syntax/flowchart.html) with arrows from a layer to the layers that read it.

    Several stacks of a layer are in one frame, and an arrow to the frame counts for all of them.
    """
    groups = by_layer(stacks)
    lines = ["flowchart LR"]
    for layer, group in groups.items():
        if len(group.stacks) == 1:
            lines.append(f'    {layer}["{group.stacks[0].label}"]')
            continue
        lines.append(f'    subgraph {layer}["{layer}: {len(group.stacks)} stacks"]')
        # Top to bottom; otherwise all stacks are in one row, however many there are.
        lines.append("        direction LR")
        lines += [f'        {layer}{index}["{stack.label}"]' for index, stack in enumerate(group.stacks)]
        lines.append("    end")
    lines += [f"    {up} --> {layer}" for layer, group in groups.items() for up in group.reads]
    return "\n".join(lines)
