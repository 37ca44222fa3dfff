"""What the engine records of a resource: outputs from AWS's answer and from what only the program knows."""

from collections.abc import Mapping
from typing import Any

from sandbox.provider.diff import same
from sandbox.provider.schema import Kind, Property, ResourceType
from sandbox.provider.wire import UNKNOWN, Values


def outputs(kind: ResourceType, found: Values, known: Values, default_tags: Mapping[str, str], region: str) -> Values:
    """All properties: `found` is AWS's answer, `known` the program's inputs or the earlier state."""
    result: Values = {}
    for item in kind.properties:
        value = found.get(item.name)
        mine = known.get(item.name)
        if item.kept:
            value = item.default if mine is None else mine
        elif item.name == "region":
            value = region
        elif item.name == "tags":
            value = _own_tags(found.get("tagsAll") or {}, mine or {}, default_tags)
        elif (
            item.kind in (Kind.JSON, Kind.IAM_JSON, Kind.OBJECT, Kind.OBJECTS, Kind.STRINGS, Kind.DECIMAL)
            and mine is not None
            and same(item, mine, value)
        ):
            value = mine  # AWS formats documents and orders lists as it likes
        if value == "" and not mine:
            value = None  # AWS's way to say 'not set'
        if value is not None:
            result[item.name] = value
    return result


def identity(kind: ResourceType, new: Values) -> Values:
    """The certain properties of a resource that was made but could not be read. The others are missing from the state,
    so the next run sets them."""
    return {item.name: new[item.name] for item in kind.properties if item.name in new and (item.replaces or item.kept)}


def planned(kind: ResourceType, new: Values, region: str) -> Values:
    """The outputs of a resource in the preview of its creation."""
    given = {"region": region, **new} if kind.regional else new
    return {
        item.name: given.get(item.name, UNKNOWN if item.output or item.computed else item.default)
        for item in kind.properties
    }


def inputs(kind: ResourceType, state: Values, old_inputs: Values, region: str) -> Values:
    """The inputs that would lead to `state`. In a refresh: the recorded ones, with what has drifted. In an import: all
    that differ from the defaults of a provider of `region`."""
    if old_inputs:
        by_name = kind.by_name
        return {
            name: value if name not in by_name or _kept(by_name[name], value, state.get(name)) else state.get(name)
            for name, value in old_inputs.items()
        }
    given = (item for item in kind.properties if not item.output and (not item.computed or item.max_length))
    found = {item.name: state[item.name] for item in given if not same(item, None, state.get(item.name))}
    return found if state.get("region", region) == region else {**found, "region": state["region"]}


def _kept(item: Property, old: Any, now: Any) -> bool:
    return old == now or same(item, old, now)


def _own_tags(tags: Mapping[str, str], mine: Mapping[str, str], default_tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without those that are only the provider's default tags."""
    return {key: value for key, value in tags.items() if key in mine or default_tags.get(key) != value}
