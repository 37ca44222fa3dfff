"""What is in a stack's state, as `Stacks.export` returns it."""

from collections.abc import Mapping
from typing import Any

from automation.events import Resource


def parts(state: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The resources, and the pending operations that a killed run left."""
    deployment = state.get("deployment") or {}
    return deployment.get("resources") or [], deployment.get("pending_operations") or []


def is_empty(state: Mapping[str, Any]) -> bool:
    """Whether a state has neither resources nor pending operations."""
    return not any(parts(state))


def protected(state: Mapping[str, Any]) -> list[Resource]:
    """The protected resources in a state, which the engine refuses to delete.
    https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"""
    return [Resource(resource["urn"]) for resource in parts(state)[0] if resource.get("protect")]


def held(state: Mapping[str, Any]) -> list[Resource]:
    """The resources in a state that exist in AWS: all except components and providers."""
    return [
        Resource(resource["urn"])
        for resource in parts(state)[0]
        if resource.get("custom") and not resource["type"].startswith("pulumi:")
    ]
