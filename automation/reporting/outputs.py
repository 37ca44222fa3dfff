"""Stack outputs: as a table for people, as JSON for scripts, and how to sign in to each account."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console

from automation.reporting import tables
from automation.reporting.tables import Column
from automation.stacks import Stacks
from shared.errors import UsageError
from shared.layers import StackId

_MASKED = "[secret]"
"""What `pulumi stack output` shows instead of a secret."""


def read(
    stacks: Stacks, chosen: Sequence[StackId], *, parallel: int, show_secrets: bool = False
) -> dict[StackId, dict[str, Any]]:
    """The outputs of each chosen stack that exists; reads `parallel` stacks at a time. Raises `StackFailed`."""
    with ThreadPoolExecutor(parallel) as pool:
        found = pool.map(lambda stack: stacks.outputs(stack, show_secrets=show_secrets), chosen)
        return {stack: outputs for stack, outputs in zip(chosen, found, strict=True) if outputs is not None}


def as_json(found: dict[StackId, dict[str, Any]]) -> str:
    """One JSON object: stack label → outputs."""
    return json.dumps({stack.label: outputs for stack, outputs in found.items()}, indent=2)


def one(found: Mapping[StackId, Mapping[str, Any]], chosen: Sequence[StackId], name: str) -> str:
    """The value of the output `name` of the only chosen stack: text as it is, anything else as JSON.

    Raises `UsageError` unless exactly one stack is chosen and has this output. It also does so for a hidden secret,
    because a script would go on with the mask as its value.
    """
    if len(chosen) != 1:
        labels = ", ".join(stack.label for stack in chosen)
        raise UsageError(f"--name is for one stack, and these are chosen: {labels}; allowed: --only with one of them")
    stack = chosen[0]
    outputs = found.get(stack) or {}
    if name not in outputs:
        names = ", ".join(sorted(outputs)) or f"none, {stack.label} is not deployed yet"
        raise UsageError(f"--name is {name!r}; allowed, of {stack.label}: {names}")
    if outputs[name] == _MASKED:
        raise UsageError(f"output {name!r} of {stack.label} is secret; to print it: --show-secrets")
    return _text(outputs[name])


def show(console: Console, chosen: Sequence[StackId], found: dict[StackId, dict[str, Any]]) -> None:
    """Print each stack's outputs, or that the stack is not deployed if it has none."""
    for stack in chosen:
        console.print(f"[bold]{stack.label}[/bold]")
        outputs = found.get(stack) or {}
        if not outputs:
            console.print("  not deployed yet")
        for name, value in sorted(outputs.items()):
            console.print(f"  {name}: {_text(value)}", markup=False)


def show_access(console: Console, found: dict[StackId, dict[str, Any]]) -> None:
    """Print how to sign in to each account: its id, its roles, and the console links that switch to the roles."""
    rows, links = [], []
    for stack, outputs in found.items():
        roles = outputs.get("roleArns") or {}
        for index, (role, arn) in enumerate(sorted(roles.items())):
            rows.append([*((stack.label, str(outputs.get("accountId"))) if index == 0 else ("", "")), role, str(arn)])
        if link := outputs.get("switchRoleLink"):
            links.append(f"{stack.label}: {link}")
        for role, link in sorted((outputs.get("switchRoleLinks") or {}).items()):
            links.append(f"{stack.label}, {role}: {link}")
    if not rows:
        console.print("no account is deployed yet: invoke deploy-all")
        return
    tables.show(
        console, [Column("account"), Column("id"), Column("role"), Column("ARN", alone=True, phrase="{}")], rows
    )
    console.print("In the console, signed in to the management account, switch with:")
    for link in links:
        console.print(f"  {link}", markup=False)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
