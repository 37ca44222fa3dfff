"""A small repository of the same shape as this one, whose stacks put items on a shelf (see shelf.py)."""

import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from automation import caller, guards
from automation.environments import environment as environment_of
from automation.inventory import closed, comparison
from automation.inventory.identities import Identities
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
    pulumi.StackReference(f"organization/{layer}/{pulumi.get_stack().partition('.')[0]}")
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


@pytest.fixture(autouse=True)
def no_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    """These stacks are in no AWS: `drift` finds nothing there, unless a test gives it something."""
    monkeypatch.setattr(comparison, "read_organization", lambda _environment, _root: None)
    monkeypatch.setattr(comparison, "read_identities", lambda _environment, _root: Identities())
    monkeypatch.setattr(closed, "current_state", lambda _environment, _root, _account: "ACTIVE")


@pytest.fixture(scope="session")
def engine(pulumi_engine: Engine) -> Engine:
    """The engine of this machine."""
    return pulumi_engine


@pytest.fixture
def repository(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty small repository, with this process's environment set for its engine."""
    made = Repository(tmp_path, engine)
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "AWS_")):
            monkeypatch.delenv(name)
    for name, value in {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": made.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "SHELF": str(made.shelf),
        "PATH": os.pathsep.join([str(engine.bin), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
    }.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> tuple[guards.Guard, ...]:
    """Runs over these stacks of ours have no AWS that could say whose their credentials are. The value is all guards
    that users have."""
    everyone_s = guards.GUARDS
    monkeypatch.setattr(guards, "GUARDS", tuple(guard for guard in guards.GUARDS if guard is not caller.require))
    return everyone_s
