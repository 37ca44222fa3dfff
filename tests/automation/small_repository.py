"""A small repository of the same shape as this one, whose stacks put items on a shelf (see shelf.py).

It imports nothing that only tests have: worlds with few packages work with it, too.
"""

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from automation.environments import environment as environment_of
from automation.reporting.display import PLAIN_WIDTH
from automation.runs import Run, make_run
from engine.install import Engine
from shared.layers import SANDBOX, StackId

PROGRAM = """
import json
import pathlib

import pulumi


class Item(pulumi.CustomResource):
    def __init__(self, name, color, seconds=0, protect=False, retain=False):
        opts = pulumi.ResourceOptions(version="1.0.0", protect=protect, retain_on_delete=retain)
        super().__init__("shelf:index:Item", name, {"name": name, "color": color, "seconds": seconds}, opts)


plan = json.loads(pathlib.Path(f"plan.{pulumi.get_stack()}.json").read_text())
for layer in plan["reads"]:
    pulumi.StackReference(f"{pulumi.get_organization()}/{layer}/{pulumi.get_stack().partition('.')[0]}")
for name, item in plan["items"].items():
    Item(name, **item)
if plan.get("error"):
    raise pulumi.RunError(plan["error"])
pulumi.export("items", sorted(plan["items"]))
if plan["secret"]:
    pulumi.export("word", pulumi.Output.secret("hush"))
"""


class Repository:
    """The small repository: its stacks are changed with `plan`, and `shelf` is what they made."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.root = root
        self.engine = engine
        self.shelf = root / "shelf"
        self.state = root / "state"
        self.printed = io.StringIO()
        for folder in (self.shelf, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        plugin = root / "home" / "plugins" / "resource-shelf-v1.0.0" / "pulumi-resource-shelf"
        plugin.parent.mkdir(parents=True, exist_ok=True)
        plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("shelf.py")}" "$@"\n')
        plugin.chmod(0o755)

    def plan(
        self,
        label: str,
        items: Mapping[str, Mapping[str, Any]],
        *,
        error: str | None = None,
        secret: bool = False,
        environment: str = SANDBOX,
    ) -> StackId:
        """Let the stack consist of `items`: arguments of Item by name."""
        layer, _, account = label.partition("/")
        stack = StackId(layer, environment, account or None)
        folder = stack.folder(self.root)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text(f"name: {layer}\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        if not stack.config_file(self.root).exists():
            stack.config_file(self.root).write_text("config: {}\n")
        reads = [up.layer for up in stack.upstream()]
        plan = {"items": items, "reads": reads, "error": error, "secret": secret}
        (folder / f"plan.{stack.name}.json").write_text(json.dumps(plan))
        return stack

    def run(
        self, environment: str = SANDBOX, *, parallel: int = 2, fail_fast: bool = False, report: Path | None = None
    ) -> Run:
        """A run over the repository, with logs of its own."""
        self.printed = io.StringIO()
        console = Console(file=self.printed, width=PLAIN_WIDTH, highlight=False, soft_wrap=True)
        logs = self.root / ".runs" / str(len(list(self.root.glob(".runs/*"))))
        logs.mkdir(parents=True)
        return make_run(
            environment_of(environment, self.root),
            self.engine,
            console,
            logs,
            self.root,
            parallel=parallel,
            fail_fast=fail_fast,
            report=report,
        )

    def items(self) -> dict[str, str]:
        """The color of everything on the shelf, by name."""
        return {file.stem: json.loads(file.read_text())["color"] for file in self.shelf.iterdir()}
