"""Who gets in to an account from IAM Identity Center."""

from typing import Any

import pytest

from stacks.accounts.assignments import reaches
from tests.stacks.harness import MANAGED_IDS, Run, refusal, run_program
from tests.stacks.samples import ACCOUNT, IDENTITY, UPSTREAM

ASSIGNMENT = "aws:ssoadmin/accountAssignment:AccountAssignment"
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
BUILDERS: dict[str, Any] = {
    "group": "builders",
    "groupId": "g-1",
    "permissionSet": "Developers",
    "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    "boundary": "DeveloperRoleBoundary",
    "targets": ["Development"],
}


def upstream(*assignments: dict[str, Any]) -> dict[str, Any]:
    center = {"instanceArn": INSTANCE, "region": "us-east-1", "assignments": list(assignments)}
    return {**UPSTREAM, "identity": {**IDENTITY, "identityCenter": center}}


def account(*assignments: dict[str, Any], **changed: Any) -> Run:
    return run_program("accounts", "sandbox.developer", {**ACCOUNT, **changed}, upstream=upstream(*assignments))


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ("/", True),
        ("Workloads", True),
        ("Workloads/Development", True),
        ("accounts/web-shop", True),
        ("Workload", False),
        ("Workloads/Dev", False),
        ("Workloads/Development/Web", False),
        ("accounts/web", False),
        ("web-shop", False),
    ],
)
def test_an_ou_reaches_the_accounts_in_it_and_below_it(target: str, reached: bool) -> None:
    assert reaches(["Other", target], "Workloads/Development", "web-shop") is reached


def test_an_assignment_is_made_by_the_management_account_for_this_one() -> None:
    run = account(BUILDERS, {**BUILDERS, "group": "others", "targets": ["Sandbox"]})
    made = run.one(ASSIGNMENT)
    assert (made.name, made.provider) == ("Developers-builders", "")
    assert made.inputs == {
        "instanceArn": INSTANCE,
        "permissionSetArn": BUILDERS["permissionSetArn"],
        "principalId": "g-1",
        "principalType": "GROUP",
        "targetId": MANAGED_IDS["aws:organizations/account:Account"],
        "targetType": "AWS_ACCOUNT",
        "region": "us-east-1",
    }


def test_without_assignments_there_is_nothing_of_it() -> None:
    for run in (account(), account({**BUILDERS, "targets": ["accounts/other"]})):
        assert run.of(ASSIGNMENT) == {}
        assert "DeveloperRoleBoundary" not in {each.inputs["name"] for each in run.of("aws:iam/policy:Policy").values()}


def test_the_boundary_is_there_by_the_name_that_the_permission_set_has() -> None:
    prefixed = account(BUILDERS).of("aws:iam/policy:Policy")
    names = {each.inputs["name"]: each for each in prefixed.values()}
    assert names["DeveloperRoleBoundary"].inputs["policy"] == names["devDeveloperRoleBoundary"].inputs["policy"]
    assert names["DeveloperRoleBoundary"].provider == names["devDeveloperRoleBoundary"].provider != ""
    plain = account(BUILDERS, resourceNamesPrefix="").of("aws:iam/policy:Policy")
    assert [each.inputs["name"] for each in plain.values()].count("DeveloperRoleBoundary") == 1


def test_a_boundary_that_the_account_does_not_make() -> None:
    text = refusal(
        "accounts", "sandbox.developer", ACCOUNT, upstream=upstream({**BUILDERS, "boundary": "OtherBoundary"})
    )
    assert text.startswith(
        "stacks/identity/Pulumi.sandbox.yaml: identity:identityCenter.permissionSets.Developers has the boundary "
        "'OtherBoundary', which stacks/accounts/Pulumi.sandbox.developer.yaml does not make, and "
        "identity:identityCenter.assignments give it to that account; allowed: DeveloperRoleBoundary, "
    )


def test_a_permission_set_that_no_policy_of_this_project_bounds() -> None:
    run = account({**BUILDERS, "boundary": ""})
    assert run.one(ASSIGNMENT).name == "Developers-builders"
    assert "" not in {each.inputs["name"] for each in run.of("aws:iam/policy:Policy").values()}


def test_outputs_of_an_older_deployment_have_no_identity_center() -> None:
    assert run_program("accounts", "sandbox.developer", ACCOUNT, upstream=UPSTREAM).of(ASSIGNMENT) == {}
