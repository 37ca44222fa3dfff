"""The old and the new value of each property that a step changes, as they may be shown to anyone.

The engine masks what it knows to be a secret, on the side on which it knows it. Here a value is masked on both sides if
it is on one: an e-mail address that becomes a secret was the same address before.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi.automation.events import StepEventMetadata
from pulumi.runtime import rpc


class Marker(str):
    """Stands for a value that is not shown or not known. It is text in a report, and never quoted."""

    __slots__ = ()


SECRET = Marker("[secret]")
UNKNOWN = Marker("known after the deployment")

_COMPUTED = frozenset({"id", "arn", "urn"})
_INTERNAL = "__defaults"
"""Where the official provider notes which inputs are its own defaults."""

_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_PLAIN_KEY = re.compile(r"[\w:/@*-]+\Z")

_SHORTEST = 4
"""Characters from which on a secret is looked for inside of other values."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class PropertyChange:
    """A changed property: its path, such as `tags.Owner`, and its values, None where it is not set."""

    path: str
    old: Any
    new: Any
    forces_replacement: bool = False


@dataclass(frozen=True)
class _Leaf:
    path: Path
    old: Any
    new: Any
    forces: bool = False
    computed: bool = False


def property_changes(step: StepEventMetadata, *, found: bool = False) -> tuple[PropertyChange, ...]:
    """What a step changes; of a creation all inputs, of a deletion all that there were.

    `found` says that the step is not a plan but what a refresh found. Values that only follow from others are left out,
    unless nothing else changes.
    """
    old, new = (_Sides.of(state) for state in (step.old, step.new))
    if step.old is None or step.new is None:
        leaves = list(_leaves((), old.inputs, new.inputs))
    else:
        leaves = list(_named(step, old, new, found=found))
    leaves = _masked(leaves, [old.inputs, old.outputs, new.inputs, new.outputs])
    return tuple(PropertyChange(path_text(each.path), each.old, each.new, each.forces) for each in _telling(leaves))


def path_text(path: Path) -> str:
    """The path as the engine writes it: `tags.Owner`, `rules[0]`, `tags["a.b"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.match(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def _path(text: str) -> Path:
    parts = _PART.findall(text)
    return tuple(re.sub(r"\\(.)", r"\1", quoted) if quoted else int(index) if index else key
                 for quoted, index, key in parts)  # fmt: skip


@dataclass(frozen=True)
class _Sides:
    """The inputs and outputs of a resource, before or after a step."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @classmethod
    def of(cls, state: Any) -> "_Sides":
        return cls((state and state.inputs) or {}, (state and state.outputs) or {})

    def at(self, path: Path, *, outputs_first: bool) -> Any:
        # Of the one that has the property: a part that is missing there is not set.
        order = (self.outputs, self.inputs) if outputs_first else (self.inputs, self.outputs)
        return next((_at(each, path) for each in order if path[0] in each), None)


def _at(value: Any, path: Path) -> Any:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part] if part < len(value) else None
        else:
            return value if _is_masked(value) else None
    return value


def _named(step: StepEventMetadata, old: _Sides, new: _Sides, *, found: bool) -> Iterator[_Leaf]:
    """The leaves of the properties that the engine names."""
    detailed = {_path(name): diff for name, diff in (step.detailed_diff or {}).items()}
    keys = [_path(key) for key in step.keys or []]
    whole = [_path(name) for name in step.diffs or []] + keys
    paths = [*detailed, *dict.fromkeys(path for path in whole if not any(path[0] == each[0] for each in detailed))]
    forcing = {path for path, diff in detailed.items() if diff.diff_kind.value.endswith("-replace")}
    for path in paths:
        diff = detailed.get(path)
        before = old.at(path, outputs_first=found or bool(diff and not diff.input_diff))
        gone = diff is not None and diff.diff_kind.value.startswith("delete")
        after = None if gone and not found else new.at(path, outputs_first=found)
        # A key is the property's name alone where the diff names a part of it.
        forces = path in forcing or path in keys or ((path[0],) in keys and not forcing)
        computed = path[0] in _COMPUTED or (path[0] not in old.inputs and path[0] not in new.inputs)
        leaves = [replace(each, forces=forces, computed=computed) for each in _leaves(path, before, after)]
        # The engine sees a difference that is none to a reader, such as an empty map that was not set.
        yield from leaves or [_Leaf(path, _shown(before), _shown(after), forces, computed=True)]


def _leaves(path: Path, old: Any, new: Any) -> Iterator[_Leaf]:
    old, new = _shown(old), _shown(new)
    if all(isinstance(each, Mapping) or each is None for each in (old, new)):
        for key in dict.fromkeys([*(old or {}), *(new or {})]):
            if key != _INTERNAL:
                yield from _leaves((*path, key), (old or {}).get(key), (new or {}).get(key))
    elif _or_none(old) != _or_none(new) or next(_secrets(old), None) is not None:
        yield _Leaf(path, old, new)


def _or_none(value: Any) -> Any:
    return None if isinstance(value, Mapping | list) and not value else value


def _shown(value: Any) -> Any:
    """The value with markers in the place of what the engine puts there."""
    if _is_masked(value):
        return SECRET
    if isinstance(value, str):
        return UNKNOWN if rpc.UNKNOWN in value else value
    if isinstance(value, list):
        return [_shown(each) for each in value]
    return value


def _is_masked(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get(rpc._special_sig_key) == rpc._special_secret_sig
    return isinstance(value, str) and SECRET in value


def _secrets(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of what is masked in a value."""
    if _is_masked(value):
        yield path
    elif isinstance(value, Mapping | list):
        for part, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _secrets(inner, (*path, part))


def _masked(leaves: list[_Leaf], sources: list[Mapping[str, Any]]) -> list[_Leaf]:
    """The leaves, each masked on both sides if it is masked anywhere, and so is its plain text in other values."""
    secret = {path for each in sources for path in _secrets(each)}
    plain = {text for path in secret for each in sources for text in _texts(_at(each, path))}

    def hidden(leaf: _Leaf) -> bool:
        inside = any(path[: len(leaf.path)] == leaf.path or leaf.path[: len(path)] == path for path in secret)
        return inside or any(text in each for side in (leaf.old, leaf.new) for each in _texts(side) for text in plain)

    return [replace(each, old=_mask(each.old), new=_mask(each.new)) if hidden(each) else each for each in leaves]


def _mask(value: Any) -> Marker | None:
    return None if value is None else SECRET


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value that are long enough to be looked for."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST and not _is_masked(value) and value not in (UNKNOWN, rpc.UNKNOWN):
            yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _telling(leaves: list[_Leaf]) -> list[_Leaf]:
    """Without what only follows from other changes, such as `tagsAll.Owner` from `tags.Owner`."""
    said = {(leaf.path[1:], str(leaf.old), str(leaf.new)) for leaf in leaves if leaf.path[0] == "tags"}

    def follows(leaf: _Leaf) -> bool:
        return leaf.computed or (leaf.path[0] == "tagsAll" and (leaf.path[1:], str(leaf.old), str(leaf.new)) in said)

    return [leaf for leaf in leaves if leaf.forces or not follows(leaf)] or leaves
