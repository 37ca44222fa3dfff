"""What has to change to bring a resource from its recorded state to the program's inputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.provider.check import DEFAULTS
from sandbox.provider.equality import same
from sandbox.provider.schema import Property, ResourceType
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

    @property
    def replaces(self) -> list[str]:
        return [change.name for change in self.changes if change.replaces]


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
