"""Commands of several steps that are killed at two of them and more: the same command again reaches the same end.

The run is killed with SIGKILL, and its engine with it. Other tests kill at one more step: `test_lifecycle`, `test_units`
and `test_import`.
"""

import pytest

from tests.e2e.accidents import accounts, add_account, calls, control, converges, cut, kill_at, until
from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("inhabited")]

ACCOUNTS = ("old", "gift", "end", "mail")


@pytest.fixture(scope="module")
def inhabited(project: Project) -> Project:
    """A project with one more account for each of the commands."""
    project.configure("org/Pulumi.sandbox.yaml", additionalTrustedServices=["account.amazonaws.com"])
    for name in ACCOUNTS:
        add_account(project, name)
    project.invoke("deploy-all")
    return project


def in_aws(project: Project, email: str) -> dict[str, str]:
    """What AWS says of the account with this address."""
    pages = project.aws("organizations").get_paginator("list_accounts").paginate()
    (found,) = (account for page in pages for account in page["Accounts"] if account["Email"] == email)
    return dict(found)


def here(project: Project, name: str) -> list[str]:
    """What the project has of an account: its file, its stack, and what runs have remembered of it."""
    patterns = (
        f"stacks/accounts/Pulumi.sandbox.{name}.yaml",
        f".sandbox/state/.pulumi/stacks/accounts/sandbox.{name}.json",
        f".sandbox/attempts/accounts-sandbox.{name}.json",
        f".inputs/*/accounts/sandbox.{name}.json",
    )
    return [str(file.relative_to(project.root)) for each in patterns for file in project.root.glob(each)]


def test_an_account_is_renamed(project: Project) -> None:
    before = in_aws(project, "old@example.com")
    command = ("rename-account", "old", "new")
    cut(project, "before", "stack rename", *command)
    assert len(here(project, "old")) == 3
    assert here(project, "new") == []
    cut(project, "after", "stack rename", *command)
    again = project.invoke(*command, expect=1).output
    assert "it has its new name and nothing is left to do" in again
    assert here(project, "old") == []
    assert len(here(project, "new")) == 2
    assert project.outputs("accounts/new")["accountId"] == before["Id"]
    assert "would change" not in project.invoke("preview", "accounts/new").output
    assert in_aws(project, "old@example.com") == before


def test_an_account_is_given_away(project: Project) -> None:
    before = in_aws(project, "gift@example.com")
    command = ("forget-account", "gift", "--confirm", "gift")
    cut(project, "before", "stack rm", *command)
    assert here(project, "gift")[0].endswith("/sandbox.gift.json"), "its file is gone, and its stack is there"
    cut(project, "after", "stack rm", *command)
    assert here(project, "gift") == []
    assert "no account is called 'gift'" in project.invoke(*command, expect=1).output
    assert in_aws(project, "gift@example.com") == before


def test_an_account_is_closed(project: Project) -> None:
    account = in_aws(project, "end@example.com")["Id"]
    command = ("close-account", "end", "--confirm", "end")
    kill_at(project, "organizations", "CloseAccount", *command)
    until(lambda: in_aws(project, "end@example.com")["State"] == "CLOSED")
    assert len(here(project, "end")) == 3
    cut(project, "before", "stack rm", *command)
    assert here(project, "end")[0].endswith("/sandbox.end.json")
    cut(project, "after", "stack rm", *command)
    assert here(project, "end") == []
    assert "no account is called 'end'" in project.invoke(*command, expect=1).output
    assert calls(project, "organizations", "CloseAccount") == 1
    assert account in (project.root / "stacks/closing.sandbox.yaml").read_text(), "AWS's quota counts it"


def test_an_address_is_changed(project: Project) -> None:
    account = in_aws(project, "mail@example.com")["Id"]
    command = ("change-email", "mail", "post@example.com")
    kill_at(project, "account", "StartPrimaryEmailUpdate", *command)
    assert "Go on with" in project.invoke(*command, expect=1).output
    (mail,) = control(project, "GET", "mail")
    kill_at(project, "account", "AcceptPrimaryEmailUpdate", *command, "--code", mail["code"])
    assert in_aws(project, "post@example.com")["Id"] == account
    cut(project, "before", "config set", *command)
    kill_at(project, "organizations", "ListParents", *command)
    assert "post@example.com" in (project.root / "stacks/accounts/Pulumi.sandbox.mail.yaml").read_text()
    output = project.invoke(*command).output
    assert "removed the lock of a run that was killed" in output
    assert "1. done: the account is refreshed in the state" in output
    assert "would change" not in project.invoke("preview", "accounts/mail").output
    assert accounts(project)["mail@example.com"] == 0
    converges(project)
