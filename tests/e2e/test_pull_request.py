"""A pull request by the workflows' own steps, from the form that asks for an account to the deployed account."""

from __future__ import annotations

import json

import pytest

from shared.layers import LAYERS
from tests.automation.workflows.runner import ISSUER, REPOSITORY, Runner
from tests.configuration import write_production
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

GIT = "git -c user.name=a -c user.email=a@example.com"
SUBJECTS = f"repo:{REPOSITORY}:"
FILE = "stacks/accounts/Pulumi.prod.shared-test.yaml"
ISSUE = 12
BRANCH = f"account-request-{ISSUE}"
BODY = """\
### Name

shared-test

### Organizational unit

Development

### Tag CostCenter

Testing

### Tag Owner

quality-team

### More tags

_No response_

### Name in AWS

_No response_
""".replace("\n", "\r\n")
"""As GitHub writes the form's answers."""


def git(project: Project, command: str) -> str:
    return project.run("bash", "-c", command.replace("git ", f"{GIT} ")).output.strip()


@pytest.fixture(scope="module")
def team(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A team whose organization is deployed but for one account, with a remote that has its files."""
    project.invoke("sandbox.start")
    write_production(project.root)
    oidc = {"issuer": ISSUER, "audience": "sts.amazonaws.com", "subjects": [f"{SUBJECTS}ref:refs/heads/main"]}
    preview = {"subjects": [f"{SUBJECTS}pull_request", f"{SUBJECTS}ref:refs/heads/main"]}
    roles = {
        layer: {"deploy": {"subjects": [f"{SUBJECTS}environment:{layer}"]}, "preview": preview} for layer in LAYERS
    }
    project.configure("identity/Pulumi.prod.yaml", automation="oidc", oidc=oidc, deployRoles=roles)
    project.configure("org/Pulumi.prod.yaml", accountEmail="aws+{name}@example.com")
    (project.root / FILE).unlink()
    project.shell("invoke deploy-all --env prod --yes")
    for file in (project.root / "stacks").glob("*/Pulumi.prod*.yaml"):
        profile = f"  aws:profile: {file.parent.name}\n"
        file.write_text(file.read_text().replace("config:\n", f"config:\n{profile}"))
    remote = tmp_path_factory.mktemp("remote")
    project.invoke("workflows", "--env", "prod")
    git(project, f"git init -q -b main && git add -A && git commit -qm all && git init -q --bare {remote}")
    git(project, f"git remote add origin {remote} && git push -q origin main")
    return Runner.install(project, tmp_path_factory.mktemp("runner"))


def opened(runner: Runner, branch: str) -> str:
    """Push a branch with what is in the work tree, as a pull request; its last commit."""
    return git(runner.project, f"git switch -q -C {branch} && git add stacks && git commit -qm {branch} && "
               f"git push -q origin {branch} && git rev-parse HEAD")  # fmt: skip


PULL_REQUEST = {"event_name": "pull_request", "base_ref": "main", "event": {"pull_request": {"number": 1}}}


def previewed(runner: Runner, expect: int = 0) -> str:
    """The job of the pull request; the comment that it leaves."""
    print(runner.run("pull-request", "preview", PULL_REQUEST, expect=expect))
    return commented(runner, 1)


def commented(runner: Runner, number: int) -> str:
    """The only comment on an issue or a pull request."""
    found = json.loads((runner.github / "comments.json").read_text())
    (comment,) = (each for each in found if each["issue"] == str(number))
    return str(comment["body"])


def requested(runner: Runner, body: str, expect: int = 0, actor: str = "maintainer") -> str | None:
    """The jobs of an issue that somebody opens or edits; the comment that they leave, None if he may not ask."""
    event = {"event_name": "issues", "actor": actor, "event": {"issue": {"number": ISSUE, "body": body}}}
    runner.run("new-account", "who", event)
    if runner.outputs["who"]["may"] == "false":
        return None
    print(runner.run("new-account", "request", event, expect=expect))
    return commented(runner, ISSUE)


def on_remote(runner: Runner) -> dict[str, str]:
    """Branch → what its last commit has for the new account's file."""
    project = runner.project
    branches = git(project, "git ls-remote --heads origin").split()[1::2]
    found = {}
    for branch in branches:
        git(project, f"git fetch -q origin {branch}")
        found[branch.removeprefix("refs/heads/")] = git(project, f"git show FETCH_HEAD:{FILE} || true")
    return found


def test_a_request_is_read_by_hand(team: Runner) -> None:
    project = team.project
    body = BODY.replace("shared-test", "by-hand") + "\n### E-mail address\n\nby-hand@example.com\n"
    (project.root / "issue.md").write_text(body)
    project.invoke("account-request", "--issue", "issue.md", "--comment", "comment.md")
    file = project.root / "stacks/accounts/Pulumi.sandbox.by-hand.yaml"
    assert file.name in (project.root / "comment.md").read_text()
    file.unlink()


def merged(runner: Runner, branch: str, head: str) -> dict[str, str]:
    """Merge the branch, and what GitHub then knows of it; the event."""
    git(runner.project, f"git switch -q main && git merge -q --no-ff -m merge {branch} && git push -q origin main")
    sha = git(runner.project, "git rev-parse HEAD")
    pull = {"merge_commit_sha": sha, "merged_at": "now", "base": {"ref": "main"}, "head": {"sha": head}}
    run = {"id": 1, "head_sha": head, "head_repository": {"full_name": REPOSITORY}}
    (runner.github / "pulls.json").write_text(json.dumps([pull]))
    (runner.github / "runs.json").write_text(json.dumps([run]))
    return {"event_name": "push", "sha": sha}


def test_an_account_by_the_form_and_its_pull_request(team: Runner) -> None:
    project = team.project
    assert requested(team, BODY, actor="visitor") is None
    assert set(on_remote(team)) == {"main"}

    wrong = BODY.replace("Testing", "Gold").replace("shared-test", "Shared $(test)")
    refused = requested(team, wrong, expect=1)
    assert refused
    assert "- Name is 'Shared $(test)'" in refused
    assert "- Tag CostCenter is 'Gold'; the OU allows: Development, Testing" in refused
    assert set(on_remote(team)) == {"main"}

    first = requested(team, BODY.replace("quality-team", "web-team"))
    assert first
    assert "Owner: web-team" in first
    assert "#7" in first
    assert "Owner: web-team" in on_remote(team)[BRANCH]

    second = requested(team, BODY)
    assert second
    assert "Owner: quality-team" in second
    assert "Owner: quality-team" in on_remote(team)[BRANCH]
    (pull,) = json.loads((team.github / "requests.json").read_text())
    given = {"title": "New account shared-test", "body": "Closes #12.", "head": BRANCH, "base": "main"}
    assert given.items() <= pull.items()
    was = git(project, f"git rev-parse {BRANCH}")
    requested(team, BODY)
    assert git(project, f"git ls-remote origin {BRANCH}").split()[0] == was, "nothing new, nothing pushed"

    git(project, f"git reset -q --hard {was}")
    head = was
    comment = previewed(team)
    assert "| `accounts/shared-test` | 2" in comment, comment
    assert "would be created aws:organizations/account:Account account" in comment
    assert "can assume" in comment or "gain" in comment, comment
    assert "`accounts/developer`" not in comment

    event = merged(team, BRANCH, head)
    team.run("deploy", "plan", event)
    assert json.loads(team.outputs["plan"]["layers"]) == ["accounts"]
    assert json.loads(team.outputs["plan"]["shards"]) == [1]
    assert "accounts/shared-test" in team.summary()
    job = {"matrix": {"shard": 1}, "strategy": {"job-total": 1}}
    print(team.run("deploy", "accounts", event, more=job))
    team.run("deploy", "report", event)
    assert "| accounts/shared-test | deployed |" in team.summary()
    deployed = project.shell("AWS_PROFILE= invoke outputs --only accounts/shared-test --env prod --json").output
    assert "DeveloperRole" in deployed


def test_a_change_of_aws_after_the_approval_is_refused(team: Runner) -> None:
    project = team.project
    project.configure("accounts/Pulumi.prod.shared-test.yaml", tags={"CostCenter": "Testing", "Owner": "web-team"})
    head = opened(team, "owner")
    comment = previewed(team)
    assert "tags.Owner" in comment
    assert '"quality-team" → "web-team"' in comment
    account = project.shell("AWS_PROFILE= invoke outputs --only accounts/shared-test --env prod --json").output
    inside = project.aws("iam", project.inside(json.loads(account)["accounts/shared-test"]["accountId"]))
    for policy in inside.list_attached_role_policies(RoleName="DeveloperRole")["AttachedPolicies"]:
        inside.detach_role_policy(RoleName="DeveloperRole", PolicyArn=policy["PolicyArn"])
    inside.delete_role(RoleName="DeveloperRole")

    event = merged(team, "owner", head)
    team.run("deploy", "plan", event)
    job = {"matrix": {"shard": 1}, "strategy": {"job-total": 1}}
    refused = team.run("deploy", "accounts", event, expect=1, more=job)
    named = [line for line in refused.splitlines() if "this is not what was approved: " in line]
    assert any("aws:iam/role:Role DeveloperRole" in line for line in named), refused
    tags = project.aws("organizations").list_tags_for_resource(
        ResourceId=json.loads(account)["accounts/shared-test"]["accountId"]
    )["Tags"]
    assert {"Key": "Owner", "Value": "quality-team"} in tags
