"""The roles that an account has because its configuration says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigError
from shared.policy_documents.documents import MAX_MANAGED_POLICY, render
from shared.policy_evaluation.evaluation import is_allowed
from shared.settings.base import parse
from stacks.accounts import profiles as module
from stacks.accounts.boundaries import boundary
from stacks.accounts.config import AccountsConfig
from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ACCOUNT, IDENTITY, UPSTREAM, USERS

ID = "210987654321"
FILE = "stacks/accounts/Pulumi.sandbox.developer.yaml"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
CAROL = f"arn:aws:iam::{MANAGEMENT}:user/carol"
AUDITOR = {"managedPolicies": ["SecurityAudit", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"]}
RELEASER = {"actions": ["s3:*", "cloudfront:CreateInvalidation"], "sessionHours": 2}
WITH_ROLES = {
    **UPSTREAM,
    "identity": {
        "principals": {
            **IDENTITY["principals"],
            "Auditor": [CAROL],
            "Releaser": [f"arn:aws:iam::{MANAGEMENT}:role/organization/cicd-Releaser"],
        },
        "mfaRequired": {**IDENTITY["mfaRequired"], "Auditor": True, "Releaser": False},
    },
}


def account(roles: Mapping[str, Any], **options: Any) -> Run:
    return run_program("accounts", "sandbox.developer", {**ACCOUNT, "roles": roles}, upstream=WITH_ROLES, **options)


def refused(roles: Mapping[str, Any], **more: Any) -> str:
    config = {**ACCOUNT, "roles": roles, **more}
    return refusal("accounts", "sandbox.developer", config, upstream=WITH_ROLES)


def test_a_role_with_managed_policies_has_them_a_path_and_a_boundary() -> None:
    run = account({"Auditor": AUDITOR})
    role = run.of(ROLE)["Auditor"].inputs
    assert (role["name"], role["path"]) == ("Auditor", "/organization/")
    assert "maxSessionDuration" not in role
    made = run.of(POLICY)["Auditor-boundary"].inputs
    assert (made["name"], made["path"]) == ("devAuditorBoundary", "/organization/")
    assert role["permissionsBoundary"] == "arn:aws:test::Auditor-boundary"
    attached = {r.inputs["policyArn"] for r in run.of(ATTACHMENT).values() if r.inputs["role"] == "Auditor"}
    assert attached == {
        "arn:aws:iam::aws:policy/SecurityAudit",
        "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
    }
    assert json.loads(role["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [CAROL]},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ]


def test_a_role_with_actions_is_made_like_developer_role() -> None:
    run = account({"Releaser": RELEASER})
    role = run.of(ROLE)["Releaser"].inputs
    assert role["maxSessionDuration"] == 7200
    assert run.of(ATTACHMENT)["Releaser"].inputs["policyArn"] == role["permissionsBoundary"]
    document = json.loads(run.of(POLICY)["Releaser-boundary"].inputs["policy"])
    assert document == boundary("Releaser", ID, "dev", RELEASER["actions"])  # type: ignore[arg-type]
    assert "Condition" not in json.loads(role["assumeRolePolicy"])["Statement"][0]


def test_nothing_else_changes_when_a_role_is_added() -> None:
    before = run_program("accounts", "sandbox.developer", ACCOUNT, upstream=UPSTREAM)
    after = account({"Auditor": AUDITOR})
    assert {key: after.aws()[key] for key in before.aws()} == before.aws()
    assert {name for _type, name in after.aws().keys() - before.aws().keys()} == {
        "Auditor",
        "Auditor-boundary",
        "Auditor-SecurityAudit",
        "Auditor-job-function-ViewOnlyAccess",
    }
    assert before.outputs.keys() == {"accountId", "roleArns", "switchRoleLink"}


def test_people_get_a_link_with_the_path_and_automation_none() -> None:
    outputs = account({"Auditor": AUDITOR, "Releaser": RELEASER}).outputs
    assert outputs["switchRoleLinks"] == {
        "Auditor": f"https://signin.aws.amazon.com/switchrole?account={ID}&roleName=organization%2FAuditor"
        "&displayName=DeveloperAccount+Auditor"
    }
    assert set(outputs["roleArns"]) == {"DeveloperRole", "AutomationRole", "Auditor", "Releaser"}


def test_the_usual_roles_can_be_narrowed_here_or_in_short() -> None:
    here = account({"DeveloperRole": {"actions": ["sqs:*"], "sessionHours": 12}})
    short = run_program(
        "accounts", "sandbox.developer", {**ACCOUNT, "roleActions": {"DeveloperRole": ["sqs:*"]}}, upstream=UPSTREAM
    )
    name = "DeveloperRole-boundary"
    assert here.of(POLICY)[name].inputs == short.of(POLICY)[name].inputs
    role = here.of(ROLE)["DeveloperRole"].inputs
    assert role["maxSessionDuration"] == 43200
    assert "path" not in role


@pytest.mark.parametrize(
    ("roles", "more", "problem"),
    [
        ({"Auditor": {}}, {}, "accounts:roles.Auditor has neither of actions and managedPolicies"),
        (
            {"Auditor": {**AUDITOR, "actions": ["s3:*"]}},
            {},
            "accounts:roles.Auditor.actions is s3:* and accounts:roles.Auditor.managedPolicies is arn:aws",
        ),
        ({"Auditor": {"actions": ["iam:*"]}}, {}, "accounts:roles.Auditor.actions.0 is 'iam:*': allowed: actions such"),
        ({"Auditor": {"actions": []}}, {}, "accounts:roles.Auditor.actions is '[]'"),
        ({"Auditor": {"managedPolicies": []}}, {}, "accounts:roles.Auditor.managedPolicies is '[]'"),
        (
            {"Auditor": {"managedPolicies": ["AdministratorAccess"]}},
            {},
            "accounts:roles.Auditor.managedPolicies.0 is 'AdministratorAccess': allowed: the name or ARN of a policy "
            "that AWS manages",
        ),
        ({"Auditor": {"managedPolicies": [f"arn:aws:iam::{ID}:policy/Own"]}}, {}, "managedPolicies.0 is 'arn:aws"),
        ({"Auditor": {"managedPolicies": [f"P{n}" for n in range(11)]}}, {}, "accounts:roles.Auditor.managedPolicies"),
        ({"Auditor": {**AUDITOR, "boundary": False}}, {}, "accounts:roles.Auditor.boundary is 'false'"),
        ({"Auditor": {**AUDITOR, "boundary": []}}, {}, "accounts:roles.Auditor.boundary is '[]'"),
        ({"Auditor": {**AUDITOR, "boundary": ["iam:*"]}}, {}, "accounts:roles.Auditor.boundary.0 is 'iam:*'"),
        (
            {"Auditor": {"actions": ["s3:*"], "boundary": ["s3:*"]}},
            {},
            "accounts:roles.Auditor.boundary is s3:* and accounts:roles.Auditor.actions is s3:*, wh",
        ),
        *(
            ({"Auditor": {**AUDITOR, "sessionHours": hours}}, {}, "accounts:roles.Auditor.sessionHours is ")
            for hours in (0, 13, True, "two", 1.5)
        ),
        ({"Auditor": {**AUDITOR, "tags": {}}}, {}, "unknown key accounts:roles.Auditor.tags"),
        ({"DeveloperRole": AUDITOR}, {}, "accounts:roles.DeveloperRole has managedPolicies; allowed: actions, sessi"),
        ({"AutomationRole": {"boundary": ["s3:*"]}}, {}, "accounts:roles.AutomationRole has boundary; allowed: act"),
        (
            {"DeveloperRole": {"actions": ["s3:*"]}},
            {"roleActions": {"DeveloperRole": ["s3:*"]}},
            "accounts:roles.DeveloperRole.actions is s3:* and accounts:roleActions.DeveloperRole is s3:*; allowed: one",
        ),
        (
            {"Auditor": AUDITOR, "auditor": AUDITOR},
            {},
            "accounts:roles.auditor and accounts:roles.Auditor are one role",
        ),
        ({"Auditor": {"actions": ["s3:" + "a" * 6000]}}, {}, "accounts:roles: managed policy 'devAuditorBoundary' has"),
        *(
            ({name: AUDITOR}, {}, "allowed: DeveloperRole, AutomationRole, or the name of another role")
            for name in (
                *("developerrole", "PreviewRole", "MyMonthlyBackupIamRole", "cicd-automation", "Automation"),
                *("Workload", "OrganizationAccountAccessRole", "AWSReservedSSO_x", "a" * 51, "1a", "a/b", "a b", ""),
            )
        ),
    ],
)
def test_what_is_refused(roles: dict[str, Any], more: dict[str, Any], problem: str) -> None:
    message = refused(roles, **more)
    assert message.startswith(f"{FILE}: ")
    assert problem in message
    assert "\n" not in message


def test_a_role_with_the_name_of_the_access_role_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"roles\.access and accounts:accessRoleName \(Access\) are one role"):
        parse(AccountsConfig, "accounts", {**ACCOUNT, "accessRoleName": "Access", "roles": {"access": AUDITOR}}, "file")


def test_a_role_that_nobody_may_assume_is_one_error_that_names_both_files() -> None:
    assert refused({"Stranger": AUDITOR}) == (
        f"{FILE}: accounts:roles.Stranger may be assumed by nobody: stacks/identity/Pulumi.sandbox.yaml has no "
        "identity:roles.Stranger; allowed: Auditor, Releaser, Stranger added there"
    )


def test_before_identity_is_deployed_a_preview_shows_the_role() -> None:
    run = run_program("accounts", "sandbox.developer", {**ACCOUNT, "roles": {"Auditor": AUDITOR}}, preview=True)
    assert "Auditor" in run.of(ROLE)


def test_a_profile_adds_a_role_and_an_account_narrows_it_or_takes_it_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sandbox.yaml"
    file.write_text(json.dumps({"/": {"roles": {"Auditor": {**AUDITOR, "sessionHours": 8}, "Releaser": RELEASER}}}))
    monkeypatch.setattr(module, "profiles_file", lambda _environment, _root=None: file)
    run = account({"Auditor": {"sessionHours": 2}, "Releaser": None})
    assert run.of(ROLE)["Auditor"].inputs["maxSessionDuration"] == 7200
    assert "Releaser" not in run.of(ROLE)
    narrowed = account({"Auditor": {"managedPolicies": None, "actions": ["s3:Get*"]}})
    assert set(narrowed.of(ATTACHMENT)) >= {"Auditor", "Releaser"}
    # What the two say against each other names both files.
    profile = "from stacks/accounts/profiles/sandbox.yaml /"
    assert (
        "accounts:roles.Auditor.actions is s3:* and accounts:roles.Auditor.managedPolicies, "
        f"{profile} is arn:aws:iam::aws:policy/SecurityAudit, arn:aws:iam::aws:policy/job-function/ViewOnlyAccess; "
    ) in refused({"Auditor": {"actions": ["s3:*"]}})
    assert f"accounts:roles.auditor and accounts:roles.Auditor, {profile} are one role" in refused({"auditor": AUDITOR})
    file.write_text(json.dumps({"/": {"roleActions": {"DeveloperRole": ["sqs:*"]}}}))
    assert (
        f"accounts:roles.DeveloperRole.actions is s3:* and accounts:roleActions.DeveloperRole, {profile} is sqs:*; "
    ) in refused({"DeveloperRole": {"actions": ["s3:*"]}})
    file.write_text(json.dumps({"Development": {"roles": {"Stranger": AUDITOR}}}))
    assert "accounts:roles.Stranger, from stacks/accounts/profiles/sandbox.yaml Development may be" in refused({})


# What the boundary of a role with AWS's policies lets through, if these allow everything.


def auditor_may(action: str, resource: str = "*", most: list[str] | None = None, **context: str) -> bool:
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    document = boundary("Auditor", ID, "dev", most)
    return is_allowed(action, resource, [everything], boundary=document, context=context)


@pytest.mark.parametrize(
    "action",
    [
        *("s3:GetObject", "ec2:DescribeInstances", "config:DescribeConfigRules", "iam:ListRoles", "iam:GetPolicy"),
        *("organizations:DescribeOrganization", "iam:GenerateCredentialReport", "s3:PutObject", "glue:CreateJob"),
    ],
)
def test_an_auditor_looks_at_everything(action: str) -> None:
    assert auditor_may(action)


@pytest.mark.parametrize(
    "action",
    [
        *(
            "iam:CreateUser",
            "iam:PassRole",
            "iam:UpdateAssumeRolePolicy",
            "sts:AssumeRole",
            "organizations:MoveAccount",
        ),
        *("account:CloseAccount", "sso:CreateAccountAssignment", "identitystore:CreateUser", "ram:CreateResourceShare"),
        *("rolesanywhere:CreateTrustAnchor", "billing:UpdateBillingView", "kms:ScheduleKeyDeletion"),
        *("ec2:ModifySnapshotAttribute", "ssm:SendCommand", "ecs:ExecuteCommand"),
        # What PowerUserAccess gives of IAM.
        *("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole"),
    ],
)
def test_whatever_the_policies_say_the_boundary_keeps_it_what_it_is(action: str) -> None:
    assert not auditor_may(action)
    assert not auditor_may(action, most=["s3:*"])


def test_a_narrower_boundary_is_the_most_that_the_role_may_do() -> None:
    assert auditor_may("s3:GetObject", most=["s3:Get*"])
    assert not auditor_may("ec2:DescribeInstances", most=["s3:Get*"])
    assert not auditor_may("iam:ListRoles", most=["s3:Get*"])


@pytest.mark.parametrize("most", [None, ["ec2:*"]])
@pytest.mark.parametrize("path", ["", "automation/"])
def test_nobody_but_automation_takes_over_an_instance_with_a_role(most: list[str] | None, path: str) -> None:
    instance = f"arn:aws:ec2:us-west-2:{ID}:instance/i-0abc"
    profile = f"arn:aws:iam::{ID}:instance-profile/{path}x"
    context = {"ec2:InstanceProfile": profile}
    assert not auditor_may("ec2:ModifyInstanceAttribute", instance, most, **context)
    assert auditor_may("ec2:ModifyInstanceAttribute", instance, most)


def test_the_boundary_fits() -> None:
    assert len(render(boundary("A" * 50, ID, "p" * 20, None))) < MAX_MANAGED_POLICY


def test_developers_are_still_trusted_as_before() -> None:
    statement = json.loads(account({"Auditor": AUDITOR}).of(ROLE)["DeveloperRole"].inputs["assumeRolePolicy"])
    assert statement["Statement"][0]["Principal"] == {"AWS": sorted(USERS)}
