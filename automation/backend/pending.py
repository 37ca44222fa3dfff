"""Pending creations in a stack's state: it is unknown whether these resources exist.

A killed engine leaves each resource that it was creating, updating or deleting as a pending operation.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation.events import StepEventStateMetadata
from pulumi.runtime import rpc

from automation.backend.resources import parts
from automation.events import Resource

MASK = "[secret]"
"""What the engine's events show instead of a secret."""

_MASKED = {rpc._special_sig_key: rpc._special_secret_sig, "plaintext": json.dumps(MASK)}
"""How a state marks a secret: https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/sig/sig.go"""


@dataclass(frozen=True)
class Creation:
    """A resource that a run began to create. It may exist in AWS, but it is not in the state."""

    resource: Resource
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The inputs of its provider."""
    parent: Resource | None = None
    made_by: Resource | None = None
    """Its provider."""

    def text(self, key: str) -> str | None:
        """A text input; None if it is missing or encrypted."""
        value = self.inputs.get(key)
        return value if isinstance(value, str) else None


def unfinished(state: Mapping[str, Any]) -> list[Creation]:
    """The pending creations in `state` (as `Stacks.export` returns it) whose resources are not in the state."""
    resources, pending = parts(state)
    known = {resource["urn"] for resource in resources}
    by_reference = {f"{each['urn']}::{each.get('id', '')}": each.get("inputs", {}) for each in resources}
    return [
        Creation(
            Resource(operation["resource"]["urn"]),
            operation["resource"].get("inputs", {}),
            by_reference.get(operation["resource"].get("provider", ""), {}),
            _resource(operation["resource"].get("parent")),
            _resource(operation["resource"].get("provider", "").rpartition("::")[0]),
        )
        for operation in pending
        if operation["type"] == "creating" and operation["resource"]["urn"] not in known
    ]


def _resource(urn: str | None) -> Resource | None:
    return Resource(urn) if urn else None


def with_pending(state: Mapping[str, Any], failed: Iterable[StepEventStateMetadata]) -> dict[str, Any]:
    """`state` with the failed creations added as pending operations, as a killed engine leaves them."""
    operations = []
    for each in failed:
        fields = {
            "urn": each.urn,
            "custom": True,
            "type": each.type,
            "inputs": _readable(each.inputs or {}),
            "parent": each.parent,
            "protect": each.protect,
            "retainOnDelete": each.retain_on_delete,
            "provider": each.provider,
        }
        operations.append({"resource": {key: value for key, value in fields.items() if value}, "type": "creating"})
    deployment = {**(state.get("deployment") or {}), "pending_operations": [*parts(state)[1], *operations]}
    return {**state, "deployment": deployment}


def _readable(value: Any) -> Any:
    """An input in the format of a state. The engine's events have a mask where the input is a secret.

    The state must say that the input is a secret, but may have the mask as its value: the next refresh replaces it.
    """
    if value == MASK or rpc.is_rpc_secret(value):
        return _MASKED
    if isinstance(value, dict):
        return {key: _readable(each) for key, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list) else value


def imported(state: Mapping[str, Any], identities: Mapping[str, str]) -> dict[str, Any]:
    """`state` with the pending creations in `identities` (URN → id) turned into resources with that id.

    Their properties are those of the program, so a refresh must follow. (The engine's own command, `pulumi refresh
    --import-pending-creates`, loses these properties in version 3.259.0.)
    """
    resources, pending = parts(state)
    added = [
        {
            # A provider needs these outputs to read the resource, for example the region of a vault.
            "outputs": operation["resource"].get("inputs", {}),
            **operation["resource"],
            "id": identities[operation["resource"]["urn"]],
        }
        for operation in pending
        if operation["type"] == "creating" and operation["resource"]["urn"] in identities
    ]
    left = [operation for operation in pending if operation["resource"]["urn"] not in identities]
    deployment = {**state["deployment"], "resources": [*resources, *added], "pending_operations": left}
    return {**state, "deployment": deployment}
