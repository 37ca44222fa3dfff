"""What a stack's state has in it, as `Stacks.export` gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.events import Resource


def parts(state: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The resources, and the operations that a killed run has left pending."""
    deployment = state.get("deployment") or {}
    return deployment.get("resources") or [], deployment.get("pending_operations") or []


def is_empty(state: Mapping[str, Any]) -> bool:
    """Whether a state has nothing in it, not even what is pending."""
    return not any(parts(state))


def protected(state: Mapping[str, Any]) -> list[Resource]:
    """The protected resources of a state: the engine refuses to delete them.
    https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"""
    return [Resource(resource["urn"]) for resource in parts(state)[0] if resource.get("protect")]


def held(state: Mapping[str, Any]) -> list[Resource]:
    """The resources of a state that are something in AWS: not components, and not providers."""
    return [
        Resource(resource["urn"])
        for resource in parts(state)[0]
        if resource.get("custom") and not resource["type"].startswith("pulumi:")
    ]
