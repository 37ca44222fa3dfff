"""The life of organizational units, accounts and users after the first deployment. The tests build on each other."""

import json
from typing import Any

import pytest

from tests.e2e import accidents
from tests.e2e.project import Project, kill_tree

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

ORG = "org/Pulumi.sandbox.yaml"
IDENTITY = "identity/Pulumi.sandbox.yaml"
DEVELOPER = "accounts/Pulumi.sandbox.developer.yaml"


def changes(project: Project, command: str, *options: str, expect: int = 0) -> dict[str, set[tuple[str, str]]]:
    """Stack → resource and change, of everything that the command changes, or would change."""
    file = project.root / "report.json"
    project.invoke(command, *options, "--report", str(file), expect=expect)
    stacks: list[dict[str, Any]] = json.loads(file.read_text())["stacks"]
    return {
        each["label"]: {(change["urn"].rpartition("::")[2], change["what"]) for change in each["changes"]}
        for each in stacks
        if each["changes"]
    }


def units(project: Project) -> dict[str, str]:
    """Name → id of the OUs directly under the root, as AWS has them."""
    organizations = project.aws("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    pages = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=root)
    return {unit["Name"]: unit["Id"] for page in pages for unit in page["OrganizationalUnits"]}


def test_a_renamed_unit_keeps_its_accounts_and_policies(project: Project) -> None:
    before = units(project)
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}])
    renamed = {"org": {("Development", "updated")}}
    assert changes(project, "preview-all") == renamed
    assert changes(project, "deploy-all") == renamed
    assert units(project) == {"Engineering": before["Development"]}
    assert changes(project, "preview-all", "--force") == {}


def test_an_empty_unit_is_removed_as_previewed(project: Project) -> None:
    named = {"key": "Development", "name": "Engineering"}
    project.configure(ORG, organizationalUnits=[named, "Old/Older", "Old/Oldest"])
    project.invoke("deploy-all")
    project.configure(ORG, organizationalUnits=[named, "Old/Oldest"])
    planned = changes(project, "preview-all")
    assert planned == {"org": {("Old/Older", "deleted")}}
    assert changes(project, "drift", "--layer", "org", expect=2) == planned
    assert set(units(project)) == {"Engineering", "Old"}, "nothing is changed yet"
    assert changes(project, "deploy-all") == planned
    project.configure(ORG, organizationalUnits=[named])
    planned = changes(project, "preview-all")
    assert planned == {"org": {("Old", "deleted"), ("Old/Oldest", "deleted")}}
    # The run is killed when it has taken the protection off and AWS has deleted the first of the two.
    process = accidents.reach(project, "organizations", "DeleteOrganizationalUnit", "deploy-all")
    kill_tree(process)
    project.invoke("deploy-all")
    assert set(units(project)) == {"Engineering"}
    assert changes(project, "preview-all", "--force", "--layer", "org") == {}


def test_a_unit_that_holds_accounts_or_foreign_units_is_not_removed(project: Project) -> None:
    named = {"key": "Development", "name": "Engineering"}
    project.configure(ORG, organizationalUnits=[named, "Lab"])
    project.invoke("deploy-all")
    organizations = project.aws("organizations")
    lab, root = units(project)["Lab"], organizations.list_roots()["Roots"][0]["Id"]
    foreign = organizations.create_organizational_unit(ParentId=lab, Name="Foreign")["OrganizationalUnit"]["Id"]
    account = project.outputs("accounts/developer")["accountId"]
    project.configure(DEVELOPER, organizationalUnit="Lab")
    project.invoke("up", "accounts/developer")
    before = project.outputs("org")

    # The account moves out in the same change.
    project.configure(DEVELOPER, organizationalUnit="Development")
    project.configure(ORG, organizationalUnits=[named])
    for command in ("preview-all", "deploy-all"):
        output = project.invoke(command, expect=1).output
        assert "nothing was changed: AWS deletes only empty OUs" in output
        assert (
            f"  account {account} (DeveloperAccount): with another accounts:organizationalUnit in stacks/{DEVELOPER}, "
            "invoke up accounts/developer --env sandbox moves it"
        ) in output
        remove = f"aws organizations delete-organizational-unit --organizational-unit-id {foreign}"
        assert f"  OU 'Foreign' ({foreign}), which no file describes: {remove}" in output
    assert project.outputs("org") == before

    # What was said does it.
    project.invoke("up", "accounts/developer", "--env", "sandbox")
    organizations.delete_organizational_unit(OrganizationalUnitId=foreign)
    assert organizations.list_parents(ChildId=lab)["Parents"][0]["Id"] == root
    assert changes(project, "deploy-all") == {"org": {("Lab", "deleted")}}


def test_a_unit_whose_key_is_edited_is_not_taken_for_another_one(project: Project) -> None:
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}, "Lab"])
    project.invoke("deploy-all")
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}, "Laboratory"])
    output = project.invoke("deploy-all", expect=1).output
    assert "to rename an OU, keep its key: allowed: {key: Lab, name: Laboratory}" in output.replace("To", "to")
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}, "Development/Lab"])
    output = project.invoke("deploy-all", expect=1).output
    assert "AWS cannot move an OU: allowed: both 'Lab' and 'Development/Lab'" in output
    project.configure(
        ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}, {"key": "Lab", "name": "Laboratory"}]
    )
    assert changes(project, "deploy-all") == {"org": {("Lab", "updated")}}


def test_a_removed_user_with_a_key_and_a_device_is_said_and_goes_with_them_if_allowed(project: Project) -> None:
    project.configure(IDENTITY, users=["ada", "grace", "turing"], forceDestroyUsers=None)
    project.invoke("deploy-all", "--layer", "identity")
    iam = project.aws("iam")
    key = iam.create_access_key(UserName="turing")["AccessKey"]["AccessKeyId"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="turing")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="turing", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="234567"
    )
    project.configure(IDENTITY, users=["ada", "grace"])
    for command in ("preview-all", "deploy-all"):
        output = project.invoke(command, "--layer", "identity", expect=1).output
        assert f"access key {key}: aws iam delete-access-key --user-name turing --access-key-id {key}" in output
        assert "set identity:forceDestroyUsers: true in stacks/identity/Pulumi.sandbox.yaml" in output
    assert iam.get_user(UserName="turing")
    # In one deployment with the removal.
    project.configure(IDENTITY, forceDestroyUsers=True)
    process = accidents.reach(project, "iam", "DeleteAccessKey", "deploy-all", "--layer", "identity")
    kill_tree(process)
    assert ("turing", "deleted") in changes(project, "preview-all", "--layer", "identity")["identity"]
    project.invoke("deploy-all", "--layer", "identity")
    assert {user["UserName"] for user in iam.list_users()["Users"]} == {
        "ada",
        "grace",
        "cicd-automation",
        "sandbox-admin",
    }
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
