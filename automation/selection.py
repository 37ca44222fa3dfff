"""Which stacks of an environment a run works on."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from shared.layers import LAYERS, LayerError, StackId


def select(stacks: Sequence[StackId], only: Sequence[str] = (), layers: Sequence[str] = ()) -> list[StackId]:
    """The `stacks` whose label fits a pattern of `only` and whose layer is one of `layers`, in their order.

    A pattern is a label or has `*`, `?` and `[...]` as a shell's file names do: `accounts/dev*`. Without patterns
    every label fits, without layers every layer. Raises `LayerError` for a pattern that fits nothing.
    """
    for layer in layers:
        if layer not in LAYERS:
            raise LayerError(f"no layer is called {layer!r}; there are: {', '.join(LAYERS)}")
    chosen = [stack for stack in stacks if not layers or stack.layer in layers]
    labels = ", ".join(stack.label for stack in chosen) or "none"
    for pattern in only:
        if not any(fnmatchcase(stack.label, pattern) for stack in chosen):
            raise LayerError(f"no stack fits {pattern!r}; there are: {labels}")
    if not chosen:
        raise LayerError(f"no stack is in layer {', '.join(layers)}")
    return [stack for stack in chosen if not only or any(fnmatchcase(stack.label, pattern) for pattern in only)]


def named(stacks: Sequence[StackId], name: str) -> list[StackId]:
    """The stacks that a person means by `name`: one stack's label, or a layer with all its accounts.

    Raises `LayerError` when there is none.
    """
    found = [stack for stack in stacks if name in (stack.label, stack.layer)]
    if not found:
        labels = ", ".join(stack.label for stack in stacks)
        raise LayerError(f"no stack or layer is called {name!r}; there are: {labels}")
    return found
