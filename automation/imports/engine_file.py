"""The engine's import file, which says what `pulumi import --file` brings into a state, below which parents.

The engine writes the file itself in a preview, with all that the program would create. Written by hand as options of
`pulumi import`, the parents would have to be in the state already: a component is not before the first deployment.
https://www.pulumi.com/docs/iac/guides/migration/import/#bulk-import-operations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from automation.events import Resource
from shared.errors import UsageError


class Key(NamedTuple):
    """A resource of one stack. Components and providers may have the same name, but not the same type."""

    type: str
    name: str

    @classmethod
    def of(cls, resource: Resource) -> Key:
        """The key of `resource`."""
        return cls(resource.type, resource.name)


def only(planned: Mapping[str, Any], ids: Mapping[Key, str], label: str) -> dict[str, Any]:
    """The part of the import file `planned` that imports the resources in `ids`, with the components above them.

    Raises `UsageError` for a resource whose provider the stack `label` does not have yet.
    """
    listed = planned.get("resources") or []
    by_name = {entry["name"]: entry for entry in listed}
    kept: dict[str, dict[str, Any]] = {}
    for entry in listed:
        key = Key(entry["type"], entry.get("logicalName") or entry["name"])
        if key not in ids:
            continue
        if entry.get("provider") in by_name:
            raise UsageError(
                f"{key.type} {key.name} is in an account that {label} does not manage yet: import the account first, "
                "and deploy it"
            )
        kept[entry["name"]] = {**entry, "id": ids[key]}
        above = entry.get("parent")
        while above in by_name:
            kept[above] = by_name[above]
            above = by_name[above].get("parent")
    # In the order of the engine, in which what is above comes first.
    resources = [kept[entry["name"]] for entry in listed if entry["name"] in kept]
    return {"nameTable": planned.get("nameTable") or {}, "resources": resources}
