"""Completion: what a word may become, and a real shell that asks for it."""

import subprocess
from pathlib import Path

import pytest

import tasks
from automation.completion import candidates, script
from bench.copies import copy_repository, user_environment
from shared.errors import UsageError
from tests.configuration import write_production, write_sandbox


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_production(write_sandbox(tmp_path))
    (tmp_path / "stacks/accounts/Pulumi.prod.developer.yaml").unlink()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dep"], ["deploy-all"]),
        (["sandbox.st"], ["sandbox.start", "sandbox.status", "sandbox.stop"]),
        (["deploy-all", "--env", ""], ["prod", "sandbox"]),
        (["deploy-all", "--env", "p"], ["prod"]),
        (["deploy-all", "--layer", "p"], ["policies"]),
        (["deploy-all", "--only", "accounts/d"], ["accounts/developer"]),
        (["deploy-all", "--env", "prod", "--only", "accounts/"], ["accounts/shared-test"]),
        (["up", "acc"], ["accounts", "accounts/developer", "accounts/shared-test"]),
        (["up", "org", ""], []),
        (["up", "--env", "prod", "accounts/"], []),
        (["close-account", "d"], ["developer"]),
        (["deploy-all", "--fail"], ["--fail-fast"]),
        (["nothing", "--"], []),
        (["deploy-all", "--env", "none", "--only", ""], []),
        (["xyz"], []),
    ],
    ids=" ".join,
)
def test_what_a_word_may_become(root: Path, words: list[str], expected: list[str]) -> None:
    assert candidates(words, root) == expected


def test_nothing_typed_is_all_commands(root: Path) -> None:
    assert {"deploy-all", "up", "validate"} < set(candidates([], root))


def test_the_commands_keep_their_help(root: Path) -> None:
    candidates(["deploy-all", "--fail"], root)
    assert tasks.namespace["deploy-all"].help


def test_a_shell_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="no completion for the shell 'tcsh'; allowed: bash, zsh, fish"):
        script("tcsh")


def test_bash_completes(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    write_sandbox(tmp_path)
    lines = [
        "set -euo pipefail",
        "source <(invoke completion bash)",
        *("COMP_WORDS=(invoke up accounts/d)", "COMP_CWORD=2", "_invoke_organization", 'echo "${COMPREPLY[*]}"'),
        *("COMP_WORDS=(invoke deploy-all --env '')", "COMP_CWORD=3", "_invoke_organization", 'echo "${COMPREPLY[*]}"'),
        "complete -p invoke",
    ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=tmp_path, env=user_environment(tmp_path), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    first, second, registered = done.stdout.splitlines()
    assert (first, second) == ("accounts/developer", "sandbox")
    assert "-F _invoke_organization invoke" in registered
