"""What stays in AWS when it leaves the configuration, and is taken back. The tests build on each other."""

import json
from typing import Any

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

ORG, POLICIES = "org/Pulumi.sandbox.yaml", "policies/Pulumi.sandbox.yaml"
DEVELOPER = "accounts/Pulumi.sandbox.developer.yaml"
ROLE = "MyMonthlyBackupIamRole"


def changes(project: Project, command: str, *options: str) -> dict[str, set[tuple[str, str]]]:
    """Stack → resource and change, of everything that the command changes, or would change."""
    file = project.root / "report.json"
    project.invoke(command, *options, "--report", str(file))
    stacks: list[dict[str, Any]] = json.loads(file.read_text())["stacks"]
    return {
        each["label"]: {
            (change["urn"].rpartition("$")[2].replace("::", " "), change["what"]) for change in each["changes"]
        }
        for each in stacks
        if each["changes"]
    }


def backups(project: Project) -> dict[str, Any]:
    """The vaults by region, and the policies of the backup role, of the developer account as AWS has them."""
    inside = project.inside(project.outputs("accounts/developer")["accountId"])
    iam = project.aws("iam", inside)
    found: dict[str, Any] = {"role": iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]}
    for region in ("us-west-2", "us-east-1", "us-east-2"):
        vaults = project.aws("backup", inside, region).list_backup_vaults()["BackupVaultList"]
        if vaults:
            found[region] = [vault["BackupVaultArn"] for vault in vaults]
    return found


def test_an_account_that_leaves_a_backed_up_unit_keeps_its_backups_and_comes_back(project: Project) -> None:
    project.configure(ORG, organizationalUnits=["Development", "Archive"])
    project.invoke("deploy-all")
    before = backups(project)
    assert sorted(before) == ["role", "us-east-1", "us-west-2"]

    project.configure(DEVELOPER, organizationalUnit="Archive")
    kept = {
        ("aws:backup/vault:Vault vault-us-east-1", "kept"),
        ("aws:backup/vault:Vault vault-us-west-2", "kept"),
        (f"aws:iam/role:Role {ROLE}", "kept"),
        (f"aws:iam/rolePolicyAttachment:RolePolicyAttachment {ROLE}", "kept"),
    }
    planned = changes(project, "preview-all")
    assert kept == {change for change in planned["accounts/developer"] if change[1] == "kept"}
    output = project.invoke("preview-all", "--only", "accounts/developer").output
    assert "would be kept in AWS, no longer managed: aws:backup/vault:Vault vault-us-east-1" in output
    assert changes(project, "deploy-all") == planned
    assert backups(project) == before

    project.configure(DEVELOPER, organizationalUnit="Development")
    output = project.invoke("deploy-all").output
    assert "importing aws:backup/vault:Vault vault-us-west-2, which was kept in AWS (Default)" in output
    assert backups(project) == before
    assert changes(project, "preview-all", "--force") == {}
    assert changes(project, "drift", "--only", "accounts/developer") == {}


def test_a_region_that_backups_leave_keeps_its_vault(project: Project) -> None:
    before = backups(project)
    backup = {"organizationalUnits": ["Development"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-2"}
    project.configure(POLICIES, backup=backup, serviceControl={"Development": {}})
    project.invoke("deploy-all")
    assert sorted(backups(project)) == ["role", "us-east-1", "us-east-2", "us-west-2"]
    project.configure(POLICIES, backup={**backup, "copyRegion": "us-east-1"})
    project.invoke("deploy-all")
    after = backups(project)
    assert {**after, "us-east-2": None} == {**before, "us-east-2": None}
    assert after["us-east-2"]
