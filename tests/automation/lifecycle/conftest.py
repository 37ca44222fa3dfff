"""An environment with one deployed account, whose engine is a list of answers."""

from pathlib import Path
from typing import Any

import pytest

from automation.lifecycle.account import TYPE
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun

ENVIRONMENT = "prod"


def stack(name: str) -> StackId:
    """The stack of the account `name`."""
    return StackId("accounts", ENVIRONMENT, name)


def state(account_id: str, email: Any, name: str = "Web") -> dict[str, Any]:
    """The state of a deployed account."""
    outputs = {"email": email, "name": name}
    account = {"urn": f"urn:pulumi:prod.web::accounts::{TYPE}::account", "type": TYPE, "custom": True, "id": account_id}
    return {"deployment": {"resources": [{**account, "protect": True, "inputs": outputs, "outputs": outputs}]}}


def write(root: Path, name: str, email: str = "web@example.com") -> Path:
    """The file of the account `name`."""
    file = stack(name).config_file(root)
    file.write_text(f"config:\n  accounts:name: Web\n  accounts:email: {email}\n")
    return file


@pytest.fixture
def fake(tmp_path: Path) -> FakeRun:
    """The account `web` with its file and its stack, account 111111111111."""
    (tmp_path / "stacks" / "accounts").mkdir(parents=True)
    write(tmp_path, "web")
    return FakeRun(
        tmp_path, [StackId("org", ENVIRONMENT), stack("web")], {stack("web"): state("111111111111", "web@example.com")}
    )
