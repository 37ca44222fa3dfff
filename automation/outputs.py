"""Stack outputs, read side by side: for people, for scripts, and the way into each account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from automation.runs import Run
from shared.layers import StackId


def read(run: Run, chosen: Sequence[StackId], *, show_secrets: bool) -> dict[StackId, dict[str, Any]]:
    """The outputs of each chosen stack that exists. Raises `automation.stacks.StackFailed`."""
    with ThreadPoolExecutor(run.parallel) as pool:
        found = pool.map(lambda stack: run.engine.outputs(stack, show_secrets=show_secrets), chosen)
        return {stack: outputs for stack, outputs in zip(chosen, found, strict=True) if outputs is not None}


def as_json(found: dict[StackId, dict[str, Any]]) -> str:
    """One object: outputs by the stack's label."""
    return json.dumps({stack.label: outputs for stack, outputs in found.items()}, indent=2)


def show(console: Console, chosen: Sequence[StackId], found: dict[StackId, dict[str, Any]]) -> None:
    """Print each stack's outputs; of a stack that has none, that it is not deployed."""
    for stack in chosen:
        console.print(f"[bold]{stack.label}[/bold]")
        outputs = found.get(stack) or {}
        if not outputs:
            console.print("  not deployed yet")
        for name, value in sorted(outputs.items()):
            console.print(f"  {name}: {_text(value)}", markup=False)


def show_access(console: Console, found: dict[StackId, dict[str, Any]]) -> None:
    """Print how to get into each account: its id, its roles, and the console's link that switches to it."""
    table = Table("account", "id", "role", "ARN", box=box.SIMPLE)
    links = []
    for stack, outputs in found.items():
        roles = outputs.get("roleArns") or {}
        for index, (role, arn) in enumerate(sorted(roles.items())):
            table.add_row(*((stack.label, str(outputs.get("accountId"))) if index == 0 else ("", "")), role, str(arn))
        if link := outputs.get("switchRoleLink"):
            links.append(f"{stack.label}: {link}")
    if not table.row_count:
        console.print("no account is deployed yet: invoke deploy-all")
        return
    console.print(table)
    console.print("In the console, signed in to the management account, switch with:")
    for link in links:
        console.print(f"  {link}", markup=False)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
