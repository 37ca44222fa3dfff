"""`invoke adopt`: whatever an organization is, nothing of it changes, and all that can be described is managed.

With `--hypothesis-profile=closing` the last test makes eighty organizations of up to 20 accounts. The adoption of each
is killed somewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings

from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from shared.layers import ROOT
from tests import aws_cli, organizations
from tests.conftest import CLOSING, rounds
from tests.e2e.accidents import control, until
from tests.e2e.project import REGION, Project, kill_tree
from tests.e2e.test_printed import answer

pytestmark = pytest.mark.e2e

KILLED_SECONDS = 300
"""How long an adoption may take, which is killed before its end."""

NOTHING = "Nothing that exists would change; "

PLAN = organizations.Plan(
    units=((0, "Workloads"), (1, "Prod/EU"), (0, "no"), (3, "017"), (3, "Quiet")),
    accounts=(
        organizations.Account("Web Shop", 2, None, {"Env": "no"}, closed=False),
        organizations.Account("web-shop", 4, "OrganizationalAccountAccessRole", {}, closed=False),
        organizations.Account("017", 4, "AWSControlTowerExecution", {}, closed=False),
        organizations.Account("Invited", 1, "Stranger", {}, closed=False),
        organizations.Account("Rooted", 0, None, {}, closed=False),
        organizations.Account("Old", 1, None, {}, closed=True),
    ),
    policies=(
        organizations.Policy(
            "Deny", organizations.SCP, organizations.DOCUMENTS[organizations.SCP][2], "", (0, 2), True
        ),
        organizations.Policy("no", organizations.SCP, organizations.DOCUMENTS[organizations.SCP][1], "#", (5,), False),
        organizations.Policy(
            "Teams", organizations.TAG, organizations.DOCUMENTS[organizations.TAG][1], "no", (), False
        ),
    ),
    types=frozenset({organizations.RCP}),
    services=frozenset({"sso.amazonaws.com"}),
    developers=1,
    groups=frozenset({"developers", "admins"}),
    delegates=((0, "sso.amazonaws.com"),),
    roles=("Deployer",),
    permission_sets=(
        organizations.PermissionSet("Admins", "administrators", (0, 1, 3), user=True),
        organizations.PermissionSet("no", "documents", (2,)),
        organizations.PermissionSet("Bounded", "bounded", ()),
    ),
)

TO_PRODUCTION = (
    "aws sts get-caller-identity",
    "invoke doctor --env prod",
    "invoke adopt --env prod",
    "invoke preview-all --env prod",
    "invoke deploy-all --env prod",
)
"""What docs/production.md prints."""


def company(project: Project, plan: organizations.Plan) -> organizations.Made:
    """An organization made by hand, and a repository without an environment."""
    for file in (*project.root.glob("stacks/*/Pulumi.*.yaml"), *project.root.glob("stacks/policies/environments/*/*")):
        file.unlink()
    project.invoke("sandbox.start")
    made = organizations.make(plan, project.aws)
    if plan.permission_sets:
        control(project, "POST", "identity-center", {"region": REGION})
        organizations.make_people(plan, project.aws, made)
    # AWS closes accounts on its own, a little later.
    until(lambda: "PENDING_CLOSURE" not in str(everything(project)["accounts"]))
    return made


def everything(project: Project) -> Mapping[str, Any]:
    """What is in AWS, as the emulated AWS keeps it."""
    client, iam = project.aws("organizations"), project.aws("iam")
    root = client.list_roots()["Roots"][0]
    found: dict[str, Any] = {"root": root, "users": iam.list_users()["Users"], "groups": iam.list_groups()["Groups"]}
    pages = organizations.pages(client, "list_accounts", "Accounts")
    found["accounts"] = sorted(pages, key=lambda each: str(each["Id"]))
    for kind in (each["Type"] for each in root["PolicyTypes"]):
        for policy in organizations.pages(client, "list_policies", "Policies", Filter=kind):
            found[policy["Id"]] = client.describe_policy(PolicyId=policy["Id"])["Policy"]
    center = project.aws("sso-admin")
    for instance in center.list_instances()["Instances"]:
        where = {"InstanceArn": instance["InstanceArn"]}
        for arn in organizations.pages(center, "list_permission_sets", "PermissionSets", **where):
            which = {**where, "PermissionSetArn": arn}
            accounts = center.list_accounts_for_provisioned_permission_set(**which)["AccountIds"]
            found[arn] = [
                center.describe_permission_set(**which)["PermissionSet"],
                center.get_inline_policy_for_permission_set(**which).get("InlinePolicy"),
                center.list_managed_policies_in_permission_set(**which)["AttachedManagedPolicies"],
                [center.list_account_assignments(AccountId=each, **which)["AccountAssignments"] for each in accounts],
            ]
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def state(project: Project, layer: str, stack: str) -> dict[str, str]:
    """Name → id of each resource of AWS in a state."""
    file = project.root / ".sandbox/state/.pulumi/stacks" / layer / f"{stack}.json"
    if not file.exists():
        return {}
    resources = (json.loads(file.read_text())["checkpoint"]["latest"] or {}).get("resources") or []
    return {each["urn"].split("::")[-1]: each["id"] for each in resources if each["type"].startswith("aws:")}


def adopt(project: Project, *args: str, expect: int | None = 0) -> str:
    """Run `invoke adopt` for the environment prod."""
    output = project.shell(" ".join(["invoke adopt --env prod", *args]), expect=expect).output
    assert "Traceback" not in output, output
    return output


@pytest.fixture(scope="module")
def made(project: Project) -> organizations.Made:
    for folder in project.root.glob("stacks/*/*.example"):
        folder.unlink()
    return company(project, PLAN)


@pytest.fixture
def unchanged(project: Project) -> Iterator[None]:
    """Whatever the test does, AWS stays as it is."""
    calls, before = control(project, "GET", "calls"), everything(project)
    yield
    assert organizations.writes(control(project, "GET", "calls")) == organizations.writes(calls)
    assert everything(project) == before


@pytest.mark.usefixtures("unchanged")
def test_it_says_first_what_it_would_do(project: Project, made: organizations.Made) -> None:
    output = adopt(project)
    assert "Nothing was written or imported." in output
    for line in (
        f"  stacks/accounts/Pulumi.prod.web-shop-{made.accounts[0]}.yaml",
        f"  stacks/accounts/Pulumi.prod.web-shop-{made.accounts[1]}.yaml",
        f"  account Invited ({made.accounts[3]}): no role that account 123456789012 may assume (",
        "      aws iam create-role --role-name OrganizationAccountAccessRole --assume-role-policy-document '",
        "  stacks/accounts/Pulumi.prod.rooted.yaml",
        f"  account Old ({made.accounts[5]}), ",
        "mayBreakDeployment: true, because ",
        f"  delegated administrator of sso.amazonaws.com: Web Shop ({made.accounts[0]})",
        f"  IAM Identity Center: Admins is assigned to Everybody in accounts without a stack: {made.accounts[3]}",
        "  IAM Identity Center: Admins is assigned to a user (",
        "  IAM Identity Center: groups that no account here is assigned to: no: 017",
        "  groups of the management account: admins; ",
    ):
        assert line in output, output
    assert not list(project.root.glob("stacks/*/Pulumi.prod*"))
    assert "allowed: 017 (" in adopt(project, "--account nobody", expect=1)


@pytest.mark.usefixtures("unchanged")
def test_a_part_is_adopted_and_then_the_rest_also_after_a_kill(project: Project, made: organizations.Made) -> None:
    shop = f"prod.web-shop-{made.accounts[1]}"
    # Who has the credentials in a profile alone, for which nothing is in the variables of the shell.
    (project.root / "credentials").write_text(
        f"[acme]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
    )
    shell = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; export AWS_SHARED_CREDENTIALS_FILE=$PWD/credentials"
    command = f"invoke adopt --env prod --account {made.accounts[1]}"
    assert "Traceback" not in project.shell(f"{shell}; {command}", expect=1).output
    assert shop in project.shell(f"{shell}; {command} --profile acme").output
    output = adopt(project, f"--account {made.accounts[1]}", "--yes")
    assert NOTHING in output, output
    assert "; it is adopted with the whole organization" in output
    assert set(state(project, "org", "prod")) == {"organization", "no", "no/017"}
    assert state(project, "accounts", shop) == {"account": made.accounts[1]}
    # A file that a person has changed stays as it is.
    file = project.root / "stacks/identity/Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("config:", "config:\n  # Ours.\n  identity:requireMfa: true", 1))

    running = project.start("adopt", "--env", "prod", "--yes", env=shell_variables(project))
    until(lambda: "Workloads" in state(project, "org", "prod"))
    kill_tree(running)
    output = adopt(project, "--yes")
    assert "it is not written again, and goes:\n  stacks/identity/Pulumi.prod.yaml\nLeft out:" in output, output
    assert "# Ours." in file.read_text()
    assert NOTHING in output, output
    assert set(state(project, "org", "prod")) == {
        "organization", "Workloads", "Workloads/Prod-EU", "no", "no/017", "no/Quiet"
    }  # fmt: skip
    assert {"developers", "user0", "Admins", "no", "Bounded"} <= set(state(project, "identity", "prod"))
    assert {"Admins-AdministratorAccess", "Bounded-AmazonODBExadataInfrastructureAdmin"} <= set(
        state(project, "identity", "prod")
    )
    assert {"Deny", "Deny-root", "no", "Teams"} <= set(state(project, "policies", "prod"))
    assert set(state(project, "accounts", shop)) == {"account", "Admins-Everybody"}
    assert set(state(project, "accounts", "prod.017")) == {"account", "no-Everybody"}
    assert state(project, "accounts", "prod.rooted") == {"account": made.accounts[4]}
    assert NOTHING in project.shell("invoke preview-all --env prod").output


def test_the_documents_way_to_production(project: Project, made: organizations.Made) -> None:
    """The commands of docs/production.md as they are printed, in their order, in a terminal."""
    aws_cli.install(project.root / "bin")
    section = (ROOT / "docs/production.md").read_text().partition("## The way\n")[2].partition("\n#")[0]
    printed = [line.partition("#")[0].strip() for line in section.splitlines() if line.startswith("$ ")]
    assert printed == [f"$ {command}" for command in TO_PRODUCTION]
    before, calls = everything(project), control(project, "GET", "calls")
    said = {}
    for command in TO_PRODUCTION:
        if command.startswith("invoke deploy-all"):
            assert organizations.writes(control(project, "GET", "calls")) == organizations.writes(calls)
        # Something is missing here: the official provider.
        said[command] = answer(project, command, "y", expect=None if "doctor" in command else 0)
    assert f'"Account": "{before["root"]["Arn"].split(":")[4]}"' in said[TO_PRODUCTION[0]]
    assert NOTHING in said[TO_PRODUCTION[2]]
    assert NOTHING in said[TO_PRODUCTION[3]]
    rooted = project.outputs("accounts/rooted", "prod")
    assert rooted["accountId"] == made.accounts[4]
    after = everything(project)
    # The automation user and the group for the first MFA device are added, and nothing else of these.
    assert {key: value for key, value in after.items() if key not in ("users", "groups")} == {
        key: value for key, value in before.items() if key not in ("users", "groups")
    }
    assert all(each in after[key] for key in ("users", "groups") for each in before[key])


def shell_variables(project: Project) -> dict[str, str]:
    """What `invoke sandbox.env` gives a shell, for a process that is to be killed."""
    printed = project.shell("env -0").output
    return dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)


def states(project: Project, layer: str) -> bool:
    """Whether something of AWS is in a state of a layer."""
    found = project.root.glob(f".sandbox/state/.pulumi/stacks/{layer}/prod*.json")
    return any(state(project, layer, file.stem) for file in found)


STEPS: tuple[Callable[[Project], bool], ...] = (
    lambda project: bool(list(project.root.glob("stacks/org/Pulumi.prod.yaml"))),
    lambda project: (project.root / ".sandbox/state/.pulumi/stacks/org/prod.json").exists(),
    *(partial(states, layer=layer) for layer in ("org", "identity", "policies", "accounts")),
)
"""What an adoption has done, one after the other."""


@rounds(1)
@given(plan=organizations.plans(20 if settings.get_current_profile_name() == CLOSING else 3))
def test_whatever_the_organization_is_nothing_of_it_would_change_also_after_a_kill(
    project: Project, plan: organizations.Plan
) -> None:
    project.invoke("sandbox.reset")
    company(project, plan)
    calls, before = control(project, "GET", "calls"), everything(project)
    reached = STEPS[plan.killed_after % len(STEPS)]
    running = project.start("adopt", "--env", "prod", "--yes", env=shell_variables(project))
    # An organization may have nothing of a layer.
    until(lambda: reached(project) or running.poll() is not None, KILLED_SECONDS)
    kill_tree(running)
    output = adopt(project, "--yes")
    assert NOTHING in output, output
    assert "This project would change of what exists" not in output
    assert organizations.writes(control(project, "GET", "calls")) == organizations.writes(calls)
    assert everything(project) == before
