"""A new user's first day: deploy, look, change, repair, destroy. The tests build on each other."""

import json
import re

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

STACKS = ["org", "identity", "policies", "accounts/developer", "accounts/shared-test"]


def test_preview_all_works_before_anything_exists(project: Project) -> None:
    output = project.invoke("preview-all").output
    assert all(stack in output for stack in STACKS)
    with pytest.raises(Exception, match="AWSOrganizationsNotInUse"):
        project.aws("organizations").describe_organization()


def test_deploy_all_ends_with_a_summary_of_five_stacks(deployed: Project) -> None:
    output = deployed.invoke("deploy-all").output
    for stack in STACKS:
        assert re.search(rf"{re.escape(stack)}\b.*unchanged", output), output


def test_the_first_deployment_is_the_one_that_the_readme_shows(deployed: Project) -> None:
    def created(output: str) -> dict[str, int]:
        rows = re.findall(r"^ +(\S+) +deployed +(\d+) +[\d.]+ *$", output, re.MULTILINE)
        return {stack: int(number) for stack, number in rows}

    first = created((deployed.root / "first-deploy.txt").read_text())
    assert list(first) == STACKS
    readme = (deployed.root / "README.md").read_text()
    assert created(readme.partition("$ invoke deploy-all\n")[2].partition("\nNext:")[0]) == first


def test_every_program_reads_its_inputs_and_nothing_else(deployed: Project) -> None:
    assert "none of its inputs" not in deployed.invoke("deploy-all", "--force").output
    output = deployed.invoke("deploy-all").output
    assert len(re.findall(r" \| unchanged \(inputs\)", output)) == len(STACKS), output
    # A stack that is run has a log.
    newest = max((deployed.root / ".runs").iterdir())
    assert list(newest.rglob("*.log")) == []


def test_a_change_of_one_account_runs_that_account_alone(deployed: Project) -> None:
    deployed.configure("accounts/Pulumi.sandbox.developer.yaml", alias="acme-developer")
    output = deployed.invoke("deploy-all").output
    assert "accounts/developer   | deploying (configuration)" in output
    assert len(re.findall(r" \| unchanged \(inputs\)", output)) == len(STACKS) - 1, output
    deployed.configure("accounts/Pulumi.sandbox.developer.yaml", alias=None)
    deployed.invoke("deploy-all")


def test_the_organization_is_there(deployed: Project) -> None:
    organizations = deployed.aws("organizations")
    org = deployed.outputs("org")
    found = organizations.describe_organization()["Organization"]
    assert (found["Id"], found["FeatureSet"]) == (org["organizationId"], "ALL")
    root = organizations.list_roots()["Roots"][0]
    assert {t["Type"] for t in root["PolicyTypes"] if t["Status"] == "ENABLED"} >= {
        "BACKUP_POLICY",
        "TAG_POLICY",
        "SERVICE_CONTROL_POLICY",
    }
    services = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert {s["ServicePrincipal"] for s in services} >= {"backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"}
    units = organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    assert {unit["Name"]: unit["Id"] for unit in units} == org["organizationalUnits"]
    accounts = organizations.list_accounts_for_parent(ParentId=org["organizationalUnits"]["Development"])["Accounts"]
    assert {account["Name"] for account in accounts} == {"DeveloperAccount", "SharedTestAccount"}


def test_policies_are_attached_at_root_and_unit(deployed: Project) -> None:
    organizations = deployed.aws("organizations")
    org = deployed.outputs("org")

    def attached(target: str, kind: str) -> set[str]:
        answer = organizations.list_policies_for_target(TargetId=target, Filter=kind)
        return {policy["Name"] for policy in answer["Policies"]}

    unit = org["organizationalUnits"]["Development"]
    assert attached(org["rootId"], "TAG_POLICY") == {"RootTags"}
    assert attached(unit, "TAG_POLICY") == {"Tags-Development"}
    assert attached(unit, "BACKUP_POLICY") == {"MonthlyBackup"}
    assert attached(unit, "SERVICE_CONTROL_POLICY") == {"FullAWSAccess", "Guardrails-Development-1"}


def test_the_policies_in_force_in_an_account_are_the_merged_ones(deployed: Project) -> None:
    account_id = deployed.outputs("accounts/developer")["accountId"]
    organizations = deployed.aws("organizations")

    def effective(kind: str) -> dict[str, object]:
        answer = organizations.describe_effective_policy(PolicyType=kind, TargetId=account_id)
        content: dict[str, object] = json.loads(answer["EffectivePolicy"]["PolicyContent"])
        return content

    tags = effective("TAG_POLICY")["tags"]
    assert isinstance(tags, dict)
    by_key = {rule["tag_key"]: rule.get("tag_value") for rule in tags.values()}
    assert by_key == {"CostCenter": ["Development", "Testing"], "Owner": None}
    assert "Monthly_Backup_Plan" in str(effective("BACKUP_POLICY"))


@pytest.mark.parametrize("account", ["developer", "shared-test"])
def test_each_account_has_roles_with_boundaries_vaults_and_settings(deployed: Project, account: str) -> None:
    account_id = deployed.outputs(f"accounts/{account}")["accountId"]
    keys = deployed.inside(account_id)
    assert deployed.aws("sts", keys).get_caller_identity()["Account"] == account_id
    iam = deployed.aws("iam", keys)
    for role in ("DeveloperRole", "AutomationRole"):
        boundary = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
        assert boundary.startswith(f"arn:aws:iam::{account_id}:policy/")
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert [policy["PolicyArn"] for policy in attached] == [boundary]
    backup = iam.list_attached_role_policies(RoleName="MyMonthlyBackupIamRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in backup] == ["AWSBackupServiceRolePolicyForBackup"]
    for region in ("us-west-2", "us-east-1"):
        vault = deployed.aws("backup", keys, region).describe_backup_vault(BackupVaultName="Default")
        assert f":{region}:{account_id}:" in vault["BackupVaultArn"]
        assert deployed.aws("ec2", keys, region).get_ebs_encryption_by_default()["EbsEncryptionByDefault"]


def test_default_tags_are_on_what_is_made_inside(deployed: Project) -> None:
    keys = deployed.inside(deployed.outputs("accounts/developer")["accountId"])
    tags = deployed.aws("iam", keys).list_role_tags(RoleName="DeveloperRole")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"CostCenter": "Development", "Owner": "platform-team"}


