"""The table as a Pulumi package schema, which `pulumi import` needs to write code.

https://www.pulumi.com/docs/using-pulumi/pulumi-packages/schema/
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider.schema import Kind, Property
from sandbox.provider.table import FUNCTIONS, RESOURCES, plugin_version

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.BOOL: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
    Kind.STRINGS: {"type": "array", "items": {"type": "string"}},
    Kind.TAGS: {"type": "object", "additionalProperties": {"type": "string"}},
    Kind.OBJECTS: {"type": "array", "items": {"$ref": "pulumi.json#/Any"}},
}


def package_schema() -> str:
    resources = {}
    for token, kind in RESOURCES.items():
        inputs = [item for item in kind.properties if not item.output and item.name != "tagsAll"]
        resources[token] = {
            "properties": {item.name: _type(item) for item in kind.properties},
            "inputProperties": {item.name: _type(item) for item in inputs},
            "requiredInputs": sorted(item.name for item in inputs if item.required),
        }
    functions = {token: {"outputs": {"type": "object", "properties": {}}} for token in FUNCTIONS}
    return json.dumps(
        {
            "name": "aws",
            "version": plugin_version(),
            # In `aws:iam/role:Role` the module is `iam`.
            "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
            "resources": resources,
            "functions": functions,
        }
    )


def _type(item: Property) -> dict[str, Any]:
    return _TYPES.get(item.kind, {"type": "string"})
