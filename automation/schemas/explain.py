"""`invoke explain KEY`: what a key of the configuration means, from the schemas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from automation.schemas.documents import stack_schema
from shared.errors import UsageError
from shared.layers import LAYERS
from shared.suggestions import did_you_mean, nearest
from stacks.accounts.profiles import KEYS

_DEEPER = "KEY"
"""How a key that the user chooses is written, such as the name of a role."""


@dataclass(frozen=True)
class Key:
    """What is said about one key. `default` is YAML; None: there is none, and the key must be given if `required`."""

    path: str
    meaning: str
    type: str
    default: str | None
    required: bool
    allowed: str


def keys(layer: str) -> Iterator[Key]:
    """All own keys of a layer, in the order of its model; each is followed by the keys below it."""
    whole = stack_schema(layer)
    config = whole["properties"]["config"]
    for path, schema in config["properties"].items():
        if path.startswith(f"{layer}:"):
            yield from _with_those_below(path, schema, whole, required=path in config["required"])


def _with_those_below(
    path: str, schema: Mapping[str, Any], whole: Mapping[str, Any], *, required: bool
) -> Iterator[Key]:
    yield _key(path, schema, whole, required=required)
    plain = _plain(schema, whole)
    for step, further in ((f".{_DEEPER}", plain.get("additionalProperties")), ("[]", plain.get("items"))):
        if isinstance(further, Mapping):
            path, plain = path + step, _plain(further, whole)
    for name, below in plain.get("properties", {}).items():
        yield from _with_those_below(f"{path}.{name}", below, whole, required=name in plain.get("required", ()))


def explain(name: str) -> str:
    """The lines about one key, such as `accounts:budget.monthlyAmount`, or about all keys of a layer.

    `accounts.budget` is taken, too. Raises `UsageError` for a key that is not there, with the one that is like it.
    """
    if name in LAYERS:
        return _layer(name)
    layer, _, rest = name.replace(":", ".", 1).partition(".")
    if layer not in (*LAYERS, "aws"):
        allowed = f"LAYER:KEY, with one of the layers {', '.join(LAYERS)}"
        raise UsageError(f"{name!r} is no key; allowed: {allowed}{did_you_mean(nearest(layer, LAYERS))}")
    whole = stack_schema(next(iter(LAYERS)) if layer == "aws" else layer)
    first, *deeper = rest.split(".")
    config = whole["properties"]["config"]
    schema, path = _step(config, f"{layer}:{first}", f"{layer}:{first}", whole), f"{layer}:{first}"
    required = path in config["required"]
    for part in deeper:
        required = part in _plain(schema, whole).get("required", ())
        path, schema = f"{path}.{part}", _step(schema, part, f"{path}.{part}", whole)
    return "\n".join(_lines(path, schema, whole, layer, required=required))


def _layer(layer: str) -> str:
    properties = stack_schema(layer)["properties"]["config"]["properties"]
    own = {key: value for key, value in properties.items() if key.startswith(f"{layer}:")}
    width = max(map(len, own))
    return "\n".join(f"{key:<{width}}  {value.get('description', '')}".rstrip() for key, value in own.items())


def _step(schema: Mapping[str, Any], key: str, path: str, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    plain = _plain(schema, whole)
    properties: Mapping[str, Any] = plain.get("properties", {})
    if key in properties:
        found: Mapping[str, Any] = properties[key]
        return found
    further = plain.get("additionalProperties") or plain.get("items")
    if isinstance(further, Mapping):
        return further
    there = f"; there are: {', '.join(properties)}" if properties else ""
    raise UsageError(f"there is no key {path}{did_you_mean(nearest(key, properties))}{there}")


def _plain(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of what a person writes: not that of `null`, nor that of an encrypted value."""
    while True:
        if "$ref" in schema:
            schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            kinds = [each for each in schema["anyOf"] if not _is_beside(each)]
            objects = [each for each in kinds if "$ref" in each]
            schema = (objects or kinds)[0]
        else:
            return schema


def _is_beside(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or str(schema.get("$ref", "")).endswith("/Encrypted")


def _key(path: str, schema: Mapping[str, Any], whole: Mapping[str, Any], *, required: bool) -> Key:
    plain = _plain(schema, whole)
    return Key(
        path=path,
        meaning=schema.get("description") or plain.get("description") or "",
        type=_type(schema, whole),
        default=_yaml(schema["default"]) if "default" in schema else None,
        required=required,
        allowed=_limits(plain),
    )


def _lines(
    path: str, schema: Mapping[str, Any], whole: Mapping[str, Any], layer: str, *, required: bool
) -> Iterator[str]:
    key = _key(path, schema, whole, required=required)
    yield path
    if key.meaning:
        yield f"  meaning   {key.meaning}"
    yield f"  type      {key.type}"
    if key.default is not None:
        yield f"  default   {key.default}"
    elif required:
        yield "  default   none: it is required"
    if key.allowed:
        yield f"  allowed   {key.allowed}"
    if below := _plain(schema, whole).get("properties"):
        yield f"  keys      {', '.join(below)}"
    yield f"  files     {_files(path, layer)}"


def _type(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "a mapping" if "properties" in _plain(schema, whole) else _type(_plain(schema, whole), whole)
    if "anyOf" in schema:
        kinds = [_type(each, whole) for each in schema["anyOf"] if not str(each.get("$ref")).endswith("/Encrypted")]
        return " or ".join(dict.fromkeys(kinds))
    kind = schema.get("type")
    if kind == "array":
        return f"a list: {_type(schema.get('items', {}), whole)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"a mapping, {_DEEPER}: {_type(schema['additionalProperties'], whole)}"
    if kind is None:
        return "anything"
    words = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    return {**words, "object": "a mapping", "null": "null"}[str(kind)]


def _limits(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    words: Sequence[tuple[str, str]] = (
        ("minimum", "at least {}"),
        ("exclusiveMinimum", "more than {}"),
        ("maximum", "at most {}"),
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {} characters"),
        ("minItems", "at least {} of them"),
        ("maxItems", "at most {} of them"),
        ("pattern", "what fits {}"),
    )
    return ", ".join(text.format(schema[key]) for key, text in words if key in schema)


def _files(path: str, layer: str) -> str:
    if layer == "aws":
        return "every stack's"
    if layer != "accounts":
        return f"stacks/{layer}/Pulumi.ENV.yaml"
    own = "stacks/accounts/Pulumi.ENV.ACCOUNT.yaml"
    key = path.partition(":")[2].partition(".")[0]
    return f"{own}, stacks/accounts/profiles/ENV.yaml" if key in KEYS else own


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False).removesuffix("...\n").strip()
