"""What each layer reads of the others, and in which order stacks are deployed and destroyed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from automation.queue import reverse
from shared.layers import LAYERS, ROOT, StackId, graph

_CONTRACTS = ROOT / "shared" / "contracts.json"
"""Each output with the layers whose programs read it; a test says that it is as the programs are."""


def as_reading(stacks: Sequence[StackId]) -> str:
    """The outputs that the layers of `stacks` read, and the order of the stacks; on one line what goes side by side."""
    layers = dict.fromkeys(stack.layer for stack in stacks)
    edges = graph(stacks)
    return "\n".join(
        [
            *(line for layer in layers for line in _read_by(layer, json.loads(_CONTRACTS.read_text()))),
            "Deployed in this order, side by side what is in one line:",
            *_numbered(edges),
            "Destroyed in this order:",
            *_numbered(reverse(edges)),
        ]
    )


def _read_by(layer: str, contracts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not LAYERS[layer].reads:
        yield f"{layer} reads no other layer"
    for upstream in LAYERS[layer].reads:
        names = [name for name, output in contracts[upstream].items() if layer in output["readers"]]
        yield f"{layer} reads of {upstream}: {', '.join(names) or 'nothing'}"


def _numbered(edges: Mapping[StackId, Iterable[StackId]]) -> Iterator[str]:
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    number = 0
    while sorter.is_active():
        ready, number = sorter.get_ready(), number + 1
        yield f"  {number}. {', '.join(sorted(stack.label for stack in ready))}"
        sorter.done(*ready)
