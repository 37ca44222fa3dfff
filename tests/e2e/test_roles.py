"""Roles that the configuration adds: who signs in to the emulated AWS, gets into which role, and may do what there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.project import Project
from tests.e2e.test_access import assumes, new_administrator, user_keys, web_identity_token, with_mfa

pytestmark = pytest.mark.e2e

ISSUER = "https://token.actions.githubusercontent.com"
MAIN, SHOP = "repo:acme/infrastructure:ref:refs/heads/main", "repo:acme/shop:environment:production"

PROFILES = {
    "/": {
        "roles": {
            "Auditor": {"managedPolicies": ["SecurityAudit"], "sessionHours": 8},
            "Operator": {"actions": ["ec2:*"]},
        }
    },
    "Development": {"roles": {"Releaser": {"actions": ["s3:*"]}}},
}
ROLES = ["DeveloperRole", "AutomationRole", "organization/Auditor", "organization/Operator", "organization/Releaser"]

MAY_ASSUME: Mapping[str, set[str]] = {
    "developer with MFA": {"DeveloperRole"},
    "developer without MFA": set(),
    "auditor with MFA": {"organization/Auditor"},
    "auditor without MFA": set(),
    "put into the group by hand, with MFA": set(),
    "of a group that was there before, with MFA": {"organization/Operator"},
    "of a group that was there before, without MFA": set(),
    "automation": {"AutomationRole"},
    "the shop's pipeline": {"organization/Releaser"},
}


def set_up(project: Project) -> None:
    folder = project.root / "stacks/accounts/profiles"
    folder.mkdir()
    (folder / "sandbox.yaml").write_text(json.dumps(PROFILES))
    project.configure(
        "identity/Pulumi.sandbox.yaml",
        automation="oidc",
        oidc={"issuer": ISSUER, "audience": "sts.amazonaws.com", "subjects": ["repo:acme/infrastructure:*"]},
        mfaEnrolment=["ada", "grace", "carol"],
        roles={
            "Auditor": {"group": "auditors", "users": ["carol"]},
            "Operator": {"existingGroup": "sre"},
            "Releaser": {"oidcSubjects": [SHOP]},
        },
    )
    # One account says something else than its profile.
    project.configure("accounts/Pulumi.sandbox.shared-test.yaml", roles={"Auditor": {"sessionHours": 2}})


def sign_in(project: Project, role: str, subject: str) -> dict[str, Any]:
    token = web_identity_token({"iss": ISSUER, "aud": "sts.amazonaws.com", "exp": 4102444800, "sub": subject})
    arn = project.outputs("identity")["principals"][role][0]
    answer = project.aws("sts").assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=token)
    return dict(answer["Credentials"])


@pytest.fixture(scope="module")
def roles(project: Project) -> Project:
    set_up(project)
    refused = project.invoke("deploy-all", expect=1).output
    assert "identity:roles.Operator.existingGroup is 'sre', and the management account has no IAM group" in refused
    iam = project.aws("iam")
    iam.create_group(GroupName="sre")
    iam.create_user(UserName="dora")
    iam.add_user_to_group(UserName="dora", GroupName="sre")
    project.invoke("deploy-all")
    return project


@pytest.fixture(scope="module")
def principals(roles: Project) -> dict[str, dict[str, Any]]:
    iam = roles.aws("iam")
    ada, carol, dora = (user_keys(roles, name) for name in ("ada", "carol", "dora"))
    iam.create_user(UserName="eve")
    iam.add_user_to_group(UserName="eve", GroupName="auditors")
    return {
        "developer with MFA": with_mfa(roles, "ada", ada),
        "developer without MFA": ada,
        "auditor with MFA": with_mfa(roles, "carol", carol),
        "auditor without MFA": carol,
        "put into the group by hand, with MFA": with_mfa(roles, "eve", user_keys(roles, "eve")),
        "of a group that was there before, with MFA": with_mfa(roles, "dora", dora),
        "of a group that was there before, without MFA": dora,
        "automation": sign_in(roles, "AutomationRole", MAIN),
        "the shop's pipeline": sign_in(roles, "Releaser", SHOP),
    }


@pytest.fixture(scope="module")
def accounts(roles: Project) -> dict[str, str]:
    return {name: roles.outputs(f"accounts/{name}")["accountId"] for name in ("developer", "shared-test")}


@pytest.mark.parametrize("principal", MAY_ASSUME)
def test_the_access_matrix(
    roles: Project, principals: Mapping[str, Any], accounts: Mapping[str, str], principal: str
) -> None:
    sts = roles.aws("sts", principals[principal])
    for account_id in accounts.values():
        assert {role for role in ROLES if assumes(sts, account_id, role)} == MAY_ASSUME[principal]


@pytest.mark.parametrize(("role", "subject"), [("Releaser", MAIN), ("AutomationRole", SHOP), ("Releaser", SHOP + "2")])
def test_a_token_signs_in_for_its_own_role_only(roles: Project, role: str, subject: str) -> None:
    sts = roles.aws("sts")
    with pytest.raises(sts.exceptions.ClientError):
        sign_in(roles, role, subject)


def test_an_auditor_looks_and_changes_nothing(
    roles: Project, principals: Mapping[str, Any], accounts: Mapping[str, str]
) -> None:
    sts = roles.aws("sts", principals["auditor with MFA"])
    arn = f"arn:aws:iam::{accounts['developer']}:role/organization/Auditor"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="audit", DurationSeconds=8 * 3600)["Credentials"]
    iam = roles.aws("iam", keys)
    assert "Auditor" in {role["RoleName"] for role in iam.list_roles()["Roles"]}
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        iam.create_user(UserName="mallory")
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        iam.delete_role(RoleName="DeveloperRole")
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        roles.aws("backup", keys).delete_backup_vault(BackupVaultName="Default")
    # The account that has a shorter session in its own file.
    other = f"arn:aws:iam::{accounts['shared-test']}:role/organization/Auditor"
    with pytest.raises(sts.exceptions.ClientError, match="DurationSeconds"):
        sts.assume_role(RoleArn=other, RoleSessionName="audit", DurationSeconds=8 * 3600)


def test_guardrails_keep_an_account_s_administrator_away_from_the_roles(
    roles: Project, accounts: Mapping[str, str]
) -> None:
    inside = roles.inside(accounts["developer"])
    keys = new_administrator(roles, inside, "local-administrator")
    iam = roles.aws("iam", keys)
    for name in ("Auditor", "Releaser"):
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument="{}")
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        iam.create_role(RoleName="Mine", Path="/organization/", AssumeRolePolicyDocument="{}")


def test_the_commands_show_the_roles_and_there_is_nothing_left_to_do(
    roles: Project, accounts: Mapping[str, str]
) -> None:
    shown = "".join(roles.invoke("access").output.split())
    link = f"https://signin.aws.amazon.com/switchrole?account={accounts['developer']}"
    assert f"accounts/developer,Auditor:{link}&roleName=organization%2FAuditor" in shown
    assert "roleName=organization%2FReleaser" not in shown
    listed = roles.invoke("accounts", "--only", "accounts/shared-test").output
    assert "roles.Auditor.managedPolicies" in listed
    for stack in ("developer", "shared-test"):
        roles.shell(f"pulumi preview --stack sandbox.{stack} --expect-no-changes", cwd="stacks/accounts")
    roles.shell("pulumi preview --stack sandbox --expect-no-changes", cwd="stacks/identity")


def test_a_role_goes_without_a_trace(roles: Project, accounts: Mapping[str, str]) -> None:
    roles.configure("accounts/Pulumi.sandbox.developer.yaml", roles={"Releaser": None})
    roles.invoke("deploy-all")
    iam = roles.aws("iam", roles.inside(accounts["developer"]))
    assert "Releaser" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert "devReleaserBoundary" not in {each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]}
