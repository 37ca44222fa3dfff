"""`doctor` names the stacks without a file, in any backend, and says nothing of one that it cannot list."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automation.inventory.doctor import undeclared_stacks
from shared.errors import EnvironmentNotReady
from shared.layers import StackId
from tests.automation.inventory.test_foreign import resource, state

ORG, OLD = StackId("org", "prod"), StackId("accounts", "prod", "old")
LISTED = [
    {"name": "acme/org/prod", "resourceCount": 5},
    {"name": "acme/accounts/prod.old", "resourceCount": 21},
    {"name": "acme/accounts/prod.empty", "resourceCount": 0},
    {"name": "acme/accounts/other.old", "resourceCount": 3},
    {"name": "acme/website/prod", "resourceCount": 3},
    {"name": "old-format"},
]


def found(root: Path, backend: str, script: str) -> list[tuple[bool, str, str]]:
    """What it says, with an engine that is that script."""
    program = root / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (root / "stacks" / "org").mkdir(parents=True)
    where: Any = SimpleNamespace(name="prod", variables=lambda _engine: {"PULUMI_BACKEND_URL": backend})
    engine: Any = SimpleNamespace(command=SimpleNamespace(command=str(program)))
    return [(each.ok, each.what, each.remedy) for each in undeclared_stacks(where, engine, [ORG], root)]


def test_in_a_backend_that_the_engine_lists(tmp_path: Path) -> None:
    (only,) = found(tmp_path, "s3://bucket", f"echo '{json.dumps(LISTED)}'")
    ok, what, remedy = only
    assert not ok
    assert what == "the stack accounts/old (prod.old) has 21 resources in the state and no file"
    assert "invoke forget-account old --env prod" in remedy


@pytest.mark.parametrize("script", ["exit 1", "echo no JSON"])
def test_a_backend_that_does_not_answer_is_another_checks_business(tmp_path: Path, script: str) -> None:
    assert found(tmp_path, "s3://bucket", script) == []


def test_in_a_folder_no_engine_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "stacks" / "accounts"
    folder.mkdir(parents=True)
    content = {"checkpoint": {"latest": state(resource("aws:iam/role:Role", "x"))["deployment"]}}
    (folder / "prod.old.json").write_text(json.dumps(content))
    assert [what for _, what, _ in found(tmp_path, tmp_path.as_uri(), "exit 1")] == [
        "the stack accounts/old (prod.old) has 1 resource in the state and no file"
    ]


def test_an_environment_that_is_not_ready_has_its_own_check(tmp_path: Path) -> None:
    def refuse(_engine: object) -> dict[str, str]:
        raise EnvironmentNotReady("not running")

    where: Any = SimpleNamespace(name="prod", variables=refuse)
    engine: Any = None
    assert undeclared_stacks(where, engine, [ORG], tmp_path) == []
