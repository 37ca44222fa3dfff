"""The stacks and what they read, as text and as a Mermaid diagram."""

from __future__ import annotations

from collections.abc import Sequence

from shared.layers import LAYERS, StackId, graph


def as_text(stacks: Sequence[StackId]) -> str:
    """A line a stack, upstream first: what it is and what it reads."""
    edges = graph(stacks)
    width = max(len(stack.label) for stack in stacks)
    lines = []
    for stack in stacks:
        reads = ", ".join(up.label for up in stack.upstream() if up in edges[stack])
        lines.append(f"{stack.label:<{width}}  {LAYERS[stack.layer].summary}" + (f"  ← {reads}" if reads else ""))
    return "\n".join(lines)


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
