"""The life of an account after its first deployment, with the commands as a user types them."""

import pytest

from tests.e2e import accidents
from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]


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
