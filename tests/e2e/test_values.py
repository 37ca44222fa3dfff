"""What a preview shows of a change is what the deployment then does, and no secret. The tests build on each other."""

import json
import re
from typing import Any

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

POLICIES = "policies/Pulumi.sandbox.yaml"
REGIONS = "~ DenyOtherRegions Condition.StringNotEquals.aws:RequestedRegion: + eu-west-1"
ADDRESS = "shared-test-account@example.com"


def run(
    project: Project, command: str, *options: str, expect: int = 0
) -> tuple[str, dict[tuple[str, str, str], dict[str, tuple[Any, Any]]]]:
    """What the command prints, and its report's changes of a resource: property → old and new value."""
    file = project.root / "report.json"
    output = project.invoke(command, *options, "--report", str(file), expect=expect).output
    report: dict[str, Any] = json.loads(file.read_text())
    changes = {
        (stack["label"], change["name"], change["what"]): {
            each["property"]: (each["old"], each["new"]) for each in change["values"]
        }
        for stack in report["stacks"]
        for change in [*stack["changes"], *stack["drift"]]
        # A component may have the name of a resource in it.
        if change["type"].startswith("aws:")
    }
    return output, changes


def encrypt(project: Project, account: str, address: str) -> None:
    """Make the account's e-mail address a secret of its configuration."""
    file = f"Pulumi.sandbox.{account}.yaml"
    # A stack that exists, since the account's own need not.
    command = f"pulumi config set --secret accounts:email {address} -s sandbox.shared-test --config-file {file}"
    project.shell(command, cwd="stacks/accounts")
    assert address not in (project.root / "stacks" / "accounts" / file).read_text()


def test_the_regions_of_a_service_control_policy(project: Project) -> None:
    regions = ["us-east-1", "us-west-2", "eu-west-1"]
    project.configure(POLICIES, serviceControl={"Development": {"allowedRegions": regions}})
    lines = [
        "policies | would be updated aws:organizations/policy:Policy Guardrails-Development-1",
        "policies |   content:",
        f"policies |     {REGIONS}",
        "policies | would change (1 updated, 16 unchanged)",
    ]
    output, planned = run(project, "preview-all", "--only", "policies")
    assert "\n".join(lines) in output
    key = ("policies", "Guardrails-Development-1", "updated")
    old, new = (json.loads(value)["Statement"] for value in planned[key]["content"])
    assert old[:-1] == new[:-1]
    assert new[-1]["Condition"]["StringNotEquals"]["aws:RequestedRegion"] == regions
    assert REGIONS in project.invoke("preview", "policies", "--diff").output
    output, done = run(project, "deploy-all", "--only", "policies")
    assert REGIONS in output
    assert done == planned


def test_who_a_role_trusts(project: Project) -> None:
    project.configure("identity/Pulumi.sandbox.yaml", users=["ada"], mfaEnrolment=["ada"])
    output, planned = run(project, "preview-all")
    grace = re.escape("~ statement 1 Principal.AWS: - arn:aws:iam::123456789012:user/grace")
    assert len(re.findall(rf"^accounts/\S+ +\| +{grace}$", output, re.MULTILINE)) == 2
    assert "would be deleted aws:iam/user:User grace" in output
    assert 'name: "grace"' not in output
    some = ("--only", "identity", "--only", "accounts/shared-test")
    assert 'name: "grace"' in project.invoke("preview-all", *some, "--diff").output
    _, done = run(project, "deploy-all")
    assert done == planned


def test_a_trust_policy_that_somebody_has_opened(project: Project) -> None:
    inside = project.inside(project.outputs("accounts/developer")["accountId"])
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [anyone]})
    project.aws("iam", inside).update_assume_role_policy(RoleName="DeveloperRole", PolicyDocument=document)
    output, found = run(project, "drift", "--only", "accounts/developer", expect=2)
    told = output.partition("changed in AWS aws:iam/role:Role DeveloperRole\n")[2].splitlines()
    assert [line.partition("|")[2].strip() for line in told[:3]] == [
        "assumeRolePolicy:",
        "~ statement 1 Principal.AWS: arn:aws:iam::123456789012:user/ada → *",
        "~ statement 1 Condition.Bool.aws:MultiFactorAuthPresent: - true",
    ]
    state, aws = found[("accounts/developer", "DeveloperRole", "changed")]["assumeRolePolicy"]
    assert (json.loads(aws)["Statement"], json.loads(state)["Statement"] == [anyone]) == ([anyone], False)
    # The program wants back what the state had.
    program = found[("accounts/developer", "DeveloperRole", "updated")]["assumeRolePolicy"]
    assert program == (aws, state)
    project.invoke("refresh-all", "--only", "accounts/developer")
    project.invoke("deploy-all", "--only", "accounts/developer")


def test_an_address_that_is_a_secret_is_nowhere(project: Project) -> None:
    """One that was none before, and is in the state as it is; and one of an account that does not exist yet."""
    encrypt(project, "shared-test", ADDRESS)
    tags = {"CostCenter": "Testing", "Owner": ADDRESS}
    project.configure("accounts/Pulumi.sandbox.shared-test.yaml", tags=tags)
    project.invoke("add-account", "staging", "--email", "staging@example.com", "--ou", "Development", "--tag",
                   "CostCenter=Testing", "--tag", "Owner=x")  # fmt: skip
    project.configure("accounts/Pulumi.sandbox.staging.yaml", blockPublicS3=False)
    encrypt(project, "staging", "staging@example.com")
    secret = "[secret]"
    for command, code in (("preview-all", 0), ("drift", 2), ("deploy-all", 0)):
        output, found = run(project, command, "--diff", "--layer", "accounts", expect=code)
        assert "email: [secret]" in output
        assert found[("accounts/staging", "account", "created")]["email"] == (None, secret)
        assert found[("accounts/shared-test", "account", "updated")]["tags.Owner"] == (secret, secret)
        for told in (output, (project.root / "report.json").read_text()):
            assert ADDRESS not in told
            assert "staging@example.com" not in told
    for log in project.root.glob(".runs/**/accounts/*.log"):
        assert "staging@example.com" not in log.read_text()
