"""What the roles made in an account can do, decided by policy evaluation as AWS does it."""

from itertools import product
from typing import Any

import pytest

from shared.policy_documents.documents import MAX_MANAGED_POLICY, render
from shared.policy_evaluation.evaluation import is_allowed
from stacks.accounts.boundaries import ACTIONS, AUTOMATION_ACTIONS, DEVELOPER_ACTIONS, boundary

ACCOUNT = "210987654321"
DEVELOPER, AUTOMATION, WORKLOAD = ROLES = ["DeveloperRole", "AutomationRole", "Workload"]
ANY = "*"
INSTANCE = f"arn:aws:ec2:us-west-2:{ACCOUNT}:instance/i-0abc"
ACCESS = "OrganizationAccountAccessRole"


def iam(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


OWN = {"iam:PermissionsBoundary": iam("policy", "devWorkloadBoundary")}


def role_may(role: str, action: str, resource: str = ANY, context: dict[str, Any] | None = None) -> bool:
    """Whether a role with the boundary lets this through if its own policies allow everything."""
    actions = DEVELOPER_ACTIONS if role == DEVELOPER else AUTOMATION_ACTIONS
    document = boundary(role, ACCOUNT, "dev", actions)
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return is_allowed(action, resource, [everything], boundary=document, context=context)


WORK = ["cloudwatch:PutMetricAlarm", "dynamodb:CreateTable", "ec2:RunInstances", "s3:CreateBucket"]
AUTOMATION_WORK = [
    "application-autoscaling:RegisterScalableTarget",
    "ecr:CreateRepository",
    "ecs:CreateService",
    "elasticache:CreateReplicationGroup",
    "elasticloadbalancing:CreateLoadBalancer",
    "kms:CreateKey",
    "lambda:CreateFunction",
    "logs:CreateLogGroup",
    "rds:CreateDBInstance",
    "ssm:PutParameter",
]
NOT_THEIRS = [
    "account:CloseAccount",
    "backup:DeleteBackupVault",
    "cloudformation:CreateStack",
    "cloudtrail:StopLogging",
    "glue:CreateDevEndpoint",
    "organizations:LeaveOrganization",
    "sso:CreateAccountAssignment",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", WORK)
def test_the_roles_do_their_work(role: str, action: str) -> None:
    assert role_may(role, action)


@pytest.mark.parametrize("action", AUTOMATION_WORK)
def test_automation_and_its_workloads_do_more_than_developers(action: str) -> None:
    assert [role_may(role, action) for role in ROLES] == [False, True, True]


def test_agents_of_workloads_reach_their_service() -> None:
    assert [role_may(role, "ssmmessages:OpenControlChannel") for role in ROLES] == [False, False, True]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", NOT_THEIRS)
def test_the_roles_do_nothing_else(role: str, action: str) -> None:
    assert not role_may(role, action)
    assert not role_may(role, action, iam("role", ACCESS))


@pytest.mark.parametrize("role", ROLES)
def test_a_trust_policy_that_names_the_session_itself_is_not_enough(role: str) -> None:
    document = boundary(role, ACCOUNT, "dev", ["*"])
    denied = [s for s in document["Statement"] if s["Effect"] == "Deny" and "sts:AssumeRole*" in s["Action"]]
    assert [(s["Resource"], "Condition" in s) for s in denied] == [("*", False)]


@pytest.mark.parametrize("action", ["CreateRole", "PassRole", "GetRole"])
@pytest.mark.parametrize("role", [DEVELOPER, WORKLOAD])
def test_only_automation_works_with_iam(role: str, action: str) -> None:
    for name in ("x", "automation/x"):
        assert not role_may(
            role, f"iam:{action}", iam("role", name), {**OWN, "iam:PassedToService": "ec2.amazonaws.com"}
        )


WITH_BOUNDARY = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
]
BY_PATH = [
    *(
        ("role", f"iam:{each}")
        for each in ("DeleteRole", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole")
    ),
    *(
        ("policy", f"iam:{each}")
        for each in ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "SetDefaultPolicyVersion", "TagPolicy")
    ),
    *(
        ("instance-profile", f"iam:{each}")
        for each in ("AddRoleToInstanceProfile", "CreateInstanceProfile", "RemoveRoleFromInstanceProfile")
    ),
]


@pytest.mark.parametrize("action", WITH_BOUNDARY)
def test_automation_makes_and_widens_roles_with_the_boundary_of_workloads_only(action: str) -> None:
    assert role_may(AUTOMATION, action, iam("role", "automation/web"), OWN)
    assert not role_may(AUTOMATION, action, iam("role", "automation/web"))
    for other in ("AdministratorAccess", "devAutomationRoleBoundary", "devDeveloperRoleBoundary", "WorkloadBoundary"):
        context = {"iam:PermissionsBoundary": iam("policy", other)}
        assert not role_may(AUTOMATION, action, iam("role", "automation/web"), context)
    for name in ("web", "admin", "automation", "automation2/web", AUTOMATION, ACCESS):
        assert not role_may(AUTOMATION, action, iam("role", name), OWN)


@pytest.mark.parametrize(("kind", "action"), BY_PATH)
def test_automation_changes_what_is_under_its_path_only(kind: str, action: str) -> None:
    assert role_may(AUTOMATION, action, iam(kind, "automation/web"))
    for name in ("web", "Admin", "devWorkloadBoundary", DEVELOPER, AUTOMATION, "MyMonthlyBackupIamRole", ACCESS):
        assert not role_may(AUTOMATION, action, iam(kind, name), OWN)


OUT_OF_REACH = [
    "AddUserToGroup",
    "AttachGroupPolicy",
    "AttachUserPolicy",
    "CreateAccessKey",
    "CreateGroup",
    "CreateLoginProfile",
    "CreateOpenIDConnectProvider",
    "CreateSAMLProvider",
    "CreateServiceSpecificCredential",
    "CreateUser",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccountPasswordPolicy",
    "DeleteRolePermissionsBoundary",
    "DeleteUserPermissionsBoundary",
    "PutGroupPolicy",
    "PutUserPermissionsBoundary",
    "PutUserPolicy",
    "TagUser",
    "UpdateAccessKey",
    "UpdateLoginProfile",
    "UpdateOpenIDConnectProviderThumbprint",
    "UploadSSHPublicKey",
]


@pytest.mark.parametrize("action", OUT_OF_REACH)
@pytest.mark.parametrize("kind", ["user", "group", "role", "oidc-provider", "mfa"])
def test_users_groups_and_identity_providers_are_out_of_automations_reach(kind: str, action: str) -> None:
    for name in ("x", "automation/x"):
        assert not role_may(AUTOMATION, f"iam:{action}", iam(kind, name), OWN)


def test_automation_passes_its_own_roles_to_the_services_that_it_may_use() -> None:
    own = iam("role", "automation/web")
    for service in ("ec2", "ecs-tasks", "lambda", "monitoring.rds"):
        context = {"iam:PassedToService": f"{service}.amazonaws.com"}
        assert role_may(AUTOMATION, "iam:PassRole", own, context)
        for other in ("Admin", "web", AUTOMATION, DEVELOPER, "MyMonthlyBackupIamRole", ACCESS):
            assert not role_may(AUTOMATION, "iam:PassRole", iam("role", other), context)
    for service in ("cloudformation", "codebuild", "glue", "sagemaker", "states"):
        assert not role_may(AUTOMATION, "iam:PassRole", own, {"iam:PassedToService": f"{service}.amazonaws.com"})


def test_service_linked_roles_are_those_of_its_services() -> None:
    role = iam("role", "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    for name, allowed in {
        "ecs.amazonaws.com": True,
        "ecs.application-autoscaling.amazonaws.com": True,
        "spot.amazonaws.com": True,
        "organizations.amazonaws.com": False,
        "sso.amazonaws.com": False,
    }.items():
        assert role_may(AUTOMATION, "iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": name}) is allowed


