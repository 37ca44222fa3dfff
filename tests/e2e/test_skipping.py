"""What is in AWS and read by a program is an input of its stack: with plain `pulumi preview` as the oracle."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.configuration import MANAGEMENT_ACCOUNT
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

SKIPPED = "unchanged (inputs)"
COUNTING = """
import pulumi_aws as aws

pulumi.export("accounts", len(aws.organizations.get_organization().accounts))
"""


@pytest.fixture(scope="module")
def looking_up(project: Project) -> Project:
    """An environment `prod` whose organization exists, with all that the policies need; org is deployed."""
    project.invoke("deploy-all", "--only", "org")
    settings = {
        "aws:region": "us-west-2",
        "aws:allowedAccountIds": [MANAGEMENT_ACCOUNT],
        "org:mode": "lookup",
        "org:organizationalUnits": ["Production"],
    }
    (project.root / "stacks/org/Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": settings}))
    assert "deployed" in deploy(project)
    return project


def deploy(project: Project, expect: int = 0) -> str:
    return project.shell("invoke deploy-all --env prod --yes --only org", expect=expect).output


def would_change(project: Project) -> bool:
    """Whether plain Pulumi would change a resource or an output, or fail."""
    done = project.shell("pulumi preview --stack prod --expect-no-changes", cwd="stacks/org", expect=None)
    return done.code != 0 or "Outputs:" in done.output


def root_id(project: Project) -> str:
    return str(project.aws("organizations").list_roots()["Roots"][0]["Id"])


def test_an_organization_that_is_as_it_was_is_asked_and_not_run(looking_up: Project) -> None:
    assert SKIPPED in deploy(looking_up)
    kept = next((looking_up.root / ".inputs").glob("*/org/prod.json"))
    assert "data source aws:organizations/getOrganization:getOrganization" in json.loads(kept.read_text())["inputs"]
    assert not would_change(looking_up)


def test_a_policy_type_that_was_turned_off_in_aws_is_seen(looking_up: Project) -> None:
    organizations = looking_up.aws("organizations")
    root = root_id(looking_up)
    organizations.disable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    assert would_change(looking_up)
    found = deploy(looking_up, expect=1)
    assert "org | deploying (data source aws:organizations/getOrganization:getOrganization)" in found
    assert "policy type TAG_POLICY" in found
    organizations.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    assert SKIPPED not in deploy(looking_up)
    assert SKIPPED in deploy(looking_up)


def test_a_service_that_is_no_longer_trusted_is_seen(looking_up: Project) -> None:
    organizations = looking_up.aws("organizations")
    organizations.disable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    assert would_change(looking_up)
    assert "trusted access of backup.amazonaws.com" in deploy(looking_up, expect=1)
    organizations.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    deploy(looking_up)
    assert SKIPPED in deploy(looking_up)


def test_an_account_more_is_seen_by_a_program_that_counts_them(looking_up: Project) -> None:
    program = looking_up.root / "stacks/org/__main__.py"
    before = program.read_text()
    program.write_text(before.replace("pulumi.run(main)", f"{COUNTING}\npulumi.run(main)"))
    assert program.read_text() != before
    deploy(looking_up)
    assert SKIPPED in deploy(looking_up)
    looking_up.aws("organizations").create_account(Email="more@example.com", AccountName="More")
    assert would_change(looking_up)
    assert SKIPPED not in deploy(looking_up)
    assert not would_change(looking_up)
    program.write_text(before)
    deploy(looking_up)


def test_a_colleague_s_update_that_changes_nothing_runs_nothing(looking_up: Project) -> None:
    assert SKIPPED in deploy(looking_up)
    looking_up.shell("pulumi up --yes --skip-preview --stack prod", cwd="stacks/org")
    assert SKIPPED in deploy(looking_up)
    looking_up.shell("pulumi refresh --yes --skip-preview --stack prod", cwd="stacks/org")
    assert SKIPPED in deploy(looking_up)
