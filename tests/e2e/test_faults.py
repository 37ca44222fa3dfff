"""What goes wrong: mistakes in the configuration, a run that is killed, a layer that fails."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.project import Project, kill_tree

pytestmark = pytest.mark.e2e

DEVELOPER = "accounts/Pulumi.sandbox.developer.yaml"

MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown key": (DEVELOPER, {"emial": "a@example.com"}, "unknown key accounts:emial"),
    "bad e-mail": (DEVELOPER, {"email": "nobody"}, "accounts:email is 'nobody'"),
    "unknown OU": (DEVELOPER, {"organizationalUnit": "Nowhere"}, "'Nowhere', which stack org does not export"),
    "cost centre": (DEVELOPER, {"tags": {"CostCenter": "Sales", "Owner": "a"}}, "CostCenter is 'Sales'"),
    "region": (
        "policies/Pulumi.sandbox.yaml",
        {
            "backup": {
                "organizationalUnits": ["Development"],
                "primaryRegions": ["us-west-9"],
                "copyRegion": "us-east-1",
            }
        },
        "primaryRegions.0 is 'us-west-9'",
    ),
    "e-mail twice": (DEVELOPER, {"email": "shared-test-account@example.com"}, "which stacks/accounts/Pulumi.sandbox."),
}


def organization_exists(project: Project) -> bool:
    organizations = project.aws("organizations")
    try:
        organizations.describe_organization()
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        return False
    return True


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_error_before_anything_is_changed(project: Project, mistake: str) -> None:
    project.invoke("sandbox.start")
    file, keys, message = MISTAKES[mistake]
    path = project.root / "stacks" / file
    right = path.read_text()
    try:
        project.configure(file, **keys)
        output = project.invoke("deploy-all", expect=1).output
    finally:
        path.write_text(right)
    assert message in output
    assert f"stacks/{file.split('/')[0]}/Pulumi.sandbox" in output
    assert "Traceback" not in output
    assert not organization_exists(project)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("deploy-all", "--env", "nowhere"), "no environment is called 'nowhere'"),
        (("up", "nothing"), "nothing"),
        (("outputs", "--only", "accounts/nobody"), "accounts/nobody"),
        (("add-account", "developer", "--email", "a@example.com", "--ou", "Development"), "developer"),
        (("add-account", "new", "--email", "nobody", "--ou", "Development"), "nobody"),
    ],
)
def test_a_wrong_command_line_is_one_clear_error(project: Project, args: tuple[str, ...], message: str) -> None:
    output = project.invoke(*args, expect=1).output
    assert message in output
    assert "Traceback" not in output
    assert not (project.root / "stacks/accounts/Pulumi.sandbox.new.yaml").exists()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run never got there"
        time.sleep(0.1)


@pytest.mark.parametrize("stage", ["organization", "accounts"])
def test_a_killed_deploy_all_run_again_ends_in_the_same_state(project: Project, stage: str) -> None:
    project.invoke("sandbox.start")
    project.invoke("sandbox.reset")
    project.invoke("sandbox.start")

    def reached() -> bool:
        if not organization_exists(project):
            return False
        return stage == "organization" or len(project.aws("organizations").list_accounts()["Accounts"]) > 1

    running = project.start("deploy-all")
    wait_for(reached)
    kill_tree(running)
    project.invoke("deploy-all")
    accounts = project.aws("organizations").list_accounts()["Accounts"]
    assert sorted(account["Email"] for account in accounts if "Account" in account["Name"]) == [
        "developer-account@example.com",
        "shared-test-account@example.com",
    ]
    again = project.invoke("deploy-all").output
    assert again.count("unchanged") >= 5, again
    for name in ("developer", "shared-test"):
        iam = project.aws("iam", project.inside(project.outputs(f"accounts/{name}")["accountId"]))
        assert {r["RoleName"] for r in iam.list_roles()["Roles"]} >= {"DeveloperRole", "AutomationRole"}


def test_a_failed_layer_stops_only_what_depends_on_it(project: Project) -> None:
    project.invoke("deploy-all")
    # An access key makes the group undeletable; here a user made by hand stands in the way of a new one.
    project.aws("iam").create_user(UserName="hopper")
    identity = project.root / "stacks" / "identity" / "Pulumi.sandbox.yaml"
    right = identity.read_text()
    try:
        project.configure("identity/Pulumi.sandbox.yaml", users=["ada", "grace", "hopper"])
        output = project.invoke("deploy-all", expect=1).output
    finally:
        identity.write_text(right)
    lines = output.splitlines()
    assert any("identity" in line and "failed" in line for line in lines), output
    assert any("policies" in line and "unchanged" in line for line in lines), output
    assert sum("accounts/" in line and "skipped" in line for line in lines) >= 2, output
    assert "EntityAlreadyExists" in output
    assert "Traceback" not in output
    project.aws("iam").delete_user(UserName="hopper")
    project.invoke("deploy-all")


def test_the_sandbox_reads_and_changes_nothing_of_the_user_s_own_set_up(project: Project) -> None:
    home = project.root / "home"
    for name, text in {
        ".aws/config": "[default]\nregion = eu-west-3\n[profile mine]\nregion = eu-west-3\n",
        ".aws/credentials": "[default]\naws_access_key_id = AKIAMINE000000000000\naws_secret_access_key = mine\n",
        ".pulumi/credentials.json": '{"current": "file:///nowhere"}',
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    mine = {
        "HOME": str(home),
        "AWS_PROFILE": "mine",
        "AWS_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": "AKIAMINE000000000000",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "PULUMI_BACKEND_URL": "file:///nowhere",
        "PULUMI_CONFIG_PASSPHRASE": "mine",
        "PULUMI_STACK": "mine",
    }
    assert "unchanged" in project.run("invoke", "deploy-all", env=mine).output
    after = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert {path: text for path, text in after.items() if path in before} == before
    assert not [path for path in after if ".pulumi/plugins" in str(path) or ".aws/cli" in str(path)]
