"""The layer graph: which layers exist, which stacks each layer reads, and how stacks are named.

It is declared only here. The run queue orders the stacks by it, and a program may read only the layers that its own
layer declares (see `shared.stack_references`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.errors import LayerError

ROOT = Path(__file__).resolve().parent.parent
"""The root folder of the repository."""

SANDBOX = "sandbox"
"""The default environment. It needs nothing outside this repository."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\Z")


@dataclass(frozen=True)
class Layer:
    """One Pulumi project under `stacks/`.

    `reads` names the layers whose stack outputs its program may read. A layer with `per_account` has one stack per
    account; every other layer has one stack per environment.
    """

    name: str
    reads: tuple[str, ...]
    summary: str
    per_account: bool = False


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer("org", reads=(), summary="the organization, its OUs, policy types and trusted access"),
        Layer("identity", reads=("org",), summary="the management account's groups, users, automation"),
        Layer("policies", reads=("org",), summary="backup, tag and service control policies on the OUs"),
        Layer(
            "accounts",
            reads=("org", "identity", "policies"),
            summary="member accounts and everything inside them",
            per_account=True,
        ),
    )
}


@dataclass(frozen=True, order=True)
class StackId:
    """One Pulumi stack of one environment, for example `accounts/developer` in `sandbox`."""

    layer: str
    environment: str
    account: str | None = None

    @property
    def name(self) -> str:
        """The Pulumi stack name: `<environment>`, or `<environment>.<account>` for an account."""
        return f"{self.environment}.{self.account}" if self.account else self.environment

    @property
    def label(self) -> str:
        """The name in commands and output: `org`, `accounts/developer`."""
        return f"{self.layer}/{self.account}" if self.account else self.layer

    @property
    def project(self) -> str:
        """The name of the Pulumi project: the layer's name."""
        return self.layer

    def folder(self, root: Path = ROOT) -> Path:
        """The folder of the layer's program."""
        return root / "stacks" / self.layer

    def config_file(self, root: Path = ROOT) -> Path:
        """The path of the stack's configuration file, which may not exist."""
        return self.folder(root) / f"Pulumi.{self.name}.yaml"

    @property
    def config_label(self) -> str:
        """The path of the stack's configuration file as messages show it, relative to the root of the repository."""
        return f"stacks/{self.layer}/Pulumi.{self.name}.yaml"

    def upstream(self) -> list[StackId]:
        """The stacks whose outputs this stack reads. No stack reads a layer that is per account."""
        return [StackId(layer, self.environment) for layer in LAYERS[self.layer].reads]


def parse_stack(layer: str, stack_name: str) -> StackId:
    """The `StackId` of the Pulumi stack `stack_name` in the project `layer`.

    Raises `LayerError` for an unknown layer or a name that is not `<environment>` or,
    for a layer that is per account, `<environment>.<account>`.
    """
    if layer not in LAYERS:
        raise LayerError(f"no layer is called {layer!r}; there are: {', '.join(LAYERS)}")
    environment, dot, account = stack_name.partition(".")
    check_name("environment", environment)
    if LAYERS[layer].per_account:
        if not dot:
            raise LayerError(
                f"stack {stack_name!r} of layer {layer!r} names no account; "
                f"one stack is one account: {environment}.<account>"
            )
        check_name("account", account)
        return StackId(layer, environment, account)
    if dot:
        raise LayerError(f"stack {stack_name!r}: layer {layer!r} has one stack an environment, without a dot")
    return StackId(layer, environment)


def check_name(kind: str, name: str) -> None:
    """Raise `LayerError` unless `name` is valid as the environment or account part of a stack name."""
    if not _NAME.match(name):
        raise LayerError(
            f"{kind} {name!r}: allowed are lower-case letters, digits, '-' and '_', "
            "starting and ending with a letter or digit"
        )


def discover(environment: str, root: Path = ROOT) -> list[StackId]:
    """Every stack of an environment that has a configuration file, upstream stacks first.

    Raises `LayerError` when the environment has no configuration file, or when a stack reads another stack that has
    no configuration file.
    """
    check_name("environment", environment)
    found: list[StackId] = []
    for layer in LAYERS.values():
        folder = root / "stacks" / layer.name
        if layer.per_account:
            files = sorted(folder.glob(f"Pulumi.{environment}.*.yaml"))
            found += [parse_stack(layer.name, file.name[len("Pulumi.") : -len(".yaml")]) for file in files]
        elif (folder / f"Pulumi.{environment}.yaml").is_file():
            found.append(StackId(layer.name, environment))
    if not found:
        raise LayerError(
            f"no environment is called {environment!r}: stacks/*/Pulumi.{environment}.yaml does not exist; "
            f"there are: {', '.join(environments(root)) or 'none'}"
        )
    for stack in found:
        for upstream in stack.upstream():
            if upstream not in found:
                raise LayerError(
                    f"{stack.label} reads {upstream.label}, which has no configuration in environment "
                    f"{environment!r}: create stacks/{upstream.layer}/Pulumi.{environment}.yaml"
                )
    return found


def environments(root: Path = ROOT) -> list[str]:
    """The environments that have at least one configuration file, in alphabetical order."""
    files = (root / "stacks").glob("*/Pulumi.*.yaml")
    return sorted({file.name[len("Pulumi.") : -len(".yaml")].partition(".")[0] for file in files})


def graph(stacks: Iterable[StackId]) -> dict[StackId, set[StackId]]:
    """Each of `stacks` with those of `stacks` that it reads, as `graphlib.TopologicalSorter` takes it."""
    chosen = set(stacks)
    return {stack: {up for up in stack.upstream() if up in chosen} for stack in sorted(chosen)}
