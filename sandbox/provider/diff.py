"""What has to change to bring a resource from its recorded state to the program's inputs."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.provider.check import DEFAULTS
from sandbox.provider.schema import Kind, Property, ResourceType
from sandbox.provider.wire import Values, has_unknown


@dataclass(frozen=True)
class Change:
    """One property that changes. `kind` is ADD, DELETE or UPDATE."""

    name: str
    kind: str
    replaces: bool


@dataclass(frozen=True)
class Difference:
    """All changes. `delete_first`: a replacement has to delete the old resource first, as it has the same name."""

    changes: tuple[Change, ...]
    delete_first: bool


def difference(kind: ResourceType, state: Values, news: Values, ignored: Collection[str], region: str) -> Difference:
    """The difference between `state`, which AWS was last seen in, and the checked inputs `news`.

    If the program does not give a computed property, AWS decides it, except for `region`, which is then the provider's.
    `ignored` holds property paths of the program's `ignoreChanges`.
    """
    skipped = {path.split(".")[0].split("[")[0] for path in ignored}
    changes = []
    for item in kind.properties:
        new = news.get(item.name)
        if item.name == "region" and new is None:
            new = region
        if item.output or item.name in skipped or (item.computed and new is None):
            continue
        old = state.get(item.name)
        if not same(item, old, new):
            changes.append(_change(item, old, new))
    replacing = any(change.replaces for change in changes)
    return Difference(tuple(changes), replacing and _name_is_taken(kind, state, news))


def _change(item: Property, old: object, new: object) -> Change:
    forces = item.replaces if isinstance(item.replaces, bool) else has_unknown(new) or item.replaces(old, new)
    return Change(item.name, "ADD" if old is None else "DELETE" if new is None else "UPDATE", forces)


def _name_is_taken(kind: ResourceType, state: Values, news: Values) -> bool:
    """Whether the replacement would meet the old resource under the same name. Types without a generated name
    are identified by what they connect or by the account they are in, so the old has to go first as well."""
    item = kind.by_name.get("name")
    if item is None or not item.max_length:
        return not any(state.get(one.name) != news.get(one.name) for one in kind.properties if one.required)
    return "name" not in (news.get(DEFAULTS) or ()) and same(item, state.get("name"), news.get("name"))


def same(item: Property, old: Any, new: Any) -> bool:
    """Whether a change from `old` to `new` would change nothing in AWS. An unknown value is never the same."""
    if has_unknown(old) or has_unknown(new):
        return False
    return bool(_normal(item, old) == _normal(item, new))


def with_defaults(properties: tuple[Property, ...], values: Values) -> Values:
    """`values` with the static default of each property that is not given."""
    defaults = {item.name: item.default for item in properties if item.default is not None}
    return defaults | values


def _normal(item: Property, value: Any) -> Any:
    if value is None:
        value = item.default
    if value is None or value in ("", [], {}) or value is False:
        # To AWS and to the official plugin, 'not set' and 'empty' are the same.
        return None
    if item.kind in (Kind.JSON, Kind.IAM_JSON):
        return _document(value, iam=item.kind is Kind.IAM_JSON)
    if item.kind is Kind.STRINGS:
        return sorted(set(map(str, value)))
    if item.kind is Kind.OBJECT:
        return _without_unset(value)
    if item.kind is Kind.OBJECTS:
        return _unordered(value)
    if item.kind is Kind.DECIMAL:
        return Decimal(str(value))
    if item.kind is Kind.URL:
        return str(value).removeprefix("https://").rstrip("/")
    return value


def _unordered(value: Any) -> Any:
    """A set of objects, whose lists are sets too."""
    if isinstance(value, list):
        return sorted(map(_unordered, value), key=lambda each: json.dumps(each, sort_keys=True))
    given = _without_unset(value)
    if not isinstance(given, dict):
        return given
    return {name: _unordered(part) for name, part in given.items() if part != []}


def _without_unset(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_unset(part) for name, part in value.items() if part not in (None, "", False)}


def _document(text: Any, *, iam: bool) -> Any:
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return text
    return _iam(text) if iam else text


def _iam(value: Any) -> Any:
    """In IAM's grammar a list of one is the same as its element, and the order of a list has no meaning:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    if isinstance(value, dict):
        return {key: _iam(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_iam(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    # IAM gives some scalars back as text: true as "true", an account number as a string.
    return json.dumps(value) if isinstance(value, bool | int) else value
