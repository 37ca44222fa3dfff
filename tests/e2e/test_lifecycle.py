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
    assert "| would change" not in previewed
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


def test_an_address_changes_by_a_code_and_by_no_deployment(project: Project) -> None:
    accidents.add_account(project, "mail")
    project.invoke("up", "accounts/mail")
    account = account_of(project, "mail@example.com")["Id"]

    # Edited: no run begins, and even unprotected and with plain Pulumi the account is not replaced.
    project.configure("accounts/Pulumi.sandbox.mail.yaml", email="post@example.com", protect=False)
    refused = project.invoke("deploy-all", expect=1).output
    advised = "invoke change-email mail post@example.com --env sandbox"
    assert f"accounts:email is post@example.com, and account {account} has mail@example.com" in refused
    assert advised in refused
    plain = project.shell("pulumi up --yes --stack sandbox.mail 2>&1", cwd="stacks/accounts").output
    assert "AWS cannot change it by a deployment" in plain
    assert account_of(project, "mail@example.com")["State"] == "ACTIVE"
    assert "post@example.com" not in accidents.accounts(project)

    untrusted = project.run(*advised.split(), expect=1).output
    assert "add account.amazonaws.com to org:additionalTrustedServices in stacks/org/Pulumi.sandbox.yaml" in untrusted
    project.configure("org/Pulumi.sandbox.yaml", additionalTrustedServices=["account.amazonaws.com"])
    project.invoke("up", "org", "--env", "sandbox")

    asked = project.run(*advised.split(), expect=1).output
    (mail,) = accidents.control(project, "GET", "mail")
    assert (mail["account_id"], mail["address"]) == (account, "post@example.com")
    assert f"Go on with: {advised} --code CODE" in asked
    # Killed while AWS is asked to accept the code, whose answer is lost.
    accidents.faults(project, {"service": "account", "action": "AcceptPrimaryEmailUpdate", "delay_seconds": 3})
    run = accidents.reach(project, "account", "AcceptPrimaryEmailUpdate", *advised.split()[1:], "--code", mail["code"])
    kill_tree(run)
    accidents.until(lambda: accidents.accounts(project)["post@example.com"])
    output = project.run(*advised.split()).output
    assert "1. done: the account is refreshed in the state" in output
    previewed = project.invoke("preview", "accounts/mail").output
    assert "unchanged" in previewed
    assert "| would change" not in previewed
    assert account_of(project, "post@example.com")["Id"] == account
    accidents.converges(project)


def test_an_encrypted_address_stays_encrypted(project: Project) -> None:
    trust = {"ServicePrincipal": "account.amazonaws.com"}
    project.aws("organizations").enable_aws_service_access(**trust)
    encrypt = "pulumi config set --secret --stack sandbox.developer accounts:email -- developer-account@example.com"
    project.shell(f"{encrypt} 2>&1", cwd="stacks/accounts")
    # A deployment ignores the address, and so does not encrypt it in the state.
    project.invoke("change-email", "developer", "developer-account@example.com")
    project.invoke("change-email", "developer", "hidden@example.com", expect=1)
    code = accidents.control(project, "GET", "mail")[-1]["code"]
    project.invoke("change-email", "developer", "hidden@example.com", "--code", code)
    assert "unchanged" in project.invoke("preview", "accounts/developer").output
    file = project.root / "stacks/accounts/Pulumi.sandbox.developer.yaml"
    state = project.root / ".sandbox/state/.pulumi/stacks/accounts/sandbox.developer.json"
    for kept, mark in ((file.read_text(), "secure"), (state.read_text(), "ciphertext")):
        assert mark in kept
        assert "developer-account@example.com" not in kept
        assert "hidden@example.com" not in kept
    project.shell(f"{encrypt} 2>&1", cwd="stacks/accounts")
    refused = project.invoke("up", "accounts/developer", expect=1).output
    assert "accounts:email is another address" in refused
    assert "@example.com" not in refused
