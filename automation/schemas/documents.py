"""The JSON Schemas, made from the models that read the files: what a model has more, such as rules between two keys,
`invoke validate` says.

https://json-schema.org/draft/2020-12
"""

import json
from collections.abc import Mapping
from typing import Any

from automation.configuration import MODELS
from automation.stack_files import AWS_KEYS, TOP
from shared.layers import LAYERS
from shared.settings.base import Settings
from shared.settings.fields import REGIONS
from stacks.accounts.config import Profile
from stacks.policies.files import OwnPolicy

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS = ("string", "number", "integer", "boolean")
_ENCRYPTED = {
    "description": "encrypted by pulumi config set --secret",
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}
_MEANINGS = {
    "config": "what the layer is configured with",
    "secretsprovider": "what encrypts secrets, such as awskms://alias/pulumi?region=eu-central-1",
    "encryptedkey": "written by the engine",
    "encryptionsalt": "written by the engine",
    "environment": "environments of Pulumi ESC",
}
_AWS: dict[str, Any] = {
    "region": {"description": "the region of the stack", "type": "string", "enum": sorted(REGIONS)},
    "allowedAccountIds": {
        "description": "the management account of the environment: no other is touched",
        "type": "array",
        "items": {"type": "string", "pattern": "^[0-9]{12}$"},
    },
    "profile": {"description": "the profile of the AWS configuration files whose credentials are used"},
}


def schemas() -> dict[str, str]:
    """The name of each schema's file → its text."""
    found = {f"{layer}.json": stack_schema(layer) for layer in LAYERS}
    found |= {"profiles.json": profiles_schema(), "policy.json": policy_schema()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in found.items()}


def stack_schema(layer: str) -> dict[str, Any]:
    """What a stack's file may have."""
    model = model_schema(MODELS[layer])
    own = {f"{layer}:{key}": value for key, value in model["properties"].items()}
    # What an account's file lacks, a profile may have; and the rest is in other files only by mistake.
    inherited = set(_keys(Profile)) if layer == "accounts" else set()
    required = [f"{layer}:{key}" for key in model.get("required", ()) if key not in inherited]
    config = {
        "description": _MEANINGS["config"],
        "type": "object",
        "properties": {**own, **{f"aws:{key}": _AWS.get(key, {}) for key in AWS_KEYS}},
        "patternProperties": {"^pulumi:": {}},
        "required": ["aws:region", *required],
        "additionalProperties": False,
    }
    top: dict[str, Any] = {key: {"description": _MEANINGS[key]} for key in TOP}
    return {
        "$schema": _DRAFT,
        "title": f"A stack of the layer {layer}",
        "description": LAYERS[layer].summary,
        "type": "object",
        "properties": {**top, "config": config},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": _definitions(model),
    }


def profiles_schema() -> dict[str, Any]:
    """What an environment's file of profiles may have: OU paths, and `null` for what is not to be inherited."""
    model = model_schema(Profile)
    properties = {key: {"anyOf": [value, {"type": "null"}]} for key, value in model["properties"].items()}
    profile = {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    return {
        "$schema": _DRAFT,
        "title": "The profiles of an environment's accounts",
        "description": "settings of accounts by OU path; / is the root",
        "type": ["object", "null"],
        "additionalProperties": profile,
        "$defs": _inheritable(_definitions(model)),
    }


def policy_schema() -> dict[str, Any]:
    """What a policy file of an environment may have."""
    return {"$schema": _DRAFT, **_described(OwnPolicy.model_json_schema(by_alias=True)), "title": "A policy file"}


def model_schema(model: type[Settings]) -> dict[str, Any]:
    """The schema of a model, in which each scalar may be encrypted."""
    found: dict[str, Any] = _encryptable(_described(model.model_json_schema(by_alias=True)))
    return found


def _definitions(model: Mapping[str, Any]) -> dict[str, Any]:
    return {**model.get("$defs", {}), "Encrypted": _ENCRYPTED}


def _inheritable(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Parts of a profile are joined with others, so that none of their keys is required, and each may be `null`."""
    return {
        name: {
            **{key: value for key, value in schema.items() if key != "required"},
            **(
                {"properties": {key: {"anyOf": [each, {"type": "null"}]} for key, each in schema["properties"].items()}}
                if "properties" in schema and name != "Encrypted"
                else {}
            ),
        }
        for name, schema in definitions.items()
    }


def _keys(model: type[Settings]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _described(schema: Any) -> Any:
    """Without titles, which only repeat the names of the keys, and without models' descriptions beyond a sentence."""
    if isinstance(schema, list):
        return [_described(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        found[key] = value.partition("\n")[0] if key == "description" and isinstance(value, str) else _described(value)
    return found


def _encryptable(schema: Any, *, properties: bool = False) -> Any:
    if isinstance(schema, list):
        return [_encryptable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {key: _encryptable(value, properties=key in ("properties", "$defs")) for key, value in schema.items()}
    if properties or whole.get("type") not in _SCALARS:
        return whole
    told = {key: whole.pop(key) for key in ("description", "default") if key in whole}
    return {**told, "anyOf": [whole, {"$ref": "#/$defs/Encrypted"}]}
