"""The wire form of property values."""

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]

from sandbox.provider.wire import UNKNOWN, decode, encode, has_unknown

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
OUTPUT = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}


def struct(values: dict[str, object]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def test_plain_values_come_back() -> None:
    values = {"text": "a", "number": 3, "part": 1.5, "yes": True, "list": ["a", {"b": 1}], "map": {"a": []}}
    assert decode(encode(values)).values == values
    assert isinstance(decode(encode({"number": 3})).values["number"], int)


def test_null_is_not_given() -> None:
    assert decode(struct({"a": None})).values == {}
    assert json_format.MessageToDict(encode({"a": None})) == {}


def test_unknown_is_kept_wherever_it_is() -> None:
    found = decode(struct({"a": UNKNOWN_TEXT, "b": ["x", UNKNOWN_TEXT], "c": {"d": UNKNOWN_TEXT}, "e": ["x"]})).values
    assert found["a"] is UNKNOWN
    assert [has_unknown(found[name]) for name in "abce"] == [True, True, True, False]
    assert json_format.MessageToDict(encode(found))["b"] == ["x", UNKNOWN_TEXT]


def test_secrets_are_told_apart_and_marked_again() -> None:
    wire = struct({"a": {**SECRET, "value": "s"}, "b": {"c": {**SECRET, "value": "s"}}, "d": "plain"})
    found = decode(wire)
    assert found.values == {"a": "s", "b": {"c": "s"}, "d": "plain"}
    assert found.secrets == {"a", "b"}
    marked = json_format.MessageToDict(encode(found.values, found.secrets))
    assert marked == {"a": {**SECRET, "value": "s"}, "b": {**SECRET, "value": {"c": "s"}}, "d": "plain"}


def test_output_values_are_read() -> None:
    wire = struct({"a": {**OUTPUT, "value": "x", "secret": True}, "b": OUTPUT, "c": {**OUTPUT, "value": 1}})
    found = decode(wire)
    assert found.values["a"] == "x"
    assert found.values["b"] is UNKNOWN
    assert found.values["c"] == 1
    assert found.secrets == {"a"}
