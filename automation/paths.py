"""Paths as messages show them."""

from pathlib import Path


def short(path: Path, root: Path) -> Path:
    """`path` relative to `root` if it is inside of it, otherwise unchanged."""
    return path.relative_to(root) if path.is_relative_to(root) else path
