"""Production needs nothing of the sandbox: all that a cloud environment takes works with its folder deleted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from bench.copies import copy_repository, user_environment
from tests.configuration import write_sandbox

WITHOUT_THE_REPOSITORY = """
import os, sys

sys.path[:] = [path for path in sys.path if not os.path.isdir(os.path.join(path, "sandbox", "emulator"))]
"""
"""The virtual environment is the repository's, which makes that repository's packages importable too, so also its
`sandbox`. Python runs this when it starts: https://docs.python.org/3/library/site.html#module-sitecustomize"""

IMPORT_ALL = """
import importlib, pkgutil, sys

for name in ("automation", "engine", "shared", "stacks"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        # Those are programs: they are run below.
        if not (name == "stacks" and module.name.endswith("__main__")):
            importlib.import_module(module.name)
import tasks

assert [name for name in sys.modules if name.partition(".")[0] == "sandbox"] == []
print(len([name for name in sys.modules if name.startswith("automation.")]), "modules of automation")
"""

PREVIEW_WITH_MOCKS = """
from tests.stacks.harness import run_program
from tests.stacks.samples import ACCOUNT, POLICY_SETTINGS, UPSTREAM

SETTINGS = {
    "org": {"mode": "create", "organizationalUnits": ["Development"]},
    "identity": {"users": ["ada"]},
    "policies": POLICY_SETTINGS,
    "accounts": ACCOUNT,
}
for layer, settings in SETTINGS.items():
    stack = "prod.shop" if layer == "accounts" else "prod"
    run = run_program(layer, stack, settings, upstream=UPSTREAM, preview=True)
    assert len(run.aws()) > 1, layer
    print(layer, "is previewed")
"""

PREVIEW_A_RUN = """
import pathlib, sys, tempfile
from automation import guards, operations
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun

guards.GUARDS = ()  # there is no AWS to ask
stacks = [StackId("org", "prod"), StackId("accounts", "prod", "shop")]
made = FakeRun(pathlib.Path(tempfile.mkdtemp()), stacks, {stack: {"deployment": {}} for stack in stacks})
code = operations.preview(made.run, stacks)
print(made.engine.done)
sys.exit(code)
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command in a copy of the repository without `sandbox/`, whose environment `prod` is configured."""
    root = tmp_path_factory.mktemp("copy")
    copy_repository(root)
    shutil.rmtree(root / "sandbox")
    (root / "sitecustomize.py").write_text(WITHOUT_THE_REPOSITORY)
    write_sandbox(root)
    for example in (root / "stacks").glob("*/*.yaml.example"):
        shutil.copyfile(example, example.with_suffix(""))

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = user_environment(root)
        return subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (IMPORT_ALL, "modules of automation"),
        (PREVIEW_WITH_MOCKS, "accounts is previewed"),
        (PREVIEW_A_RUN, "['preview org', 'preview accounts/shop']"),
    ],
    ids=["every module is imported", "every program is previewed", "a run previews"],
)
def test_it_works(run: Run, program: str, printed: str) -> None:
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout


def test_the_commands_work_and_the_sandbox_is_one_clear_error(run: Run) -> None:
    assert run("invoke", "--list").returncode == 0
    graph = run("invoke", "graph", "--env", "prod")
    assert (graph.returncode, [line.split()[0] for line in graph.stdout.splitlines()]) == (
        0,
        ["org", "identity", "policies", "accounts/web-shop"],
    )
    refused = run("invoke", "deploy-all")
    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        "environment 'sandbox' needs the folder sandbox/, which this repository does not have; "
        "allowed: another environment, with --env"
    )


def test_the_sandbox_s_own_commands_are_one_clear_error_too(run: Run) -> None:
    for name in ("start", "stop", "reset", "status", "env"):
        refused = run("invoke", f"sandbox.{name}")
        assert refused.returncode == 1
        assert "needs the folder sandbox/" in refused.stderr
        assert "Traceback" not in refused.stderr
