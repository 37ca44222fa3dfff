"""`invoke new-environment`: `staging` and `prod`, each with an organization of its own, beside the sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.project import Project
from tests.e2e.test_access import new_administrator, outside_account
from tests.e2e.test_binding import signed_in
from tests.e2e.test_printed import answer

pytestmark = pytest.mark.e2e

NAMES = ("staging", "prod")

TYPED = ("eu-central-1", "create", "Workloads/Production Sandboxes", *[""] * 5, "shop=aws-shop@example.com")
"""What is typed for `prod` after the id of its account."""


@pytest.fixture(scope="module")
def sandbox(project: Project) -> Project:
    """The sandbox with its organization alone."""
    project.invoke("up", "org")
    return project


@pytest.fixture(scope="module")
def companies(sandbox: Project) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """By environment, an account that is in no organization, and the credentials of an administrator of it."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name in NAMES:
        account = outside_account(sandbox, name.capitalize())
        found[name] = account, new_administrator(sandbox, sandbox.inside(account), "founder")
        sandbox.aws("organizations").remove_account_from_organization(AccountId=account)
    return found


def test_staging_and_prod_beside_the_sandbox(
    project: Project, companies: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> None:
    staging, prod = (companies[name][0] for name in NAMES)
    sign_in = {name: signed_in(keys) for name, (_, keys) in companies.items()}
    printed = project.shell(
        f"invoke new-environment staging --management-account {staging} --region eu-central-1 "
        "--ou Workloads/Production --user ada --copy-region eu-west-1 --account web-shop=aws-web-shop@example.com"
    ).output
    assert "  stacks/accounts/Pulumi.staging.web-shop.yaml\n" in printed
    following = re.findall(r"^  (invoke .+)$", printed, re.MULTILINE)
    assert following == [f"invoke {each} --env staging" for each in ("doctor", "preview-all", "deploy-all")]

    before = sorted(project.root.glob("stacks/*/*"))
    refused = project.shell(
        f"invoke new-environment prod --management-account {staging} --region eu-central-1", expect=1
    )
    assert "which stacks/org/Pulumi.staging.yaml has too; allowed: one environment for each" in refused.output
    assert sorted(project.root.glob("stacks/*/*")) == before
    asked = answer(project, "invoke new-environment prod", "\n".join((prod, *TYPED)))
    assert "stacks/accounts/Pulumi.prod.shop.yaml" in asked

    for command in following[:-1]:
        project.shell(f"{sign_in['staging']}; {command}", expect=None if "doctor" in command else 0)
    assert "Traceback" not in answer(project, f"{sign_in['staging']}; {following[-1]}", "y")
    project.shell(f"{sign_in['prod']}; invoke up org --env prod --yes")
    for name, unit, members in (("staging", "Workloads/Production", 2), ("prod", "Sandboxes", 1)):
        organization = project.aws("organizations", companies[name][1])
        assert organization.describe_organization()["Organization"]["MasterAccountId"] == companies[name][0]
        assert len(organization.list_accounts()["Accounts"]) == members
        assert unit in project.outputs("org", name)["organizationalUnits"]

    # What is done in one of them changes nothing of the others.
    for name in (*NAMES, "sandbox"):
        own = f"{sign_in[name]}; " if name in sign_in else ""
        project.shell(f"{own}pulumi preview --expect-no-changes --cwd stacks/org --stack {name}")
    wrong = project.shell(f"{sign_in['staging']}; invoke deploy-all --env prod --yes", expect=1).output
    assert f"and environment prod belongs to account {prod}" in wrong
    assert "Nothing was changed." in wrong
