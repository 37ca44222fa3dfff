"""What a change of a contract breaks, and the file that records the contracts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.layers import ROOT
from shared.stack_outputs import IdentityOutputs, OrgOutputs, PoliciesOutputs, StackOutputs
from tests.shared.contracts.readers import readers_of

FILE = ROOT / "shared" / "contracts.json"
CONTRACTS: tuple[type[StackOutputs], ...] = (OrgOutputs, IdentityOutputs, PoliciesOutputs)

Readers = Mapping[str, Mapping[str, list[str]]]
"""Output → layer that reads it → the files in which it does."""


@dataclass(frozen=True)
class Contract:
    """The outputs of one layer: name → JSON schema of the value. Those in `optional` have a default for readers."""

    layer: str
    outputs: Mapping[str, Any]
    optional: frozenset[str]


def contract_of(model: type[StackOutputs]) -> Contract:
    """The contract that `model` describes."""
    schema = model.model_json_schema()
    outputs = {name: _plain(each, schema.get("$defs", {})) for name, each in schema["properties"].items()}
    return Contract(model.layer, outputs, frozenset(outputs) - set(schema.get("required", [])))


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A JSON schema without words for people, and with every definition in its place."""
    if isinstance(schema, list):
        return [_plain(each, definitions) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "properties" in schema:
        fields = {name: _plain(each, definitions) for name, each in schema["properties"].items()}
        return {"type": "object", "properties": fields, "required": sorted(schema.get("required", []))}
    words = ("title", "description", "default")
    return {key: _plain(each, definitions) for key, each in schema.items() if key not in words}


def breaks(recorded: Contract, now: Contract, readers: Readers) -> list[str]:
    """What of `now` does not fit the programs and deployments that have the `recorded` contract, one line each.

    An output that nobody reads may go.
    """
    return [*_changed(recorded, now, readers), *_demanded(recorded, now)]


def _changed(recorded: Contract, now: Contract, readers: Readers) -> Iterator[str]:
    for name, before in recorded.outputs.items():
        reading = readers.get(name, {})
        by = "; ".join(f"{layer} reads it ({', '.join(files)})" for layer, files in reading.items())
        if name not in now.outputs:
            if by:
                yield f"{recorded.layer} has no output {name} any more, and {by}"
            continue
        for path, what in _differences(name, before, now.outputs[name]):
            yield f"the output {path} of {recorded.layer} {what}" + (f", and {by}" if by else "")


def _demanded(recorded: Contract, now: Contract) -> Iterator[str]:
    for name in now.outputs:
        if name not in recorded.outputs and name not in now.optional:
            yield (
                f"the output {name} of {now.layer} is new and has no default: programs that read it could not be "
                f"deployed before {now.layer} is"
            )
        elif name in recorded.optional and name not in now.optional:
            yield f"the output {name} of {now.layer} has no default any more, and older deployments do not have it"


def _differences(path: str, before: Any, now: Any) -> Iterator[tuple[str, str]]:
    """Where two schemas differ, and how, but for fields of an object that are new and have a default."""
    if not isinstance(before, Mapping) or not isinstance(now, Mapping):
        if before != now:
            yield path, f"was {_short(before)} and is {_short(now)}"
    elif "properties" in before and "properties" in now:
        yield from _differences_of_objects(path, before, now)
    elif before.keys() == now.keys() and before.get("type") == now.get("type"):
        for key in before:
            if key == "anyOf" and len(before[key]) == len(now[key]):
                for old, new in zip(before[key], now[key], strict=True):
                    yield from _differences(path, old, new)
            elif key in ("items", "additionalProperties"):
                yield from _differences(f"{path}[]", before[key], now[key])
            elif before[key] != now[key]:
                yield path, f"was {_short(before)} and is {_short(now)}"
    else:
        yield path, f"was {_short(before)} and is {_short(now)}"


def _differences_of_objects(path: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    old, new = before["properties"], now["properties"]
    for name in old:
        if name not in new:
            yield f"{path}.{name}", "is gone"
        else:
            yield from _differences(f"{path}.{name}", old[name], new[name])
            if name in now["required"] and name not in before["required"]:
                yield f"{path}.{name}", "has no default any more"
    for name in new:
        if name not in old and name in now["required"]:
            yield f"{path}.{name}", "is new and has no default"


def _short(schema: Any) -> str:
    if isinstance(schema, Mapping):
        kind = schema.get("type")
        if kind == "array":
            return f"a list of {_short(schema.get('items', {}))}"
        if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
            return f"a mapping to {_short(schema['additionalProperties'])}"
        if "anyOf" in schema:
            return " or ".join(_short(each) for each in schema["anyOf"])
        return str(kind)
    return json.dumps(schema)


def recorded(file: Path = FILE) -> dict[str, Contract]:
    """Layer → the contract that is recorded."""
    return {
        layer: Contract(
            layer,
            {name: each["schema"] for name, each in outputs.items()},
            frozenset(name for name, each in outputs.items() if each["optional"]),
        )
        for layer, outputs in json.loads(file.read_text()).items()
    }


def record(contracts: Iterable[Contract], readers: Mapping[str, Readers]) -> str:
    """The text of the file that records `contracts`."""
    found = {
        each.layer: {
            name: {
                "optional": name in each.optional,
                "readers": sorted(readers[each.layer].get(name, {})),
                "schema": schema,
            }
            for name, schema in sorted(each.outputs.items())
        }
        for each in contracts
    }
    return json.dumps(found, indent=2) + "\n"


def all_readers() -> dict[str, Readers]:
    """Layer → who reads which of its outputs."""
    return {model.layer: readers_of(model) for model in CONTRACTS}
