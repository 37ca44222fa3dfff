"""A resource of a stack, as its state or a preview has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STACK = "pulumi:pulumi:Stack"
"""The type of a stack itself, whose properties are the stack's outputs."""


@dataclass(frozen=True)
class Resource:
    """A resource of a stack. `properties` are its inputs and, where it has them, its outputs."""

    type: str
    name: str
    id: str
    properties: Mapping[str, Any]
    kept: bool = False
    """It stays in AWS when it leaves the stack."""

    @classmethod
    def of_state(cls, found: Mapping[str, Any]) -> Resource:
        """A resource as a state has it: https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype"""
        properties = {**(found.get("outputs") or {}), **(found.get("inputs") or {})}
        return cls(
            str(found["type"]),
            str(found["urn"]).rpartition("::")[2],
            str(found.get("id") or ""),
            properties,
            bool(found.get("retainOnDelete")),
        )

    def get(self, name: str) -> str:
        """A property as text; empty if it has none, or it is encrypted."""
        value = self.properties.get(name)
        return value if isinstance(value, str) else ""