def test_roles_and_policies_may_be_read() -> None:
    for action in ("iam:GetRole", "iam:GetPolicyVersion", "iam:ListAttachedRolePolicies"):
        assert role_may(AUTOMATION, action, iam("role", ACCESS))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:PutResourcePolicy",
        "ec2:ModifyImageAttribute",
        "ec2:ModifySnapshotAttribute",
        "ecr:SetRepositoryPolicy",
        "kms:DeleteImportedKeyMaterial",
        "kms:ScheduleKeyDeletion",
        "lambda:AddLayerVersionPermission",
        "logs:CreateExportTask",
        "logs:PutResourcePolicy",
        "rds:ModifyDBSnapshotAttribute",
        "rds:StartExportTask",
        "ssm:CreateResourceDataSync",
        "ssm:ModifyDocumentPermission",
    ],
)
def test_data_is_not_shared_and_keys_are_not_deleted(role: str, action: str) -> None:
    assert not role_may(role, action)


OF_INSTANCES = [
    "ec2:AttachVolume",
    "ec2:DetachVolume",
    "ec2:ModifyInstanceAttribute",
    "ec2:CreateReplaceRootVolumeTask",
]


@pytest.mark.parametrize("action", OF_INSTANCES)
def test_nobody_becomes_another_role_on_an_instance_that_has_it(action: str) -> None:
    may = {}
    for role, profile in product(ROLES, [None, "Admin", "automation/web", "automation"]):
        context = {"ec2:InstanceProfile": iam("instance-profile", profile)} if profile else {}
        may[role, profile] = role_may(role, action, INSTANCE, context)
    assert may == {(role, each): each is None or (role != DEVELOPER and each == "automation/web") for role, each in may}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "action",
    ["ecs:ExecuteCommand", "ssm:SendCommand", "ssm:StartSession", "ssm:CreateAssociation", "ec2:ModifyLaunchTemplate"],
)
def test_nobody_runs_commands_in_what_has_another_role(role: str, action: str) -> None:
    assert not role_may(role, action)


def test_functions_are_called_by_services_and_who_signs_in() -> None:
    for principal, allowed in {"s3.amazonaws.com": True, "999999999999": False, "*": False}.items():
        assert role_may(AUTOMATION, "lambda:AddPermission", ANY, {"lambda:Principal": principal}) is allowed
    for action, kind in product(
        ("lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"), ("AWS_IAM", "NONE")
    ):
        allowed = kind == "AWS_IAM"
        assert role_may(AUTOMATION, action, ANY, {"lambda:FunctionUrlAuthType": kind}) is allowed
    assert not role_may(AUTOMATION, "lambda:UpdateFunctionUrlConfig")


def test_a_boundary_is_the_whole_of_what_the_role_may_do() -> None:
    assert {role: list(actions) for role, actions in ACTIONS.items()} == {
        DEVELOPER: ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"],
        AUTOMATION: AUTOMATION_ACTIONS,
    }
    assert not role_may(DEVELOPER, "lambda:InvokeFunction")


@pytest.mark.parametrize("role", ROLES)
def test_a_boundary_fits_with_the_longest_prefix(role: str) -> None:
    assert len(render(boundary(role, ACCOUNT, "p" * 20, AUTOMATION_ACTIONS))) < MAX_MANAGED_POLICY - 400
