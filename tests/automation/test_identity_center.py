"""The files of an environment beside its setting of IAM Identity Center."""

from pathlib import Path
from typing import Any

import pytest

from automation.configuration import check
from shared.layers import discover
from tests.automation.test_configuration import change, problems
from tests.configuration import write_sandbox

SERVICE = "sso.amazonaws.com"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sandbox(tmp_path)


def center(*targets: str) -> dict[str, Any]:
    return {
        "groups": {"builders": {"users": []}},
        "permissionSets": {"Developers": {"role": "DeveloperRole"}},
        "assignments": [{"group": "builders", "permissionSet": "Developers", "targets": list(targets)}],
    }


def test_targets_that_are_there(root: Path) -> None:
    change(root, "org/Pulumi.sandbox.yaml", additionalTrustedServices=[SERVICE])
    change(root, "identity/Pulumi.sandbox.yaml", identityCenter=center("/", "Development", "accounts/developer"))
    check(discover("sandbox", root), root)


def test_targets_that_are_not_there(root: Path) -> None:
    change(root, "org/Pulumi.sandbox.yaml", additionalTrustedServices=[SERVICE])
    change(root, "identity/Pulumi.sandbox.yaml", identityCenter=center("Nowhere", "accounts/nobody"))
    key = "stacks/identity/Pulumi.sandbox.yaml: identity:identityCenter.assignments.0.targets names"
    assert problems(root) == [
        f"{key} the account 'nobody'; allowed: developer, shared-test",
        f"{key} the OU 'Nowhere', which stack org does not export; allowed: Development",
    ]


def test_a_boundary_that_accounts_do_not_make_is_found_before_the_run(root: Path) -> None:
    change(root, "org/Pulumi.sandbox.yaml", additionalTrustedServices=[SERVICE])
    sets = {"Developers": {"actions": ["s3:*"], "boundary": "OtherBoundary"}, "Unused": {"role": "Auditor"}}
    wanted = {**center("accounts/developer"), "permissionSets": sets}
    change(root, "identity/Pulumi.sandbox.yaml", identityCenter=wanted)
    assert problems(root) == [
        "stacks/identity/Pulumi.sandbox.yaml: identity:identityCenter.permissionSets.Developers has the boundary "
        "'OtherBoundary', which stacks/accounts/Pulumi.sandbox.developer.yaml does not make, and "
        "identity:identityCenter.assignments give it to that account; allowed: DeveloperRoleBoundary, "
        "AutomationRoleBoundary"
    ]


def test_trusted_access_that_a_deployment_would_turn_off(root: Path) -> None:
    change(root, "identity/Pulumi.sandbox.yaml", identityCenter=center("/"))
    assert problems(root) == [
        f"stacks/org/Pulumi.sandbox.yaml: org:additionalTrustedServices lacks {SERVICE}, which "
        f"identity:identityCenter needs and a deployment would turn off; allowed: with {SERVICE}"
    ]
    # An organization that is only looked up is left as it is.
    change(root, "org/Pulumi.sandbox.yaml", mode="lookup")
    check(discover("sandbox", root), root)
