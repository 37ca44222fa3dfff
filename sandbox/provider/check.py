"""The program's inputs: validated, then completed with generated names and merged tags."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.schema import Kind, Property, ResourceType
from sandbox.provider.wire import UNKNOWN, Values, has_unknown

DEFAULTS = "__defaults"
"""The input that lists which inputs the provider chose, as the official plugin records it in the state."""

_RANDOM_DIGITS = 7
_DECIMAL = re.compile(r"(\d*\.)?\d+")


@dataclass(frozen=True)
class Naming:
    """What a generated name is made of. `seed` is the engine's random seed; `proposed` and `mode` are its autonaming
    configuration: https://www.pulumi.com/docs/concepts/resources/names/#autonaming-configuration
    """

    resource: str
    seed: bytes = b""
    proposed: str = ""
    mode: str = "PROPOSE"


def problems(kind: ResourceType, news: Values) -> list[tuple[str, str]]:
    """What is wrong with a resource's inputs: pairs of property and reason. No value is ever in a reason,
    as it may be a secret."""
    found = []
    inputs = {item.name: item for item in kind.properties if not item.output}
    for name, value in news.items():
        if name in kind.not_supported:
            found.append((name, f"the embedded AWS provider does not know the property '{name}' of {kind.token}"))
        elif name not in inputs and name != DEFAULTS:
            allowed = ", ".join(sorted(set(inputs) - {"tagsAll"}))
            found.append((name, f"{kind.token} has no property '{name}'; allowed are: {allowed}"))
        elif name in inputs and (reason := _misfit(inputs[name], value)):
            found.append((name, reason))
    found += [
        (name, f"Missing required property '{name}'")
        for name, item in inputs.items()
        if item.required and news.get(name) in (None, "")
    ]
    return found


def complete(
    kind: ResourceType, olds: Values, news: Values, naming: Naming, default_tags: Mapping[str, str]
) -> tuple[Values, str | None]:
    """The checked inputs, and what is wrong with the name if anything.

    A name that was generated before is kept.
    """
    checked = dict(news)
    item = kind.by_name.get("name")
    reason = None
    if item and item.max_length and not news.get("name"):
        generated_before = "name" in (olds.get(DEFAULTS) or ()) and bool(olds.get("name"))
        if generated_before:
            checked["name"] = olds["name"]
        else:
            checked["name"], reason = _name(item.max_length, naming)
        checked[DEFAULTS] = ["name"]
    if item and item.max_length and not reason:
        name = checked["name"]
        if isinstance(name, str) and len(name) > item.max_length:
            reason = f"the name of {kind.token} may have {item.max_length} characters, this one has {len(name)}"
    for name, value in news.items():
        if kind.by_name[name].kind in (Kind.JSON, Kind.IAM_JSON) and isinstance(value, dict):
            # The SDK takes documents as objects too; AWS takes text.
            checked[name] = UNKNOWN if has_unknown(value) else json.dumps(value)
    if kind.taggable:
        checked["tagsAll"] = merged_tags(default_tags, news.get("tags"))
    return checked, reason


def merged_tags(default_tags: Mapping[str, str], tags: Any) -> Any:
    """A resource's own tags over the provider's; see
    https://www.pulumi.com/registry/packages/aws/how-to-guides/6-0-migration/
    """
    return UNKNOWN if tags is UNKNOWN else {**default_tags, **(tags or {})}


def _name(max_length: int, naming: Naming) -> tuple[str, str | None]:
    if naming.mode == "DISABLE":
        return "", "the stack's autonaming is disabled: give the resource a name"
    if naming.mode == "ENFORCE" or naming.proposed:
        return naming.proposed, None
    digits = hashlib.sha256(naming.seed).hexdigest() if naming.seed else secrets.token_hex(_RANDOM_DIGITS)
    stem = naming.resource[: max_length - _RANDOM_DIGITS - 1]
    return f"{stem}-{digits[:_RANDOM_DIGITS]}", None


def _misfit(item: Property, value: Any) -> str | None:
    """Why `value` cannot be the value of `item`, or None."""
    if value is UNKNOWN or value is None:
        return None
    wanted = item.kind
    if wanted in (Kind.JSON, Kind.IAM_JSON):
        if isinstance(value, str):
            try:
                json.loads(value)
            except ValueError as error:
                return f"'{item.name}' must be a JSON document: {error}"
        return None if isinstance(value, str | dict) else f"'{item.name}' must be a JSON document"
    if wanted is Kind.STRINGS:
        fits = isinstance(value, list) and all(isinstance(one, str) or one is UNKNOWN for one in value)
    elif wanted is Kind.TAGS:
        fits = isinstance(value, dict) and all(isinstance(one, str) or one is UNKNOWN for one in value.values())
    elif wanted is Kind.OBJECT:
        fits = isinstance(value, dict)
    elif wanted is Kind.OBJECTS:
        fits = isinstance(value, list) and all(isinstance(one, dict) or one is UNKNOWN for one in value)
    elif wanted is Kind.DECIMAL:
        fits = isinstance(value, str) and _DECIMAL.fullmatch(value) is not None
    elif wanted is Kind.BOOL:
        fits = isinstance(value, bool)
    elif wanted is Kind.INT:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, str)
    return (
        None if fits else f"'{item.name}' must be {'an' if wanted in (Kind.INT, Kind.OBJECT) else 'a'} {wanted.value}"
    )
