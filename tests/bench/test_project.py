"""The generated organization: as many accounts as wanted, and right by the project's own check."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from automation.configuration import check
from bench.project import account_names, change_owner, write_accounts
from shared.layers import StackId, discover
from tests.configuration import write_sandbox


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sandbox(tmp_path)


@pytest.mark.parametrize("number", [1, 200])
def test_the_accounts_take_the_place_of_the_examples_and_are_right(root: Path, number: int) -> None:
    write_accounts(root, number)
    stacks = discover("sandbox", root)
    assert [stack.account for stack in stacks if stack.account] == account_names(number)
    check(stacks, root)


def test_the_engine_has_nothing_to_add_to_a_file(root: Path) -> None:
    write_accounts(root, 1)
    document = yaml.safe_load(StackId("accounts", "sandbox", "a001").config_file(root).read_text())
    assert document["encryptionsalt"].startswith("v1:")


def test_one_account_changes_and_stays_right(root: Path) -> None:
    write_accounts(root, 2)
    before = StackId("accounts", "sandbox", "a002").config_file(root).read_text()
    change_owner(root, "a001", "new-owner")
    document = yaml.safe_load(StackId("accounts", "sandbox", "a001").config_file(root).read_text())
    assert document["config"]["accounts:tags"]["Owner"] == "new-owner"
    assert StackId("accounts", "sandbox", "a002").config_file(root).read_text() == before
    check(discover("sandbox", root), root)
