"""`--affected` in the life of a default branch: merged, deployed, gone back."""

import json

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

COMMIT = "git add -A && git -c user.name=a -c user.email=a@example.com commit -qm all"
GRAPH = "invoke graph --affected=deployed --json"
DEPLOY = "invoke deploy-all --affected=deployed"


def chosen(project: Project) -> list[str]:
    """The stacks that CI would deploy. What it is told besides is on standard error."""
    output = project.run("bash", "-c", f"{GRAPH} 2>/dev/null").output
    return [each["label"] for each in json.loads(output)]


def test_what_is_deployed_follows_the_commits(project: Project) -> None:
    project.run("bash", "-c", f"git init -q -b main && {COMMIT}")
    every = ["org", "identity", "policies", "accounts/developer", "accounts/shared-test"]
    assert chosen(project) == every
    assert not (project.root / ".sandbox").exists()
    assert (
        "compares a branch with the default branch, main, and this is it"
        in project.invoke("deploy-all", "--affected", expect=1).output
    )

    assert (
        "org counts as affected: it was never deployed"
        in project.run("bash", "-c", "invoke deploy-all --affected=deployed --env sandbox").output
    )
    assert chosen(project) == []

    project.configure("policies/Pulumi.sandbox.yaml", accessRoleNames=["OrganizationAccountAccessRole"])
    project.run("bash", "-c", COMMIT)
    assert chosen(project) == ["policies"]
    done = project.run("bash", "-c", f"git checkout -q HEAD~1 && {DEPLOY}")
    assert done.output == "nothing to do: no stack is affected by what has changed since the last deployment\n"
    done = project.run("bash", "-c", "git checkout -q main && invoke deploy-all --affected=HEAD --env sandbox")
    assert done.output == "nothing to do: no stack is affected by what has changed since HEAD\n"
    project.run("bash", "-c", "invoke deploy-all --affected=HEAD~1 --env sandbox")
    assert chosen(project) == []
    project.run("bash", "-c", "git checkout -q HEAD~1")
    assert chosen(project) == ["policies"]
    project.run("bash", "-c", DEPLOY)
    assert chosen(project) == []


PLANNED = (
    "invoke preview-all --plan plan.json",
    "invoke preview-all --plan plan.json --env sandbox",
    "invoke pull-request --plan plan.json --comment comment.md",
    "invoke deploy-all --plan plan.json",
)


def test_a_plan_is_what_is_approved(project: Project) -> None:
    project.configure(
        "accounts/Pulumi.sandbox.developer.yaml", tags={"CostCenter": "Testing", "Owner": "platform-team"}
    )
    preview, again, comment, deploy = PLANNED
    project.run("bash", "-c", preview)
    project.configure("accounts/Pulumi.sandbox.developer.yaml", alias="acme-developer")
    refused = project.run("bash", "-c", deploy, expect=1).output
    assert "accounts/developer: accounts:alias in stacks/accounts/Pulumi.sandbox.developer.yaml is new" in refused
    project.run("bash", "-c", f"{again} && {comment} && {deploy}")
    assert "tags.CostCenter" in (project.root / "comment.md").read_text()
    assert "its state is another one" in project.run("bash", "-c", deploy, expect=1).output
    (project.root / ".gitlab-ci.yml").unlink()
    assert "wrote .gitlab-ci.yml" in project.run("bash", "-c", "invoke workflows").output
