"""Commands of several steps that are killed at two of them and more: the same command again reaches the same end.

The run is killed with SIGKILL, and its engine with it. `test_lifecycle`, `test_units` and `test_import` kill at more of
them, and let the engine go on. The last test tells whether all of it together is the wanted end.
"""

import pytest

from tests.e2e.accidents import accounts, add_account, calls, control, converges, cut, kill_at, until
from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("inhabited")]

ACCOUNTS = {"old": "Development", "gift": "Development", "end": "Development", "mail": "Development", "mover": "Lab"}
"""By name: the OU."""

ORG, IDENTITY = "org/Pulumi.sandbox.yaml", "identity/Pulumi.sandbox.yaml"


@pytest.fixture(scope="module")
def inhabited(project: Project) -> Project:
    """A project with one more account for each of the commands."""
    trusted = ["account.amazonaws.com"]
    project.configure(ORG, additionalTrustedServices=trusted, organizationalUnits=["Development", "Lab"])
    for name, unit in ACCOUNTS.items():
        add_account(project, name, unit)
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
    assert "| would change" not in project.invoke("preview", "accounts/mail").output
    assert accounts(project)["mail@example.com"] == 0


def units(project: Project) -> dict[str, str]:
    """Path → id of the OUs, as AWS has them."""
    organizations = project.aws("organizations")

    def below(parent: str, path: str) -> dict[str, str]:
        found = organizations.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]
        here = {f"{path}{unit['Name']}": unit["Id"] for unit in found}
        return here | {key: id_ for name, unit in here.items() for key, id_ in below(unit, f"{name}/").items()}

    return below(organizations.list_roots()["Roots"][0]["Id"], "")


def test_a_unit_is_renamed(project: Project) -> None:
    before = units(project)
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}, "Lab"])
    cut(project, "before", "up --yes", "up", "org")
    assert units(project) == before
    kill_at(project, "organizations", "UpdateOrganizationalUnit", "up", "org")
    after = {"Engineering": before["Development"], "Lab": before["Lab"]}
    assert units(project) == after
    project.invoke("up", "org")
    assert project.outputs("org")["organizationalUnits"]["Development"] == before["Development"]
    assert units(project) == after


def test_a_unit_moves_with_its_account(project: Project) -> None:
    named = {"key": "Development", "name": "Engineering"}
    account, before = in_aws(project, "mover@example.com")["Id"], units(project)
    project.configure(ORG, organizationalUnits=[named, "Lab", "Development/Lab"])
    kill_at(project, "organizations", "CreateOrganizationalUnit", "up", "org")
    made = units(project)["Engineering/Lab"]
    output = project.invoke("up", "org").output
    assert "importing aws:organizations/organizationalUnit:OrganizationalUnit Development/Lab" in output
    assert units(project) == {**before, "Engineering/Lab": made}

    project.configure("accounts/Pulumi.sandbox.mover.yaml", organizationalUnit="Development/Lab")
    kill_at(project, "organizations", "MoveAccount", "up", "accounts/mover")
    project.invoke("up", "accounts/mover")
    (parent,) = project.aws("organizations").list_parents(ChildId=account)["Parents"]
    assert parent["Id"] == made

    project.configure(ORG, organizationalUnits=[named, "Development/Lab"])
    cut(project, "after", "state unprotect", "up", "org")
    kill_at(project, "organizations", "DeleteOrganizationalUnit", "up", "org")
    project.invoke("up", "org")
    assert units(project) == {"Engineering": before["Engineering"], "Engineering/Lab": made}
    assert in_aws(project, "mover@example.com")["Id"] == account


def test_a_user_goes_with_a_key_and_a_device(project: Project) -> None:
    iam = project.aws("iam")
    for _ in range(2):
        iam.create_access_key(UserName="grace")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="grace")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    iam.enable_mfa_device(UserName="grace", SerialNumber=serial, **codes)
    project.configure(IDENTITY, users=["ada"], mfaEnrolment=["ada"])
    kill_at(project, "iam", "DeleteAccessKey", "up", "identity")
    assert len(iam.list_access_keys(UserName="grace")["AccessKeyMetadata"]) == 1
    kill_at(project, "iam", "DeactivateMFADevice", "up", "identity")
    assert [each["SerialNumber"] for each in iam.list_virtual_mfa_devices()["VirtualMFADevices"]] == [serial]
    kill_at(project, "iam", "DeleteUser", "up", "identity")
    project.invoke("up", "identity")
    left = {user["UserName"] for user in iam.list_users()["Users"]}
    assert "ada" in left
    assert "grace" not in left
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_user_is_imported(project: Project) -> None:
    project.aws("iam").create_user(UserName="hopper")
    project.configure(IDENTITY, users=["ada", "hopper"])
    command = ("import", "identity:hopper", "hopper")
    cut(project, "before", "import --file", *command)
    cut(project, "after", "import --file", *command)
    assert "is in the state of identity already: hopper" in project.invoke(*command).output
    output = project.invoke("up", "identity").output
    assert "created aws:iam/user:User" not in output


def test_all_of_it_is_the_wanted_end(project: Project) -> None:
    before = accounts(project)
    converges(project)
    assert accounts(project) == before
    changed = project.invoke("preview-all", "--force").output
    assert "| would change" not in changed, changed
