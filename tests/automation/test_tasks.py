"""The commands as a user types them: help, and one plain message for each mistake."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tasks
from bench.copies import copy_repository, user_environment
from tests.configuration import write_sandbox

Invoke = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository that has the tests' configuration."""
    root = tmp_path_factory.mktemp("copy")
    copy_repository(root)
    return write_sandbox(root)


@pytest.fixture(scope="module")
def invoke(copy: Path) -> Invoke:
    """`invoke` with arguments, at the top of the copy, and with more variables."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "invoke", *arguments]
        return subprocess.run(
            command,
            cwd=copy,
            env={**user_environment(copy), **variables},
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
        *("outputs", "access", "accounts", "graph", "doctor", "add-account", "audit", "adopt", "import"),
        *("account-request", "pull-request", "workflows", "validate", "explain", "completion", "new-environment"),
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
        (
            ["deploy-all", "--plan", "none.json"],
            "--plan is 'none.json', which cannot be read: No such file",
        ),
        (["deploy-all", "--shard", "3/2"], "--shard is '3/2'; allowed: a number, a slash and how many parts there are"),
        (["preview-all", "--plan", "plan.txt"], "--plan is 'plan.txt'; allowed: a file that ends in .json"),
        (["up", "developer"], "no stack or layer is called 'developer'; did you mean accounts/developer?; there are: "),
        (["up", "acounts/developer"], "did you mean accounts/developer?"),
        (["deploy-all", "--layer", "account"], "no layer is called 'account'; did you mean accounts?; there are: org"),
        (["deploy-al"], "no command is called 'deploy-al'; did you mean invoke deploy-all? all of them: invoke --list"),
        (["sandbox.strat"], "no command is called 'sandbox.strat'; did you mean invoke sandbox.start?"),
        (["frobnicate"], "no command is called 'frobnicate'; all of them: invoke --list"),
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


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_a_command_that_takes_a_name(invoke: Invoke, option: str) -> None:
    done = invoke("up", option)
    assert done.returncode == 0
    assert "Deploy one layer or one account." in done.stdout


def test_all_configuration_is_validated(invoke: Invoke) -> None:
    done = invoke("validate")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "sandbox: 5 stack files and what they refer to are right\n"
    assert json.loads(invoke("validate", "--json").stdout) == {"environments": {"sandbox": []}}
    wrong = invoke("validate", "--env", "prod")
    assert wrong.returncode == 1
    assert "no environment is called 'prod'" in wrong.stdout


def test_a_key_is_explained(invoke: Invoke) -> None:
    assert invoke("explain", "accounts:budget").stdout.startswith("accounts:budget\n  meaning   what a month may cost")
    assert "org:mode " in invoke("explain", "org").stdout
    assert "did you mean org:protect?" in invoke("explain", "org:protct").stderr


def test_what_is_wrong_is_there_for_scripts(copy: Path, invoke: Invoke) -> None:
    file = copy / "stacks/org/Pulumi.sandbox.yaml"
    before = file.read_text()
    file.write_text(before + "x: [\n")
    try:
        done = invoke("validate", "--json")
    finally:
        file.write_text(before)
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["environments"]["sandbox"]
    line = before.count("\n") + 1
    assert (problem["file"], problem["line"], problem["column"]) == ("stacks/org/Pulumi.sandbox.yaml", line, 5)
    assert problem["message"].startswith("not YAML: ")


def test_a_terminal_that_knows_only_ascii(invoke: Invoke) -> None:
    done = invoke("graph", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "policies" in done.stdout


@pytest.mark.parametrize("words", ["graph --json", "deploy-all --help", "--list"])
def test_a_reader_that_has_seen_enough(copy: Path, words: str) -> None:
    script = f"{sys.executable} -m invoke {words} | head -c 1"
    command = ["bash", "-o", "pipefail", "-c", script]
    environment = {**user_environment(copy), "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert len(done.stdout) == 1
    assert done.stderr == ""


def test_a_folder_of_logs_that_cannot_be_written(copy: Path, invoke: Invoke) -> None:
    (copy / ".runs").write_text("a file")
    try:
        done = invoke("preview-all")
    finally:
        (copy / ".runs").unlink()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ".runs: " in done.stderr


def test_graph(invoke: Invoke) -> None:
    assert invoke("graph", "--svg").stdout.startswith("<svg ")
    listed = invoke("graph", "--layer", "policies", "--with-dependencies")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["org", "policies"]
    drawn = invoke("graph", "--mermaid")
    assert drawn.returncode == 0
    assert drawn.stdout.startswith("flowchart LR\n")
    assert '["accounts/developer"]' in drawn.stdout