def test_no_key_was_made_and_none_is_in_an_output_or_the_state(deployed: Project) -> None:
    iam = deployed.aws("iam")
    for user in ("ada", "grace", "cicd-automation"):
        assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == []
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_login_profile(UserName=user)
    stored = "".join(p.read_text() for p in (deployed.root / ".sandbox" / "state").rglob("*.json"))
    assert "DeveloperRole" in stored
    assert not re.search(r"\bA(KIA|SIA)[A-Z0-9]{16}\b", stored)


def test_a_layer_runs_alone_with_plain_pulumi(deployed: Project) -> None:
    output = deployed.shell("pulumi up --yes --stack sandbox", cwd="stacks/identity").output
    assert "unchanged" in output
    changes = re.findall(r"\d+ (?:created|updated|deleted|replaced|to \w+)", output)
    assert not [change for change in changes if "unchanged" not in change], output


def test_a_role_deleted_behind_its_back_is_seen_and_restored(deployed: Project) -> None:
    iam = deployed.aws("iam", deployed.inside(deployed.outputs("accounts/developer")["accountId"]))
    arn = iam.get_role(RoleName="DeveloperRole")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    iam.detach_role_policy(RoleName="DeveloperRole", PolicyArn=arn)
    iam.delete_role(RoleName="DeveloperRole")
    only = ("--only", "accounts/developer")
    drift = deployed.invoke("drift", *only, expect=2).output
    assert "DeveloperRole" in drift
    refreshed = deployed.invoke("refresh-all", *only).output
    assert re.search(r"accounts/developer\b.*2 deleted", refreshed), refreshed
    repaired = deployed.invoke("deploy-all").output
    assert re.search(r"accounts/developer\b.*2 created", repaired), repaired
    assert iam.get_role(RoleName="DeveloperRole")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    deployed.invoke("drift", *only, expect=0)


def test_the_state_of_the_emulated_aws_survives_a_restart(deployed: Project) -> None:
    before = deployed.outputs("accounts/developer")
    deployed.invoke("sandbox.stop")
    deployed.invoke("sandbox.start")
    assert "unchanged" in deployed.invoke("deploy-all").output
    assert deployed.aws("iam", deployed.inside(before["accountId"])).get_role(RoleName="AutomationRole")


def test_a_new_account_is_one_command_and_one_file(deployed: Project) -> None:
    deployed.invoke(
        "add-account", "web-shop", "--email", "web-shop@example.com", "--ou", "Development",
        "--tag", "CostCenter=Testing", "--tag", "Owner=web-team",
    )  # fmt: skip
    assert (deployed.root / "stacks/accounts/Pulumi.sandbox.web-shop.yaml").is_file()
    output = deployed.invoke("deploy-all").output
    assert re.search(r"accounts/web-shop\b.*created", output), output
    assert re.search(r"accounts/developer\b.*unchanged", output), output
    account_id = deployed.outputs("accounts/web-shop")["accountId"]
    assert account_id in deployed.invoke("access").output
    s3control = deployed.aws("s3control", deployed.inside(account_id))
    block = s3control.get_public_access_block(AccountId=account_id)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}


def test_destroy_all_refuses_protected_stacks_and_changes_nothing(deployed: Project) -> None:
    refused = deployed.invoke("destroy-all", "--yes", expect=1).output
    assert "protected" in refused
    assert "DeveloperAccount" in refused or "accounts/developer" in refused
    assert "--include-protected" in refused
    unconfirmed = deployed.invoke("destroy-all", "--yes", "--include-protected", expect=1).output
    assert "--confirm" in unconfirmed
    wrong = deployed.invoke("destroy-all", "--yes", "--include-protected", "--confirm", "prod", expect=1).output
    assert "nothing was destroyed" in wrong
    names = {account["Name"] for account in deployed.aws("organizations").list_accounts()["Accounts"]}
    assert names >= {"DeveloperAccount", "SharedTestAccount"}
    assert "unchanged" in deployed.invoke("deploy-all").output


def test_destroy_all_takes_everything_down_in_reverse(deployed: Project) -> None:
    output = deployed.invoke("destroy-all", "--yes", "--include-protected", "--confirm", "sandbox").output
    assert all(stack in output for stack in STACKS)
    organizations = deployed.aws("organizations")
    with pytest.raises(organizations.exceptions.AWSOrganizationsNotInUseException):
        organizations.describe_organization()
    iam = deployed.aws("iam")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["sandbox-admin"]
    assert iam.list_groups()["Groups"] == []
    again = deployed.invoke("destroy-all", "--yes", "--include-protected", "--confirm", "sandbox")
    assert again.code == 0


def test_the_addresses_of_closed_accounts_are_taken_until_the_sandbox_is_reset(deployed: Project) -> None:
    refused = deployed.invoke("deploy-all", expect=1).output
    assert "AWS gives it to no other: write another address as accounts:email in" in refused
    (command,) = set(re.findall(r"`(invoke sandbox\.\w+)` for an empty AWS", refused))
    deployed.run(*command.split())
    assert re.search(r"all +(\d+) of \1 done", deployed.invoke("deploy-all").output)
