"""Inputs of a resource that a run began to create."""

from __future__ import annotations

from automation.backend.pending import Creation


def text(creation: Creation, key: str) -> str | None:
    """A text input; None if it is missing or encrypted."""
    value = creation.inputs.get(key)
    return value if isinstance(value, str) else None
