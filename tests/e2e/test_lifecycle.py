"""The life of an account after its first deployment, with the commands as a user types them."""

import pytest

from tests.e2e import accidents
from tests.e2e.project import Project, kill_tree

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

CLOSE = {"service": "organizations", "action": "CloseAccount"}


def account_of(project: Project, email: str) -> dict[str, str]:
    """What AWS says of the account with this address."""
    pages = project.aws("organizations").get_paginator("list_accounts").paginate()
    return next(account for page in pages for account in page["Accounts"] if account["Email"] == email)


def test_a_renamed_account_is_the_same_account(project: Project) -> None:
    before = account_of(project, "shared-test-account@example.com")
    output = project.invoke("rename-account", "shared-test", "quality").output
    assert "1. the stack sandbox.shared-test becomes sandbox.quality" in output
    assert "next: invoke preview accounts/quality --env sandbox" in output
    assert not (project.root / "stacks/accounts/Pulumi.sandbox.shared-test.yaml").exists()
    previewed = project.invoke("preview", "accounts/quality", "--env", "sandbox").output
    assert "would change" not in previewed
    assert project.outputs("accounts/quality")["accountId"] == before["Id"]
    accidents.converges(project)
    assert account_of(project, "shared-test-account@example.com") == before
    again = project.invoke("rename-account", "shared-test", "quality", expect=1).output
    assert "no account is called 'shared-test', and accounts/quality exists" in again


def test_an_account_that_is_given_away_stays_as_it_is(project: Project) -> None:
    email = accidents.add_account(project, "gift")
    project.invoke("up", "accounts/gift")
    before = account_of(project, email)
    refused = project.invoke("forget-account", "gift", expect=1).output
    assert "needs --confirm gift" in refused
    # Killed after its file was deleted.
    (project.root / "stacks/accounts/Pulumi.sandbox.gift.yaml").unlink()
    output = project.invoke("forget-account", "gift", "--confirm", "gift").output
    assert "1. done: the stack sandbox.gift is removed" in output
    assert "aws:iam/role:Role AutomationRole, DeveloperRole, MyMonthlyBackupIamRole" in output
    assert account_of(project, email) == before
    roles = {role["RoleName"] for role in project.aws("iam", project.inside(before["Id"])).list_roles()["Roles"]}
    assert {"AutomationRole", "DeveloperRole", "MyMonthlyBackupIamRole"} <= roles
    again = project.invoke("forget-account", "gift", "--confirm", "gift", expect=1).output
    assert "no account is called 'gift'" in again
    assert "Traceback" not in refused + output + again
    accidents.converges(project)


def test_an_account_is_closed_within_the_quota_and_taken_out(project: Project) -> None:
    addresses = [accidents.add_account(project, name) for name in ("first", "second")]
    project.invoke("deploy-all", "--only", "accounts/first", "--only", "accounts/second")
    first, second = (account_of(project, email)["Id"] for email in addresses)
    accidents.control(project, "POST", "settings", {"close_account_quota": 1})

    # Killed while AWS closes it.
    accidents.faults(project, {**CLOSE, "code": "IN_PROGRESS", "delay_seconds": 20})
    run = accidents.reach(project, "organizations", "CloseAccount", "close-account", "first", "--confirm", "first")
    kill_tree(run)
    output = project.invoke("close-account", "first", "--confirm", "first").output
    assert f"1. done: account {first}, which AWS is closing, is waited for" in output
    assert "3. done: the stack sandbox.first is removed" in output
    assert account_of(project, addresses[0])["State"] == "CLOSED"
    assert accidents.calls(project, "organizations", "CloseAccount") == 1

    waits = project.invoke("close-account", "second", "--confirm", "second", expect=1).output
    assert "AWS's quota is used up" in waits
    assert "invoke close-account second --env sandbox" in waits
    assert account_of(project, addresses[1])["State"] == "ACTIVE"
    assert "accounts/second waits to be closed" in accidents.converges(project)
    accidents.control(project, "POST", "settings", {"close_account_quota": None})
    project.invoke("close-account", "second", "--confirm", "second")
    assert account_of(project, addresses[1])["State"] == "CLOSED"
    assert second in (project.root / "stacks/closing.sandbox.yaml").read_text()
    assert "waits" not in accidents.converges(project)


def test_an_account_that_was_closed_by_hand_has_the_same_end(project: Project) -> None:
    email = accidents.add_account(project, "hand")
    project.invoke("up", "accounts/hand")
    closed = account_of(project, email)["Id"]
    project.aws("organizations").close_account(AccountId=closed)
    accidents.until(lambda: account_of(project, email)["State"] == "CLOSED")
    output = project.invoke("close-account", "hand", "--confirm", "hand").output
    assert f"Account {closed} is closed in AWS already" in output
    assert "1. done: stacks/accounts/Pulumi.sandbox.hand.yaml is deleted" in output
    accidents.converges(project)
