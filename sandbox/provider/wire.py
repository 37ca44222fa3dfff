"""Property values in messages between the engine and a provider.

Values are protobuf structs in which unknown, secret and output values have signatures; see
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/resource-registration.html

The SDK's own readers do not serve here: `pulumi.runtime.rpc.deserialize_properties` drops an unknown inside a secret,
and `pulumi.provider.experimental.PropertyValue` has no unknowns and refuses output values without dependencies.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value  # type: ignore[import-untyped]

# As in `pulumi.runtime.rpc`, which brings the whole SDK along: half of a provider's start.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_UNKNOWN_TEXTS = frozenset(
    {
        _UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # a map
    }
)

Values = dict[str, Any]
"""Plain property values by their Pulumi names."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that a preview cannot know yet. It may be nested in a list or a map."""


@dataclass(frozen=True)
class Properties:
    """Plain values, and the names of those that have a secret anywhere inside."""

    values: Values = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


def has_unknown(value: object) -> bool:
    """Whether `value` is, or holds, an unknown."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN


def decode(struct: Struct) -> Properties:
    """The properties of a request, without those that are null, which means 'not given'."""
    values: Values = {}
    secrets: set[str] = set()
    for name, wire in struct.fields.items():
        value, secret = _decode(wire)
        if value is not None:
            values[name] = value
        if secret:
            secrets.add(name)
    return Properties(values, frozenset(secrets))


def encode(values: Mapping[str, Any], secrets: Collection[str] = ()) -> Struct:
    """The struct for `values`; those named in `secrets` are marked as secret."""
    struct = Struct()
    for name, value in values.items():
        if value is not None:
            struct[name] = {_SIGNATURE: _SECRET, "value": _sent(value)} if name in secrets else _sent(value)
    return struct


def _decode(wire: Value) -> tuple[Any, bool]:
    kind = wire.WhichOneof("kind")
    if kind == "string_value":
        return (UNKNOWN if wire.string_value in _UNKNOWN_TEXTS else wire.string_value), False
    if kind == "number_value":
        number = wire.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "bool_value":
        return wire.bool_value, False
    if kind == "list_value":
        items = [_decode(item) for item in wire.list_value.values]
        return [value for value, _ in items], any(secret for _, secret in items)
    if kind == "struct_value":
        return _decode_struct(wire.struct_value)
    return None, False


def _decode_struct(struct: Struct) -> tuple[Any, bool]:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        return _decode(fields["value"])[0], True
    if signature == _OUTPUT:
        value = _decode(fields["value"])[0] if "value" in fields else UNKNOWN
        return value, "secret" in fields and fields["secret"].bool_value
    items = {name: _decode(wire) for name, wire in fields.items()}
    return {name: value for name, (value, _) in items.items()}, any(secret for _, secret in items.values())


def _sent(value: object) -> object:
    """`value` in the types that a protobuf struct takes."""
    if value is UNKNOWN:
        return _UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {str(name): _sent(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sent(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
