"""The table: every resource type and function that the embedded provider knows, by its Pulumi token.

A test compares it with the installed `pulumi_aws` SDK, property by property.
"""

import json
from importlib.metadata import version
from typing import Any

from sandbox.provider.errors import ProviderError
from sandbox.provider.functions import FUNCTIONS as _FUNCTIONS
from sandbox.provider.resources import (
    accounts,
    backup,
    baseline,
    budgets,
    iam_principals,
    iam_roles,
    identity_store,
    organizations,
    root_access,
    sso_admin,
    sso_policies,
)
from sandbox.provider.schema import Function, Kind, Property, ResourceType

_MODULES = (
    organizations,
    root_access,
    accounts,
    iam_principals,
    iam_roles,
    identity_store,
    sso_admin,
    sso_policies,
    backup,
    baseline,
    budgets,
)

RESOURCES: dict[str, ResourceType] = {kind.token: kind for module in _MODULES for kind in module.TYPES}
FUNCTIONS: dict[str, Function] = {function.token: function for function in _FUNCTIONS}


_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.BOOL: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
    Kind.STRINGS: {"type": "array", "items": {"type": "string"}},
    Kind.TAGS: {"type": "object", "additionalProperties": {"type": "string"}},
    Kind.OBJECTS: {"type": "array", "items": {"$ref": "pulumi.json#/Any"}},
    Kind.OBJECT: {"$ref": "pulumi.json#/Any"},
}


def plugin_version() -> str:
    """The version of the official plugin that this provider stands in for: that of the installed SDK."""
    return version("pulumi-aws")


def resource_type(token: str) -> ResourceType:
    """The entry for `token`; raises `ProviderError` when there is none."""
    if token not in RESOURCES:
        raise ProviderError(_unknown("resource type", token, RESOURCES))
    return RESOURCES[token]


def function(token: str) -> Function:
    """The entry for `token`; raises `ProviderError` when there is none."""
    if token not in FUNCTIONS:
        raise ProviderError(_unknown("function", token, FUNCTIONS))
    return FUNCTIONS[token]


def _unknown(what: str, token: str, known: dict[str, ResourceType] | dict[str, Function]) -> str:
    return (
        f"the embedded AWS provider does not know the {what} {token}. It covers only what this project uses: "
        f"{', '.join(sorted(known))}. For all of AWS get the official plugin: "
        f"pulumi plugin install resource aws {plugin_version()}"
    )


def package_schema() -> str:
    """The table as `pulumi import` needs it to write code:
    https://www.pulumi.com/docs/using-pulumi/pulumi-packages/schema/
    """
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
