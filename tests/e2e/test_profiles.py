"""Profiles of OUs: a change of one runs the accounts and nothing else, and plain `pulumi` has them too."""

from __future__ import annotations

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

SKIPPED = "unchanged (inputs)"
ACCOUNTS = {"developer", "shared-test"}


def profiles(project: Project, text: str) -> None:
    folder = project.root / "stacks/accounts/profiles"
    folder.mkdir(exist_ok=True)
    (folder / "sandbox.yaml").write_text(text)


def deploy(project: Project, expect: int = 0) -> tuple[set[str], str]:
    """Deploy; returns what was run, and the output."""
    output = project.invoke("deploy-all", expect=expect).output
    ended = [line for line in output.splitlines() if SKIPPED in line]
    labels = ["org", "identity", "policies", *(f"accounts/{name}" for name in ACCOUNTS)]
    return {each for each in labels if not any(each in line for line in ended)}, output


def tags(project: Project, account: str) -> dict[str, str]:
    id_ = project.outputs(f"accounts/{account}")["accountId"]
    found = project.aws("organizations").list_tags_for_resource(ResourceId=id_)["Tags"]
    return {each["Key"]: each["Value"] for each in found}


WHOLE = """
/:
  tags: {Project: landing}
  passwordPolicy: {minimumLength: 20}
  budget: {monthlyAmount: 500, emails: [costs@example.com]}
"""


def default_vpcs(project: Project, account: str) -> list[list[str]]:
    """The default VPCs of two regions of the account."""
    keys = project.inside(project.outputs(f"accounts/{account}")["accountId"])
    clients = [project.aws("ec2", keys, region) for region in ("us-west-2", "eu-north-1")]
    return [[each["VpcId"] for each in client.describe_vpcs()["Vpcs"]] for client in clients]


def test_a_profile_is_noticed_and_used_by_every_way_to_deploy(deployed: Project) -> None:
    assert deploy(deployed)[0] == set(), "a file that is not there is an input too"
    every = {f"accounts/{name}" for name in ACCOUNTS}
    profiles(deployed, WHOLE)
    deployed.configure("accounts/Pulumi.sandbox.developer.yaml", defaultVpcs="remove")
    assert deploy(deployed)[0] == every
    assert [tags(deployed, name)["Project"] for name in ACCOUNTS] == ["landing", "landing"]
    account = deployed.outputs("accounts/developer")["accountId"]
    inside = deployed.inside(account)
    policy = deployed.aws("iam", inside).get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 20
    (budget,) = deployed.aws("budgets", inside).describe_budgets(AccountId=account)["Budgets"]
    assert (budget["BudgetName"], budget["BudgetLimit"]["Amount"]) == ("organization-monthly", "500.0")
    assert default_vpcs(deployed, "developer") == [[], []]
    assert deploy(deployed)[0] == set()

    profiles(deployed, "/: {tags: {Project: landing}}\nDevelopment: {tags: {Project: web}}\n")
    listed = deployed.invoke("graph", "--affected=HEAD", "--json", expect=None).output
    assert deploy(deployed)[0] == every, listed
    assert tags(deployed, "developer")["Project"] == "web"
    deployed.shell("pulumi preview --stack sandbox.developer --expect-no-changes", cwd="stacks/accounts")

    # Somebody makes a default VPC, and works in it.
    east = deployed.aws("ec2", deployed.inside(account), "eu-north-1")
    vpc = east.create_default_vpc()["Vpc"]["VpcId"]
    subnet = east.describe_subnets()["Subnets"][0]["SubnetId"]
    interface = east.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    refused = deployed.shell(
        "pulumi up --refresh --yes --skip-preview --stack sandbox.developer", cwd="stacks/accounts", expect=None
    )
    assert refused.code != 0
    assert f"network interface {interface} in VPC {vpc} in eu-north-1; allowed: keep, or remove" in refused.output
    assert "Traceback" not in refused.output
    east.delete_network_interface(NetworkInterfaceId=interface)

    profiles(deployed, "Development: {tags: {Project: shop}}\n")
    deployed.shell("pulumi up --yes --skip-preview --stack sandbox.developer", cwd="stacks/accounts")
    assert tags(deployed, "developer")["Project"] == "shop"
    assert default_vpcs(deployed, "developer") == [[], []]
    assert [len(each) for each in default_vpcs(deployed, "shared-test")] == [1, 1]
    listed = deployed.invoke("accounts", "--only", "accounts/developer").output
    assert "profiles/sandbox.yaml Development" in listed
    assert "accounts/shared-test" in deployed.invoke("accounts").output
    assert '"value": "shop"' in deployed.invoke("accounts", "--json").output


def test_a_mistake_stops_every_way_to_deploy(deployed: Project) -> None:
    profiles(deployed, "Nowhere: {protect: false}\n")
    expected = (
        "stacks/accounts/profiles/sandbox.yaml: a profile names the OU 'Nowhere', which stack org does not export"
    )
    assert expected in deployed.invoke("deploy-all", expect=1).output
    done = deployed.shell(
        "pulumi up --yes --skip-preview --stack sandbox.developer", cwd="stacks/accounts", expect=None
    )
    assert done.code != 0
    assert expected in done.output
