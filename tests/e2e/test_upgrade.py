"""An organization that an older version of this project deployed goes on, with nothing to do."""

import json

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

ACCESS_ROLE, FORMER_ACCESS_ROLE = "OrganizationAccountAccessRole", "OrganizationalAccountAccessRole"

NOW = """super().__init__(f"{PROJECT}:{kind}", name, {}, pulumi.ResourceOptions.merge(opts, alias))"""
FORMERLY = """super().__init__(formerly or f"{PROJECT}:{kind}", name, {}, opts)"""


def types(project: Project) -> set[str]:
    """The components' types in all states."""
    found = set()
    for file in (project.root / ".sandbox/state/.pulumi/stacks").glob("*/*.json"):
        resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        found |= {each["type"] for each in resources if not each.get("custom") and "pulumi:pulumi" not in each["type"]}
    return found


def test_components_that_got_another_type_are_found_under_their_former_one(project: Project) -> None:
    file = project.root / "shared" / "component.py"
    today = file.read_text()
    assert today.count(NOW) == 1
    file.write_text(today.replace(NOW, FORMERLY))
    project.invoke("deploy-all")
    assert types(project) == {
        "acme:accounts:AccountBaseline",
        "acme:accounts:BackupTarget",
        "acme:accounts:MemberAccount",
        "acme:identity:AutomationIdentity",
        "acme:identity:Developers",
        "acme:identity:PasswordRules",
        "acme:organization:OrganizationUnits",
        "acme:permissions:AccountPermissions",
        "acme:policies:BackupPolicy",
        "acme:policies:ServiceControlPolicies",
        "acme:policies:TagPolicies",
        "aws-organization:identity:DeployRoles",
        "aws-organization:policies:ResourceControlPolicies",
    }
    accounts = project.aws("organizations").list_accounts()["Accounts"]

    file.write_text(today)
    for command in ("preview-all", "deploy-all"):
        report = project.root / "report.json"
        project.invoke(command, "--report", str(report))
        stacks = json.loads(report.read_text())["stacks"]
        assert len(stacks) == 5
        assert [(each["label"], each["changes"]) for each in stacks if each["changes"]] == []
        assert all(each["counts"]["unchanged"] for each in stacks), "each stack was run"
    assert {each.partition(":")[0] for each in types(project)} == {"aws-organization"}
    assert len(types(project)) == 13
    assert project.aws("organizations").list_accounts()["Accounts"] == accounts


def test_accounts_made_with_the_former_access_role_go_on_with_its_name_in_their_files(project: Project) -> None:
    project.invoke("sandbox.reset")
    file = project.root / "shared" / "settings" / "fields.py"
    today = file.read_text()
    assert today.count(f'ACCESS_ROLE = "{ACCESS_ROLE}"') == 1
    file.write_text(today.replace(f'ACCESS_ROLE = "{ACCESS_ROLE}"', f'ACCESS_ROLE = "{FORMER_ACCESS_ROLE}"'))
    project.invoke("deploy-all")
    file.write_text(today)
    accounts = project.aws("organizations").list_accounts()["Accounts"]
    project.invoke("up", "policies")

    output = project.invoke("up", "accounts/developer", expect=1).output
    assert f"role/{ACCESS_ROLE}) cannot be assumed" in output
    assert "as accounts:accessRoleName in stacks/accounts/Pulumi.sandbox.developer.yaml" in " ".join(output.split())

    for account in ("developer", "shared-test"):
        project.configure(f"accounts/Pulumi.sandbox.{account}.yaml", accessRoleName=FORMER_ACCESS_ROLE)
    report = project.root / "report.json"
    project.invoke("deploy-all", "--report", str(report))
    changed = {
        (each["label"], change["urn"].rpartition("::")[2], change["what"])
        for each in json.loads(report.read_text())["stacks"]
        for change in each["changes"]
    }
    assert {change for change in changed if change[2] != "updated" or change[1] == "account"} == set()
    assert project.aws("organizations").list_accounts()["Accounts"] == accounts
