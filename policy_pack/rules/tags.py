"""Tags are as the tag policies of the account's OU want them.

The rules are those that the policies layer has deployed and exports (`tagRules`), as the accounts read them. What a
resource has is its own tags over its provider's default tags.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from policy_pack.planned import Context, Finding, Planned, is_unknown

_PROVIDER = "pulumi:providers:aws"


def tags(resource: Planned, context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    rules = _rules(context)
    found = _tags(resource)
    if not rules or found is None:
        return
    where, given = found
    for key, values in rules.items():
        value = given.get(key)
        allowed = ", ".join(values)
        for wrong in (tag for tag in given if tag != key and tag.lower() == key.lower()):
            yield Finding(f"{where}.{wrong}", given[wrong], f"the key {key}")
        if value is None:
            if not any(tag.lower() == key.lower() for tag in given):
                yield Finding(f"{where}.{key}", None, allowed)
        elif not is_unknown(value) and not any(fnmatchcase(str(value), pattern) for pattern in values):
            yield Finding(f"{where}.{key}", value, allowed)


def _rules(context: Context) -> Mapping[str, list[str]]:
    units = context.outputs.get("policies", {}).get("tagRules")
    rules = units.get(context.unit) if isinstance(units, Mapping) else None
    return rules if isinstance(rules, Mapping) else {}


def _tags(resource: Planned) -> tuple[str, Mapping[str, Any]] | None:
    """Where the tags are, and all of them. None for what has no tags of its own: its provider's are judged there."""
    if resource.type == _PROVIDER:
        defaults = resource.properties.get("defaultTags")
        return ("defaultTags.tags", _map(_map(defaults).get("tags"))) if defaults and not is_unknown(defaults) else None
    own = resource.properties.get("tags")
    if not isinstance(own, Mapping):
        return None
    return "tags", {**_map(_map(resource.provider.get("defaultTags")).get("tags")), **own}


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
