"""Stacks whose configuration file was removed: no command works on them any more, and none destroys them by itself."""

from collections.abc import Collection
from pathlib import Path

from shared.errors import LayerError
from shared.layers import LAYERS, StackId, parse_stack


def ways(stack: StackId) -> str:
    """What the user can do about a stack that has no file."""
    restore = f"restore {stack.config_label} (git log -- {stack.config_label})"
    name, env = stack.account, stack.environment
    if name is None:
        return f"{restore}; to be rid of it, then: invoke destroy {stack.label} --env {env}"
    return (
        f"{restore}; if its file has another name now: invoke rename-account {name} NEW --env {env}; "
        f"if the account is to go: invoke close-account {name} --env {env}; "
        f"if others look after it: invoke forget-account {name} --env {env}"
    )


def removed(changed: Collection[Path], environment: str, root: Path) -> list[StackId]:
    """The stacks of `environment` whose file is among the `changed` ones and does not exist."""
    found = []
    for layer in LAYERS:
        for file in changed:
            name = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
            if file.parent != root.resolve() / "stacks" / layer or file.name != f"Pulumi.{name}.yaml" or file.exists():
                continue
            try:
                stack = parse_stack(layer, name)
            except LayerError:
                continue
            if stack.environment == environment:
                found.append(stack)
    return sorted(found)
