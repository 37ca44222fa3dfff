"""The commands as a user types them: help, and one plain message for each mistake."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

import tasks
from bench.copies import copy_repository, user_environment
from tests.configuration import write_sandbox

Invoke = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def invoke(tmp_path_factory: pytest.TempPathFactory) -> Invoke:
    """`invoke` with arguments, at the top of a copy of the repository that has the tests' configuration."""
    root = tmp_path_factory.mktemp("copy")
    copy_repository(root)
    write_sandbox(root)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "invoke", *arguments]
        return subprocess.run(
            command,
            cwd=root,
            env=user_environment(root),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


def test_the_list_has_every_command(invoke: Invoke) -> None:
    listed = invoke("--list")
    assert listed.returncode == 0
    names = set(re.findall(r"^  (\S+)  ", listed.stdout, re.MULTILINE))
    assert names == {
        *("deploy-all", "preview-all", "destroy-all", "refresh-all", "drift", "up", "preview", "destroy"),
        *("outputs", "access", "graph", "doctor", "add-account", "audit", "import"),
        *("rename-account", "change-email", "close-account", "forget-account"),
        *("sandbox.start", "sandbox.stop", "sandbox.reset", "sandbox.status", "sandbox.env"),
    }


@pytest.mark.parametrize("name", sorted(tasks.namespace.task_names))
def test_every_command_and_argument_has_help(name: str) -> None:
    task = tasks.namespace[name]
    assert task.__doc__
    arguments = list(inspect.signature(task.body).parameters)[1:]
    assert set(task.help) == set(arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["deploy-all", "--env", "nope"], "no environment is called 'nope'"),
        (["deploy-all", "--stack", "prod"], "--stack is not an option here; allowed: --env NAME for the environment"),
        (["up", "org", "--stack=prod"], "--stack is not an option here; allowed: --env prod for the environment"),
        (["deploy-all", "--only", "nope"], "no stack fits 'nope'; there are: org, "),
        (["deploy-all", "--layer", "nope"], "no layer is called 'nope'; there are: org, "),
        (["deploy-all", "--parallel", "many"], "--parallel is 'many'; allowed: a whole number, 1 or more"),
        (["deploy-all", "--parallel", "0"], "--parallel is '0'; allowed"),
        (["up", "nope"], "no stack or layer is called 'nope'; there are: org, "),
        (["graph", "--mermaid", "--svg"], "--mermaid and --svg are given together; allowed: one of them"),
        (["graph", "--only", "nope"], "no stack fits 'nope'; there are: org, "),
        (["deploy-all", "--report", "run.txt"], "--report is 'run.txt'; allowed: a file that ends in .json or .xml"),
        (["graph", "--env", "../etc"], "environment '../etc': allowed are"),
        (
            ["add-account", "x", "--email", "x", "--ou", "Development", "--tag", "Owner"],
            "--tag is 'Owner'; allowed: KEY=VALUE",
        ),
    ],
)
def test_a_mistake_is_one_message(invoke: Invoke, arguments: list[str], message: str) -> None:
    done = invoke(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_graph(invoke: Invoke) -> None:
    assert invoke("graph", "--svg").stdout.startswith("<svg ")
    listed = invoke("graph", "--layer", "policies", "--with-dependencies")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["org", "policies"]
    drawn = invoke("graph", "--mermaid")
    assert drawn.returncode == 0
    assert drawn.stdout.startswith("flowchart LR\n")
    assert '["accounts/developer"]' in drawn.stdout
