"""The commands of an organization's later life, as documents and messages print them: see tests/docs/stories.py."""

import pytest

from tests import aws_cli
from tests.e2e import accidents
from tests.e2e.project import Project
from tests.e2e.test_printed import answer, run_all, shell

pytestmark = pytest.mark.e2e

NEW_ACCOUNTS = (
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --display-name WebShopAccount "
    "--env sandbox --tag CostCenter=Testing --tag Owner=web-team",
    "invoke add-account old-shop --email aws-old-shop@example.com --ou Development --display-name OldShopAccount "
    "--env sandbox --tag CostCenter=Testing --tag Owner=web-team",
    "invoke deploy-all --wait",
    "invoke preview policies --diff",
    "invoke preview-all --only identity --only accounts/shared-test",
    "invoke drift --only accounts/developer",
)

NAMES = (
    "invoke rename-account shared-test quality",
    "invoke preview accounts/quality --env sandbox",
    "invoke rename-account quality shared-test --env sandbox",
    "invoke up accounts/shared-test",
    "invoke rename-account shared-test quality",
)

ENDS = (
    "invoke close-account web-shop --confirm web-shop",
    "invoke close-account old-shop --confirm old-shop",
    "invoke forget-account quality --confirm quality",
)


def test_the_life_of_accounts(project: Project) -> None:
    project.invoke("deploy-all")
    run_all(project, (*NEW_ACCOUNTS, *NAMES))

    project.configure("org/Pulumi.sandbox.yaml", additionalTrustedServices=["account.amazonaws.com"])
    shell(project, "invoke up org")
    shell(project, "invoke change-email developer team@example.com", expect=1)
    shell(project, "invoke change-email developer team@example.com --env sandbox", expect=1)
    code = accidents.control(project, "GET", "mail")[-1]["code"]
    shell(project, f"invoke change-email developer team@example.com --env sandbox --code {code}")
    assert "unchanged" in shell(project, "invoke preview accounts/developer --env sandbox")

    run_all(project, ENDS)
    # Without the name it is asked for.
    refused = shell(project, "invoke close-account developer --env sandbox", expect=1)
    assert "needs --confirm developer" in refused
    answer(project, "invoke forget-account developer --env sandbox", "developer")
    assert not list(project.root.glob("stacks/accounts/Pulumi.sandbox.*.yaml"))
    assert "Not in any stack: 2" in shell(project, "invoke drift", expect=2)


def test_what_is_left_is_destroyed(project: Project) -> None:
    aws_cli.install(project.root / "bin")
    # Accounts that nobody declared keep the organization.
    refused = shell(project, "invoke destroy-all --include-protected --confirm sandbox", expect=1)
    assert "To destroy the rest alone: invoke destroy-all --layer identity --layer policies --env sandbox" in refused
    shell(project, "invoke destroy-all --layer identity --layer policies --env sandbox --yes")
    shell(project, "invoke deploy-all --force")
    shell(project, "invoke deploy-all --layer identity")
    shell(project, "invoke destroy policies --env sandbox --yes")
