"""The generated organization: as many accounts as wanted, and right by the project's own check."""

from pathlib import Path

import pytest
import yaml

from automation.configuration import check
from bench.configuration import account_names, change_owner, write_configuration
from shared.layers import StackId, discover, environments
from tests.configuration import write_sandbox


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """With accounts and an environment that are not the benchmark's."""
    write_sandbox(tmp_path)
    (tmp_path / "stacks" / "org" / "Pulumi.prod.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.mark.parametrize("number", [1, 200])
def test_the_configuration_takes_the_place_of_what_is_there_and_is_right(root: Path, number: int) -> None:
    write_configuration(root, number)
    assert environments(root) == ["sandbox"]
    stacks = discover("sandbox", root)
    assert [stack.label for stack in stacks if not stack.account] == ["org", "identity", "policies"]
    assert [stack.account for stack in stacks if stack.account] == account_names(number)
    check(stacks, root)


def test_the_engine_has_nothing_to_add_to_a_file(root: Path) -> None:
    write_configuration(root, 1)
    for stack in discover("sandbox", root):
        assert yaml.safe_load(stack.config_file(root).read_text())["encryptionsalt"].startswith("v1:")


def test_one_account_changes_and_stays_right(root: Path) -> None:
    write_configuration(root, 2)
    before = StackId("accounts", "sandbox", "a002").config_file(root).read_text()
    change_owner(root, "a001", "new-owner")
    document = yaml.safe_load(StackId("accounts", "sandbox", "a001").config_file(root).read_text())
    assert document["config"]["accounts:tags"]["Owner"] == "new-owner"
    assert StackId("accounts", "sandbox", "a002").config_file(root).read_text() == before
    check(discover("sandbox", root), root)
