"""`invoke accounts`: each value, and the file that it is from."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from automation.reporting import accounts
from shared.errors import ConfigError
from shared.layers import StackId, discover
from tests.configuration import write_sandbox

DEVELOPER = StackId("accounts", "sandbox", "developer")
PROFILES = """
/:
  protect: false
  tags: {Project: all, Owner: nobody}
Development:
  tags: {Project: null, Team: web}
  alternateContacts: {billing: {name: Ada, title: CFO, email: ada@example.com, phone: "1"}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_sandbox(tmp_path)
    folder = tmp_path / "stacks/accounts/profiles"
    folder.mkdir()
    (folder / "sandbox.yaml").write_text(PROFILES)
    return tmp_path


def shown(found: list[accounts.Account], *, values: bool) -> list[list[str]]:
    console = Console(width=200, record=True, file=io.StringIO())
    accounts.show(console, found, values=values)
    return [line.split() for line in console.export_text().splitlines() if line.strip()]


def test_all_accounts_are_listed_with_their_profiles(root: Path) -> None:
    found = accounts.read_accounts([stack for stack in discover("sandbox", root) if stack.account], root)
    table = shown(found, values=False)
    assert table[2:] == [
        ["accounts/developer", "DeveloperAccount", "Development", "/,", "Development"],
        ["accounts/shared-test", "SharedTestAccount", "Development", "/,", "Development"],
    ]


def test_each_value_is_shown_with_its_source(root: Path) -> None:
    lines = [" ".join(line) for line in shown(accounts.read_accounts([DEVELOPER], root), values=True)]
    for line in (
        "protect false profiles/sandbox.yaml /",
        "tags.Owner platform-team its own file",
        "tags.Team web profiles/sandbox.yaml Development",
        "blockPublicS3 true default",
        "resourceNamesPrefix dev its own file",
    ):
        assert line in lines
    assert not any("Project" in line for line in lines)


def test_scripts_get_the_same(root: Path) -> None:
    ((account),) = json.loads(accounts.as_json(accounts.read_accounts([DEVELOPER], root)))
    assert account["organizationalUnit"] == "Development"
    assert account["profiles"] == ["/", "Development"]
    by_key = {each.pop("key"): each for each in account["settings"]}
    profiles = "stacks/accounts/profiles/sandbox.yaml"
    assert by_key["protect"] == {"value": False, "file": profiles, "profile": "/"}
    assert by_key["tags.Team"] == {"value": "web", "file": profiles, "profile": "Development"}
    own = "stacks/accounts/Pulumi.sandbox.developer.yaml"
    assert by_key["tags.Owner"] == {"value": "platform-team", "file": own, "profile": None}
    assert by_key["encryptEbs"] == {"value": True, "file": None, "profile": None}
    assert by_key["alternateContacts.billing"]["value"]["name"] == "Ada"


def test_what_is_encrypted_is_not_shown(root: Path) -> None:
    file = DEVELOPER.config_file(root)
    file.write_text(file.read_text().replace("developer-account@example.com", "{secure: v1:q83vq83vq83vq83v:q83v}"))
    found = accounts.as_json(accounts.read_accounts([DEVELOPER], root))
    assert "v1:q83vq83vq83vq83v:q83v" not in found
    assert "[secret]" in found


def test_files_that_a_run_would_refuse_are_refused(root: Path) -> None:
    (root / "stacks/accounts/profiles/sandbox.yaml").write_text("Development: {emial: x}")
    with pytest.raises(ConfigError, match="unknown key Development:emial"):
        accounts.read_accounts([DEVELOPER], root)
