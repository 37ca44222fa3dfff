"""Stacks in the backend that no file describes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation import operations
from automation.inventory import stacks as inventory
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun

ENV = "prod"
ORG, IDENTITY, NEW = StackId("org", ENV), StackId("identity", ENV), StackId("accounts", ENV, "new")
OLD = StackId("accounts", ENV, "old")
EMPTY: dict[str, Any] = {"deployment": {}}
NAMED = "the stack accounts/old (prod.old) has 1 resource in the state and no file"


def account(stack: StackId, identity: str = "111111111111", **inputs: Any) -> dict[str, Any]:
    """The state of a stack that has a member account."""
    kind = inventory.ACCOUNT
    resource = {"urn": f"urn:pulumi:{stack.name}::accounts::{kind}::account", "type": kind, "custom": True}
    return {"deployment": {"resources": [{**resource, "id": identity, "inputs": inputs}]}}


def made(root: Path, states: dict[StackId, dict[str, Any]]) -> FakeRun:
    """A run whose account `new` has that name and address in its file."""
    file = NEW.config_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"config": {"accounts:name": "Shop", "accounts:email": "shop@example.com"}}))
    return FakeRun(root, [ORG, IDENTITY, NEW], {ORG: EMPTY, IDENTITY: EMPTY, **states})


def doing(fake: FakeRun, operation: str, *chosen: StackId) -> int:
    options: dict[str, dict[str, Any]] = {
        "deploy": {"yes": True, "interactive": False},
        "destroy": {"include_protected": True, "confirm": ENV, "yes": True, "interactive": False},
    }
    return int(getattr(operations, operation)(fake.run, chosen or fake.run.stacks, **options.get(operation, {})))


@pytest.mark.parametrize("operation", ["deploy", "preview", "refresh", "drift"])
def test_whoever_works_on_all_stacks_hears_of_one_without_a_file(tmp_path: Path, operation: str) -> None:
    fake = made(tmp_path, {OLD: account(OLD, email="old@example.com")})
    doing(fake, operation)
    assert fake.printed.count(NAMED) == 1
    for way in (
        "restore stacks/accounts/Pulumi.prod.old.yaml (git log -- stacks/accounts/Pulumi.prod.old.yaml)",
        "invoke rename-account old NEW --env prod",
        "invoke close-account old --env prod",
        "invoke forget-account old --env prod",
    ):
        assert way in fake.printed


def test_who_works_on_a_part_does_not(tmp_path: Path) -> None:
    other = StackId("accounts", ENV, "other")
    fake = made(tmp_path, {OLD: account(OLD, email="old@example.com")})
    fake.run.stacks.append(other)
    doing(fake, "refresh", NEW)
    assert "no file" not in fake.printed
    doing(fake, "refresh", NEW, other)
    assert NAMED in fake.printed


@pytest.mark.parametrize(
    "states",
    [
        {},
        {OLD: EMPTY},
        {StackId("accounts", "production", "old"): account(OLD)},
        {StackId("accounts", "other", "old"): account(OLD)},
    ],
)
def test_an_empty_stack_and_those_of_other_environments_are_nothing_to_speak_of(
    tmp_path: Path, states: dict[StackId, dict[str, Any]]
) -> None:
    fake = made(tmp_path, states)
    assert doing(fake, "refresh") == 0
    assert "no file" not in fake.printed
    assert doing(fake, "destroy") == 0


def test_a_layer_without_a_file_is_named_too(tmp_path: Path) -> None:
    policies = StackId("policies", ENV)
    fake = made(tmp_path, {policies: account(policies)})
    doing(fake, "refresh")
    assert "the stack policies (prod) has 1 resource in the state and no file: restore stacks/policies/" in fake.printed
    assert "then: invoke destroy policies --env prod" in fake.printed
    assert "-account" not in fake.printed


@pytest.mark.parametrize("operation", ["deploy", "preview", "refresh"])
@pytest.mark.parametrize(
    "inputs",
    [
        {"name": "Shop", "email": "shop@example.com"},
        {"name": "Another", "email": "SHOP@example.com"},
        {"name": "Shop", "email": {"ciphertext": "x"}},
    ],
)
def test_an_account_that_such_a_stack_manages_is_not_made_again(
    tmp_path: Path, operation: str, inputs: dict[str, Any]
) -> None:
    fake = made(tmp_path, {OLD: account(OLD, **inputs)})
    for chosen in ([], [NEW]):
        with pytest.raises(UsageError, match="accounts/new has the account that the stack accounts/old") as error:
            doing(fake, operation, *chosen)
        assert "invoke rename-account old new --env prod" in str(error.value)
    assert fake.engine.done == []
    assert doing(fake, operation, ORG) == 0


@pytest.mark.parametrize(
    "inputs", [{"name": "Shop", "email": "other@example.com"}, {"name": "Other", "email": {"ciphertext": "x"}}, {}]
)
def test_another_account_is_made(tmp_path: Path, inputs: dict[str, Any]) -> None:
    fake = made(tmp_path, {OLD: account(OLD, **inputs)})
    assert doing(fake, "deploy") == 0
    assert "up accounts/new" in fake.engine.done


def test_two_stacks_with_one_account_are_said_so(tmp_path: Path) -> None:
    same = {"email": "shop@example.com"}
    fake = made(tmp_path, {OLD: account(OLD, **same), NEW: account(NEW, **same)})
    with pytest.raises(UsageError, match="both manage account 111111111111: invoke forget-account old --env prod"):
        doing(fake, "deploy")
    fake = made(tmp_path, {OLD: account(OLD, **same), NEW: account(NEW, "222222222222", **same)})
    assert doing(fake, "deploy") == 0


def test_nothing_is_destroyed_that_a_stack_without_a_file_reads(tmp_path: Path) -> None:
    fake = made(tmp_path, {OLD: account(OLD, email="old@example.com"), NEW: account(NEW)})
    for chosen in ([], [IDENTITY]):
        with pytest.raises(UsageError, match="nothing was destroyed") as error:
            doing(fake, "destroy", *chosen)
        assert NAMED in str(error.value)
    assert fake.engine.done == []
    assert doing(fake, "destroy", NEW) == 0


def test_a_deployment_that_is_previewed_first_names_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = made(tmp_path, {OLD: account(OLD, email="old@example.com")})
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert operations.deploy(fake.run, fake.run.stacks, yes=False, interactive=True) == 0
    assert fake.printed.count(NAMED) == 1


@pytest.mark.parametrize("end", [".json", ".json.gz"])
def test_stacks_are_found_in_a_folder_by_their_files_alone(tmp_path: Path, end: str) -> None:
    folder = tmp_path / ".pulumi" / "stacks" / "accounts"
    folder.mkdir(parents=True)
    for name in (f"prod.old{end}", f"prod.old{end}.bak", "prod.old.json.attrs", f"prod{end}", f"other.old{end}"):
        (folder / name).write_text(json.dumps({"checkpoint": {"latest": account(OLD)["deployment"]}}))
    fake = FakeRun(tmp_path, [ORG], {OLD: account(OLD)}, tmp_path.as_uri())
    assert [(each.stack, each.held) for each in inventory.undeclared(fake.run)] == [(OLD, 1)]
