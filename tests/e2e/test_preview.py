"""A preview tells what the deployment then does, and changes nothing. The tests build on each other."""

import pytest

from tests.configuration import MANAGEMENT_ACCOUNT
from tests.e2e.project import Project
from tests.e2e.reports import Steps, files, steps

pytestmark = pytest.mark.e2e


def same_as_previewed(project: Project) -> Steps:
    """Preview, deploy and preview again; returns what was changed."""
    before = files(project)
    planned = steps(project, "preview-all")
    assert files(project) == before
    assert steps(project, "deploy-all") == planned
    assert steps(project, "preview-all") == set()
    return planned


def test_a_first_preview_creates_no_stack(project: Project) -> None:
    # As a user's files are before the first deployment.
    for file in project.root.glob("stacks/*/Pulumi.sandbox*.yaml"):
        file.write_text(file.read_text().partition("encryptionsalt")[0])
    project.invoke("sandbox.start")
    planned = same_as_previewed(project)
    assert {stack for stack, _, _ in planned} == {
        "org",
        "identity",
        "policies",
        "accounts/developer",
        "accounts/shared-test",
    }
    assert any("backup/vault" in urn for _, urn, _ in planned)


def test_a_preview_of_one_account_before_anything_else_exists(project: Project) -> None:
    # The environment's other stacks exist by now, those of a second one do not.
    for file in project.root.glob("stacks/*/Pulumi.sandbox*.yaml"):
        other = file.with_name(file.name.replace("sandbox", "trial"))
        bound = f'  aws:allowedAccountIds: ["{MANAGEMENT_ACCOUNT}"]\n'
        other.write_text(file.read_text().partition("encryptionsalt")[0] + bound)
    before = files(project)
    output = project.shell("invoke preview accounts/developer --env trial").output
    assert "accounts/developer | would change (" in output
    assert files(project) == before
    for file in project.root.glob("stacks/*/Pulumi.trial*.yaml"):
        file.unlink()


def test_a_unit_and_an_account_in_it_in_one_change(project: Project) -> None:
    project.configure("org/Pulumi.sandbox.yaml", organizationalUnits=["Development", "Staging"])
    project.invoke("add-account", "staging", "--email", "staging@example.com", "--ou", "Staging")
    planned = same_as_previewed(project)
    assert {stack for stack, _, _ in planned} == {"org", "accounts/staging"}


def test_a_user_of_identity_and_a_region_of_policies_reach_the_accounts(project: Project) -> None:
    project.configure("identity/Pulumi.sandbox.yaml", users=["ada", "grace", "zoe"])
    backup = {"organizationalUnits": ["Development"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-2"}
    project.configure("policies/Pulumi.sandbox.yaml", backup=backup, serviceControl={"Development": {}})
    planned = same_as_previewed(project)
    for account in ("developer", "shared-test"):
        changed = {(urn.rpartition("::")[2], what) for stack, urn, what in planned if stack == f"accounts/{account}"}
        assert {("DeveloperRole", "updated"), ("vault-us-east-2", "created")} <= changed
    assert {urn.rpartition("::")[2] for stack, urn, _ in planned if stack == "accounts/staging"} == {"DeveloperRole"}


def test_policies_turned_off(project: Project) -> None:
    project.configure("policies/Pulumi.sandbox.yaml", backup=None, serviceControl=None, tags=None)
    planned = same_as_previewed(project)
    assert {"policies", "accounts/developer", "accounts/shared-test"} <= {stack for stack, _, _ in planned}


def test_a_stack_whose_upstream_stays_is_not_run(project: Project) -> None:
    project.configure("org/Pulumi.sandbox.yaml", additionalTrustedServices=["sso.amazonaws.com"])
    output = project.invoke("preview-all").output
    assert "org                  | would be updated" in output
    assert output.count(" | unchanged (inputs)") == 5
    project.invoke("deploy-all")
