"""Which stacks of an environment a run works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from automation.queue import reverse
from shared.errors import LayerError
from shared.layers import LAYERS, ROOT, StackId, graph


class NothingChosen(Exception):
    """There is nothing to do, and that is no mistake; the message says why."""


def choose(
    stacks: Sequence[StackId],
    *,
    only: Sequence[str] = (),
    layers: Sequence[str] = (),
    affected: str | bool | None = None,
    with_dependents: bool = False,
    with_dependencies: bool = False,
    root: Path = ROOT,
) -> list[StackId]:
    """The `stacks` that a run is asked to work on, in their order.

    Those that `select` gives; with `affected`, of these the ones that a change of files touches since the git
    revision of that name, or since the branch began if it is True. Then what reads them or what they read, directly
    or not, whether or not it fits the patterns. Raises `LayerError`, `shared.errors.ChangesError`, and
    `NothingChosen` when no stack is affected.
    """
    chosen = set(select(stacks, only, layers))
    if affected:
        # Only here: what has changed depends on the environment's tools, and `invoke graph` is quick without.
        from automation.selection.changes import changed_files, touched

        base, files = changed_files(affected if isinstance(affected, str) else None, root)
        hit = touched(files, stacks, root)
        chosen &= hit
        if not chosen:
            raise NothingChosen(f"nothing to do: no stack is affected by what has changed since {base}")
    edges = graph(stacks)
    found = set(chosen)
    if with_dependents:
        found |= _reachable(chosen, reverse(edges))
    if with_dependencies:
        found |= _reachable(chosen, edges)
    return [stack for stack in stacks if stack in found]


def _reachable(start: Iterable[StackId], edges: Mapping[StackId, Iterable[StackId]]) -> set[StackId]:
    found: set[StackId] = set()
    pending = list(start)
    while pending:
        new = set(edges[pending.pop()]) - found
        found |= new
        pending += new
    return found


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
