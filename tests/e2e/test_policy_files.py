"""A team puts policy files into its environment: they are in force, and wrong ones stop the run. The tests build on
each other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.layers import ROOT
from stacks.policies.self_harm import needs
from tests.configuration import MANAGEMENT_ACCOUNT
from tests.e2e import accidents
from tests.e2e.project import Project
from tests.stacks.policy_files import write

pytestmark = pytest.mark.e2e

STACKS = ["org", "identity", "policies", "accounts/developer", "accounts/shared-test"]
EXAMPLES = ROOT / "tests/shared/organization_policies/examples"
DAILY = {"regions": ["us-west-2"], "copyRegion": "us-east-1"}
FILES: dict[str, Any] = {
    "strict.yaml": {
        "use": ["library/service-control/root-user", "library/service-control/allowed-regions"],
        "parameters": {"regions": ["us-west-2", "us-east-1"]},
        "targets": ["Development"],
    },
    "daily.yaml": {"use": "library/backup/daily", "parameters": DAILY, "targets": ["/"]},
    "team.yaml": {
        "use": "library/tag/any-tag",
        "parameters": {"key": "Team", "values": ["Web"]},
        "targets": ["Development"],
    },
    "ai.yaml": {"use": "library/ai-services-opt-out/everything", "targets": ["/"]},
    "ec2.yaml": {"use": "library/declarative-ec2/baseline", "targets": ["Development"]},
}


def example(type_: str) -> dict[str, Any]:
    """The first of the examples of a type that AWS takes, for one OU."""
    file = min((EXAMPLES / type_).glob("good-*.json"))
    return {"type": type_, "content": json.loads(file.read_text()), "targets": ["Development"]}


@pytest.fixture(scope="module")
def asked(project: Project) -> set[str]:
    """The actions that the first deployment asked for inside member accounts."""
    project.invoke("sandbox.start")
    accidents.control(project, "POST", "authorizations/reset", {})
    project.invoke("deploy-all")
    answer = accidents.control(project, "GET", "authorizations")
    assert answer["dropped"] == 0
    return {each["action"] for each in answer["decisions"] if each["principal"].split(":")[4] != MANAGEMENT_ACCOUNT}


@pytest.fixture(scope="module")
def with_files(project: Project, asked: set[str]) -> Project:
    assert asked
    for name, content in FILES.items():
        write(project.root, name, content)
    for type_ in ("inspector", "s3"):
        write(project.root, f"{type_}.json", example(type_))
    output = project.invoke("deploy-all").output
    assert re.search(r"^org +\| deploying \(files\)", output, re.MULTILINE), output
    assert re.search(r"^policies +\| deploying \(.*files", output, re.MULTILINE), output
    return project


def developer(project: Project) -> str:
    return str(project.outputs("accounts/developer")["accountId"])


def effective(project: Project, policy_type: str) -> Any:
    found = project.aws("organizations").describe_effective_policy(PolicyType=policy_type, TargetId=developer(project))
    return json.loads(found["EffectivePolicy"]["PolicyContent"])


def test_what_the_deployment_asks_for_is_what_policies_may_not_deny(asked: set[str]) -> None:
    assert asked <= {action for need in needs() for action in need.actions}


def test_every_type_that_a_file_needs_is_turned_on(with_files: Project) -> None:
    organizations = with_files.aws("organizations")
    (root,) = organizations.list_roots()["Roots"]
    assert {each["Type"] for each in root["PolicyTypes"] if each["Status"] == "ENABLED"} == {
        "AISERVICES_OPT_OUT_POLICY", "BACKUP_POLICY", "DECLARATIVE_POLICY_EC2", "INSPECTOR_POLICY",
        "RESOURCE_CONTROL_POLICY", "S3_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY",
    }  # fmt: skip
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert "inspector2.amazonaws.com" in {each["ServicePrincipal"] for each in trusted}


def test_the_policies_are_in_force(with_files: Project) -> None:
    assert set(effective(with_files, "BACKUP_POLICY")["plans"]) == {"Monthly_Backup_Plan", "Daily_Backup_Plan"}
    assert effective(with_files, "TAG_POLICY")["tags"]["team"] == {"tag_key": "Team", "tag_value": ["Web"]}
    assert effective(with_files, "AISERVICES_OPT_OUT_POLICY") == {"services": {"default": {"opt_out_policy": "optOut"}}}
    assert effective(with_files, "DECLARATIVE_POLICY_EC2")["ec2_attributes"]["serial_console_access"] == {
        "status": "disabled"
    }
    for policy_type in ("INSPECTOR_POLICY", "S3_POLICY"):
        assert effective(with_files, policy_type)
    listed = with_files.aws("organizations").list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert "strict-1" in {each["Name"] for each in listed}


def test_accounts_have_the_vaults_that_the_plan_names(with_files: Project) -> None:
    inside = with_files.inside(developer(with_files))
    for region in ("us-west-2", "us-east-1"):
        vaults = with_files.aws("backup", inside, region).list_backup_vaults()["BackupVaultList"]
        assert {"Default", "Daily"} <= {each["BackupVaultName"] for each in vaults}


def test_what_has_not_changed_is_not_run(with_files: Project) -> None:
    output = with_files.invoke("deploy-all").output
    assert output.count(" | unchanged (inputs)") == len(STACKS), output


def test_a_wrong_file_stops_the_run_before_it_begins(with_files: Project) -> None:
    wrong = write(with_files.root, "wrong.yaml", {"use": "library/backup/daily", "targets": ["Nowhere"]})
    output = with_files.invoke("deploy-all", expect=1).output
    where = "stacks/policies/environments/sandbox/wrong.yaml"
    assert f"{where}: parameters.regions is missing; allowed: regions: " in output
    assert "deploying" not in output
    wrong.unlink()


def test_a_policy_against_the_deployment_itself_is_refused(with_files: Project) -> None:
    content = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "NoRoles", "Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"}],
    }
    file = write(
        with_files.root, "no.json", {"type": "service-control", "content": content, "targets": ["Development"]}
    )
    message = "no.json: statement NoRoles of 'no' denies what this project does in member accounts: iam:CreateRole"
    assert message in with_files.invoke("deploy-all", expect=1).output
    file.unlink()


def test_an_account_is_a_target_by_its_name(with_files: Project) -> None:
    target = {"account": "DeveloperAccount"}
    write(
        with_files.root,
        "one.yaml",
        {**FILES["team.yaml"], "parameters": {"key": "Stage", "values": ["x"]}, "targets": [target]},
    )
    with_files.invoke("deploy-all", "--only", "policies")
    assert effective(with_files, "TAG_POLICY")["tags"]["stage"]["tag_value"] == ["x"]
    assert "unchanged (inputs)" in with_files.invoke("deploy-all", "--only", "policies").output


def test_a_file_that_is_gone_takes_its_policy_along(with_files: Project) -> None:
    folder = Path(with_files.root) / "stacks/policies/environments/sandbox"
    for file in folder.iterdir():
        file.unlink()
    kept = ["ai-services-opt-out", "declarative-ec2", "inspector", "s3"]
    output = with_files.invoke("deploy-all", expect=1).output
    assert "no policy file needs the policy type inspector any more" in output
    assert f"allowed: {', '.join(kept)} in org:policyTypes" in output
    with_files.configure("org/Pulumi.sandbox.yaml", policyTypes=kept)
    with_files.invoke("deploy-all")
    organizations = with_files.aws("organizations")
    for policy_type in ("SERVICE_CONTROL_POLICY", "INSPECTOR_POLICY", "S3_POLICY"):
        listed = organizations.list_policies(Filter=policy_type)["Policies"]
        assert {each["Name"] for each in listed} & {"strict-1", "inspector", "s3"} == set()
    assert set(effective(with_files, "BACKUP_POLICY")["plans"]) == {"Monthly_Backup_Plan"}
