"""Chooses the stacks of an environment that a run works on."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from automation.queue import reverse
from shared.errors import LayerError, UsageError
from shared.layers import LAYERS, ROOT, StackId, graph
from shared.suggestions import did_you_mean, nearest


class NothingChosen(Exception):
    """There is nothing to do, but that is not an error. The message says why."""


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
    """The ones of `stacks`, which are of one environment, to work on, in their order.

    It starts with those that `select` returns. With `affected`, only those stay that are affected by files changed
    since that git revision, since each stack's last deployment if it is `deployed`, or since the branch began if it is
    True. Then the stacks that read them, or that they read, are added, directly or indirectly, even if they do not fit
    the patterns. Raises `LayerError`, `UsageError`, and `NothingChosen` if no stack is affected.
    """
    chosen = set(select(stacks, only, layers))
    if affected:
        # Imported here because it needs the environment's tools, and `invoke graph` is fast without it.
        from automation.selection.affected import affected_ones

        base, hit = affected_ones(affected, [stack for stack in stacks if stack in chosen], root)
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
    """The `stacks` whose label fits a pattern in `only` and whose layer is in `layers`, in their order.

    A pattern is a label, or has `*`, `?` and `[...]` as in file names of a shell: `accounts/dev*`. Without patterns
    every label fits; without layers every layer does. Raises `LayerError` for a pattern that fits no stack.
    """
    for layer in layers:
        if layer not in LAYERS:
            raise LayerError(
                f"no layer is called {layer!r}{_meant(layer, list(LAYERS))}; there are: {', '.join(LAYERS)}"
            )
    chosen = [stack for stack in stacks if not layers or stack.layer in layers]
    labels = [stack.label for stack in chosen]
    for pattern in only:
        if not any(fnmatchcase(stack.label, pattern) for stack in chosen):
            there = ", ".join(labels) or "none"
            raise LayerError(f"no stack fits {pattern!r}{_meant(pattern, labels)}; there are: {there}")
    if not chosen:
        raise LayerError(f"no stack is in layer {', '.join(layers)}")
    return [stack for stack in chosen if not only or any(fnmatchcase(stack.label, pattern) for pattern in only)]


def sharded(stacks: Sequence[StackId], shard: str | None) -> list[StackId]:
    """One of several parts of `stacks`, as `2/8`; all of them without. Raises `UsageError`."""
    if shard is None:
        return list(stacks)
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", shard)
    if not found or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard is {shard!r}; allowed: a number, a slash and how many parts there are, such as 2/8")
    return list(stacks[int(found[1]) - 1 :: int(found[2])])


def named(stacks: Sequence[StackId], name: str) -> list[StackId]:
    """The stacks with this name: the stack with that label, or all stacks of that layer.

    Raises `LayerError` if there are none.
    """
    found = [stack for stack in stacks if name in (stack.label, stack.layer)]
    if not found:
        labels = [stack.label for stack in stacks]
        raise LayerError(f"no stack or layer is called {name!r}{_meant(name, labels)}; there are: {', '.join(labels)}")
    return found


def _meant(name: str, labels: Sequence[str]) -> str:
    """`; did you mean accounts/developer?` for `developer`, and for what is almost the name of a stack."""
    by_account = {label.partition("/")[2]: label for label in labels if "/" in label}
    near = by_account.get(name) or nearest(name, labels, 0.6) or by_account.get(nearest(name, by_account, 0.7) or "")
    return did_you_mean(near)
