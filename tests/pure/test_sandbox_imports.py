"""The emulated AWS and the provider know nothing of each other, nor of what is above them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

OWN = {"automation", "bench", "engine", "sandbox", "shared", "stacks", "tasks", "tests"}
SANDBOX = Path(__file__).resolve().parents[2] / "sandbox"


def imported(file: Path) -> set[str]:
    """The modules that a file imports anywhere, inside functions as well."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("emulator", {"sandbox.emulator", "sandbox.credentials"}),
        ("emulator/policy_evaluation", {"sandbox.emulator.policy_evaluation"}),
        ("provider", {"sandbox.provider"}),
    ],
)
def test_what_the_parts_of_the_sandbox_import(folder: str, allowed: set[str]) -> None:
    files = list((SANDBOX / folder).rglob("*.py"))
    own = {(file.name, name) for file in files for name in imported(file) if name.split(".")[0] in OWN}
    assert own
    assert {(file, name) for file, name in own if not any(f"{name}.".startswith(f"{one}.") for one in allowed)} == set()
