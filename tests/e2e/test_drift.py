"""What nobody declared is seen, by the commands that work on all stacks. The tests build on each other."""

from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

DEVELOPER = "stacks/accounts/Pulumi.sandbox.developer.yaml"
RENAMED = "stacks/accounts/Pulumi.sandbox.team-a.yaml"
NO_FILE = "the stack accounts/developer (sandbox.developer) has "


def states(project: Project) -> dict[Path, bytes]:
    folder = project.root / ".sandbox" / "state" / ".pulumi" / "stacks"
    return {file: file.read_bytes() for file in folder.rglob("*.json")}


def test_an_account_whose_file_was_renamed_is_not_taken_over(deployed: Project) -> None:
    before = states(deployed)
    (deployed.root / DEVELOPER).rename(deployed.root / RENAMED)
    for command in ("deploy-all", "preview-all"):
        refused = deployed.invoke(command, expect=1).output
        assert "accounts/team-a has the account that the stack accounts/developer manages (" in refused
        assert "invoke rename-account developer team-a --env sandbox" in refused
        assert "Traceback" not in refused
    assert states(deployed) == before
    (deployed.root / RENAMED).rename(deployed.root / "put-away.yaml")


@pytest.mark.parametrize("command", ["deploy-all", "preview-all", "refresh-all", "outputs", "access", "doctor"])
def test_an_account_whose_file_was_removed_is_named(deployed: Project, command: str) -> None:
    output = deployed.invoke(command, expect=1 if command == "doctor" else 0).output
    assert output.count(NO_FILE) == 1
    assert "invoke forget-account developer --env sandbox" in output
    assert NO_FILE not in deployed.invoke("preview", "identity").output


def test_nothing_is_destroyed_while_a_stack_without_a_file_holds_something(deployed: Project) -> None:
    before = states(deployed)
    refused = deployed.invoke("destroy-all", "--include-protected", "--confirm", "sandbox", expect=1).output
    assert "nothing was destroyed: these read what would be destroyed, and no file has them" in refused
    assert NO_FILE in refused
    assert states(deployed) == before
    (deployed.root / "put-away.yaml").rename(deployed.root / DEVELOPER)
    assert "no file" not in deployed.invoke("deploy-all").output
