"""What was made by hand is brought under management with `invoke import`, and is neither changed nor made twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.accidents import until
from tests.e2e.project import Project, kill_tree

pytestmark = pytest.mark.e2e

SHOP = "accounts/Pulumi.sandbox.web-shop.yaml"


def state(project: Project, label: str) -> dict[str, dict[str, Any]]:
    """Name → resource in AWS, of the state of a stack."""
    layer, _, account = label.partition("/")
    name = f"sandbox.{account}" if account else "sandbox"
    file = project.root / ".sandbox/state/.pulumi/stacks" / layer / f"{name}.json"
    if not file.exists():
        return {}
    resources = (json.loads(file.read_text())["checkpoint"]["latest"] or {}).get("resources") or []
    return {each["urn"].split("::")[-1]: each for each in resources if each["type"].startswith("aws:")}


@pytest.fixture(scope="module")
def by_hand(project: Project) -> dict[str, str]:
    """Ids of an organization made by hand; nothing of it is in a state. `other` is an OU that no file declares."""
    project.configure("org/Pulumi.sandbox.yaml", organizationalUnits=["Development", "Workloads/Shops/EU", "Later"])
    project.invoke("sandbox.start")
    aws = project.aws("organizations")
    found = {"organization": aws.create_organization(FeatureSet="ALL")["Organization"]["Id"]}
    found["root"] = aws.list_roots()["Roots"][0]["Id"]
    for path in ("Development", "Workloads", "Workloads/Shops", "Workloads/Shops/EU", "other"):
        above, _, name = path.rpartition("/")
        parent = found[above or "root"]
        made = aws.create_organizational_unit(ParentId=parent, Name=name)
        found[path] = made["OrganizationalUnit"]["Id"]
    return found


def account(project: Project, name: str, unit: str, **more: str) -> str:
    """Make an account by hand; returns its id."""
    aws = project.aws("organizations")
    asked = aws.create_account(Email=f"aws-{name}@example.com", AccountName=name, **more)["CreateAccountStatus"]["Id"]

    def made() -> str | None:
        status = aws.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
        return status.get("AccountId") if status["State"] == "SUCCEEDED" else None

    until(made)
    id_ = str(made())
    aws.move_account(AccountId=id_, SourceParentId=aws.list_roots()["Roots"][0]["Id"], DestinationParentId=unit)
    return id_


@pytest.mark.parametrize(
    ("name", "identity", "message"),
    [
        ("org:Workloads/Shops", "Development", "org:organizationalUnits has 'Workloads/Shops', and ou-"),
        ("org:Workload", "Workloads", "nothing in org is called 'Workload'; allowed: org:Development, org:Later"),
        ("accounts", "123456789012", "NAME stands for 2 stacks; allowed: one, such as accounts/developer"),
        ("accounts/nobody", "123456789012", "accounts/nobody"),
        (
            "identity:ada",
            "ada",
            "nothing was imported into identity: aws:iam/user:User ada: resource 'ada' does not exist\n",
        ),
    ],
)
def test_what_is_not_what_the_file_says_is_one_clear_error(
    project: Project, by_hand: dict[str, str], name: str, identity: str, message: str
) -> None:
    output = project.invoke("import", name, by_hand.get(identity, identity), expect=1).output
    assert message in output
    assert "Traceback" not in output
    assert "org" not in project.shell("pulumi stack ls --all", cwd="stacks/org").output


def test_an_ou_comes_with_those_above_and_below_it_and_with_the_organization(
    project: Project, by_hand: dict[str, str]
) -> None:
    output = project.invoke("import", "org:Workloads/Shops", by_hand["Workloads/Shops"]).output
    assert "The next deployment would change of it:" in output, output
    assert "updated aws:organizations/organization:Organization organization: " in output
    ids = {name: each["id"] for name, each in state(project, "org").items()}
    paths = ("organization", "Workloads", "Workloads/Shops", "Workloads/Shops/EU")
    assert ids == {path: by_hand[path] for path in paths}
    assert all(each["protect"] for each in state(project, "org").values())

    again = project.invoke("import", "org:Workloads/Shops", by_hand["Workloads/Shops"]).output
    assert "OrganizationalUnit Workloads/Shops is in the state of org already: ou-" in again
    wrong = project.invoke("import", "org:Workloads/Shops/EU", by_hand["other"], expect=1).output
    assert "has 'Workloads/Shops/EU', and ou-" in wrong

    project.invoke("import", "org:Development", by_hand["Development"])
    deployed = project.invoke("deploy-all", "--layer", "org").output
    # Centralized root access, and the OU that was not there.
    assert "deployed (2 created, 1 updated, 6 unchanged)" in deployed, deployed
    units = {path: by_hand[path] for path in ("Development", "Workloads", "Workloads/Shops", "Workloads/Shops/EU")}
    exported = project.outputs("org")["organizationalUnits"]
    later = exported.pop("Later")
    assert exported == units
    assert later not in by_hand.values()


def kill_when(project: Project, reached: Callable[[], object], *args: str) -> None:
    """Start `invoke …` and kill it as soon as `reached`."""
    running = project.start(*args)
    until(reached)
    kill_tree(running)


def test_a_user_a_group_and_a_policy_are_imported_also_after_a_kill(project: Project, by_hand: dict[str, str]) -> None:
    iam, organizations = project.aws("iam"), project.aws("organizations")
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="developers")
    content = json.dumps({"tags": {"costcenter": {"tag_key": {"@@assign": "CostCenter"}}}})
    made = organizations.create_policy(Name="RootTags", Description="mine", Type="TAG_POLICY", Content=content)
    policy = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=by_hand["root"])

    command = ("import", "identity:ada", "ada")
    before = len(list(project.root.glob(".runs/*/import")))
    kill_when(project, lambda: len(list(project.root.glob(".runs/*/import/1"))) > before, *command)
    assert state(project, "identity") == {}
    kill_when(project, (project.root / ".sandbox/state/.pulumi/stacks/identity/sandbox.json").exists, *command)
    project.invoke(*command)
    project.invoke("import", "identity:developers", "developers")
    assert {name: each["id"] for name, each in state(project, "identity").items()} == {
        "ada": "ada",
        "developers": "developers",
    }

    output = project.invoke("import", "policies:RootTags", policy).output
    assert f"aws:organizations/policyAttachment:PolicyAttachment RootTags-root: {by_hand['root']}:{policy}" in output
    assert "updated aws:organizations/policy:Policy RootTags: content, description" in output
    project.invoke("deploy-all", "--layer", "identity", "--layer", "policies")
    assert state(project, "policies")["RootTags"]["id"] == policy
    pages = organizations.get_paginator("list_policies").paginate(Filter="TAG_POLICY")
    assert [each["Name"] for page in pages for each in page["Policies"]].count("RootTags") == 1


def test_an_account_made_by_hand_is_deployed_as_it_is(project: Project, by_hand: dict[str, str]) -> None:
    role = "OrganizationalAccountAccessRole"
    id_ = account(project, "web-shop", by_hand["Workloads"], RoleName=role)
    tags = ("--tag", "CostCenter=Testing", "--tag", "Owner=web-team")
    project.invoke("add-account", "web-shop", "--email", "aws-web@example.com", "--ou", "Development", *tags)
    output = project.invoke("import", "accounts/web-shop", id_, expect=1).output
    for line in (
        "accounts:name is 'WebShopAccount', and account",
        "accounts:email is 'aws-web@example.com', and account",
        "accounts:organizationalUnit is 'Development', and account",
    ):
        assert f"stacks/{SHOP}: {line} {id_} has" in output, output
    assert "allowed: 'Workloads', or the id of another account" in output

    project.configure(
        SHOP,
        name="web-shop",
        email="AWS-web-shop@example.com",
        organizationalUnit="Workloads",
        accessRoleName="OrganizationAccountAccessRole",
    )
    output = project.invoke("import", "accounts/web-shop", id_, expect=1).output
    assert (
        f"accounts:accessRoleName is 'OrganizationAccountAccessRole', which cannot be assumed in account {id_}"
        in output
    )
    assert f"allowed: {role!r}, which can" in output
    project.configure(SHOP, accessRoleName=role, email="aws-web-shop@example.com")

    output = project.invoke("import", "accounts/web-shop", id_).output
    assert "in the state: created aws:organizations/account:Account account" in output, output
    before = project.aws("organizations").list_accounts()["Accounts"]
    deployed = project.invoke("up", "accounts/web-shop").output
    assert "created aws:organizations/account:Account" not in deployed
    assert project.outputs("accounts/web-shop")["accountId"] == id_
    assert len(project.aws("organizations").list_accounts()["Accounts"]) == len(before)
    assert "is in the state of accounts/web-shop already" in project.invoke("import", "accounts/web-shop", id_).output
