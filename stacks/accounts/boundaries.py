"""The permissions boundaries of an account: the most that a role, and what it makes, may do.

`docs/security-model.md` says what each statement is against.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import allow, deny, document
from shared.policy_documents.roles import AUTOMATION_ROLE, WORKLOAD, WORKLOAD_PATH, boundary_name
from shared.settings.actions import NOT_THEIRS

DEVELOPER_ACTIONS = ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"]
AUTOMATION_ACTIONS = [
    *DEVELOPER_ACTIONS, "application-autoscaling:*", "ecr:*", "ecs:*", "elasticache:*", "elasticloadbalancing:*",
    "kms:*", "lambda:*", "logs:*", "rds:*", "ssm:*",
]  # fmt: skip
ManagedRole = Literal["DeveloperRole", "AutomationRole"]

ACTIONS: Mapping[ManagedRole, Sequence[str]] = {
    "DeveloperRole": DEVELOPER_ACTIONS,
    "AutomationRole": AUTOMATION_ACTIONS,
}
"""What each role may do unless its account says otherwise."""

_READ_OF_THEM = [
    "account:Get*", "account:List*", "iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*",
    "organizations:Describe*", "organizations:List*", "ram:Get*", "ram:List*",
]  # fmt: skip
"""What auditors look at in these services. It gives nobody a right."""

_AGENTS = ["ec2messages:*", "ssmmessages:*"]
"""What the agents on instances and in containers need besides."""

_DATA_OUT = [
    "dynamodb:AssociateTableReplica", "dynamodb:ExportTableToPointInTime", "dynamodb:PutResourcePolicy",
    "ec2:CreateInstanceExportTask", "ec2:CreateStoreImageTask", "ec2:ExportImage", "ec2:ModifyFpgaImageAttribute",
    "ec2:ModifyImageAttribute", "ec2:ModifySnapshotAttribute", "ec2:ModifyVpcEndpointServicePermissions",
    "ecr:PutRegistryPolicy", "ecr:PutReplicationConfiguration", "ecr:SetRepositoryPolicy", "elasticache:CopySnapshot",
    "elasticache:ExportServerlessCacheSnapshot", "lambda:AddLayerVersionPermission", "logs:CreateDelivery",
    "logs:CreateExportTask", "logs:CreateLogDelivery", "logs:PutAccountPolicy", "logs:PutDeliveryDestinationPolicy",
    "logs:PutDestinationPolicy", "logs:PutResourcePolicy", "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute", "rds:StartExportTask", "s3:PutInventoryConfiguration",
    "ssm:CreateResourceDataSync", "ssm:ModifyDocumentPermission", "ssm:PutResourcePolicy",
]  # fmt: skip
"""What shares data with other accounts, or has a service carry it out, whatever the resource control policies say."""

_OF_INSTANCES = [
    "ec2:AssociateIamInstanceProfile", "ec2:AttachVolume", "ec2:CreateReplaceRootVolumeTask", "ec2:DetachVolume",
    "ec2:GetPasswordData", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions",
    "ec2:ReplaceIamInstanceProfileAssociation",
]  # fmt: skip
"""With these, who may not assume a role becomes it: on an instance that has it."""

_OF_OTHERS = [
    "ecs:ExecuteCommand", "ssm:CreateActivation", "ssm:CreateAssociation*", "ssm:GetAccessToken",
    "ssm:RegisterDefaultPatchBaseline", "ssm:RegisterPatchBaselineForPatchGroup",
    "ssm:RegisterTaskWithMaintenanceWindow", "ssm:ResumeSession", "ssm:SendCommand", "ssm:StartAccessRequest",
    "ssm:StartAssociationsOnce", "ssm:StartAutomationExecution", "ssm:StartChangeRequestExecution",
    "ssm:StartExecutionPreview", "ssm:StartSession", "ssm:UpdateAssociation", "ssm:UpdateDocument*",
    "ssm:UpdateMaintenanceWindowTask", "ssm:UpdatePatchBaseline",
    # An Auto Scaling group takes the newest version, with whatever profile it names, and asks nobody for iam:PassRole.
    "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate",
]  # fmt: skip
"""Commands in what runs with another's role; there is no condition on the role."""

_PASSED_TO = {
    "application-autoscaling": ["application-autoscaling.amazonaws.com"],
    "ecs": ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"],
    "rds": ["monitoring.rds.amazonaws.com", "rds.amazonaws.com"],
}
"""Services whose principal is not their prefix alone."""


def boundary(role: str, account_id: str, prefix: str, actions: Sequence[str] | None) -> Document:
    """The boundary of `role`, or of `WORKLOAD`: it allows `actions` and denies what would get around it.

    `prefix` is put before the names of the boundaries of the account. None for `actions` is for a role that has AWS's
    managed policies: it allows all services but `NOT_THEIRS`, and of these to read.
    """
    out_of_reach, iam = ["account:*", "organizations:*", "sts:AssumeRole*"], list[Document]()
    if actions is None:
        most = {"Effect": "Allow", "NotAction": [f"{each}:*" for each in NOT_THEIRS], "Resource": "*"}
        out_of_reach, iam = ["sts:AssumeRole*"], [{"Sid": "Read", **allow(_READ_OF_THEM, "*")}]
    else:
        most = allow([*actions, *(_AGENTS if role == WORKLOAD else [])], "*")
        if role == AUTOMATION_ROLE:
            iam = _iam(account_id, f"arn:aws:iam::{account_id}:policy/{boundary_name(WORKLOAD, prefix)}", actions)
        else:
            out_of_reach.append("iam:*")
    return document(
        {"Sid": "Most", **most},
        *iam,
        deny("OutOfReach", out_of_reach),
        deny("DataStays", _DATA_OUT),
        deny("KeysStay", ["kms:DeleteImportedKeyMaterial", "kms:ScheduleKeyDeletion"]),
        deny("NotByAnInstance", _OF_INSTANCES, "arn:aws:ec2:*:*:instance/*", _instances(role)),
        deny("NotByOthers", _OF_OTHERS),
        deny(
            "FunctionsForServices",
            ["lambda:AddPermission"],
            condition={"StringNotLike": {"lambda:Principal": "*.amazonaws.com"}},
        ),
        deny(
            "FunctionsSignedIn",
            ["lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"],
            condition={"StringNotEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        ),
    )


def _instances(role: str) -> Document:
    """On which instances a role could become another one. Only automation and its workloads have to do with roles."""
    if role not in (AUTOMATION_ROLE, WORKLOAD):
        return {"Null": {"ec2:InstanceProfile": "false"}}
    own = f"arn:aws:iam::*:instance-profile{WORKLOAD_PATH}*"
    return {"Null": {"ec2:InstanceProfile": "false"}, "ArnNotLike": {"ec2:InstanceProfile": own}}


def _iam(account_id: str, workload_boundary: str, actions: Sequence[str]) -> list[Document]:
    """What automation may do with IAM: make roles for workloads, under one path and with the workloads' boundary.

    By path, because most calls have no condition on the boundary of the role that they change.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    """
    services = sorted({action.partition(":")[0] for action in actions})
    passed_to = [principal for each in services for principal in _PASSED_TO.get(each, [f"{each}.amazonaws.com"])]
    linked = [name for each in services for name in (f"{each}.amazonaws.com", f"*.{each}.amazonaws.com")]
    arn = f"arn:aws:iam::{account_id}:{{}}{WORKLOAD_PATH}*".format
    return [
        {"Sid": "Read", **allow(["iam:Get*", "iam:List*"], "*")},
        {
            "Sid": "RolesWithBoundary",
            **allow(
                [
                    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
                    "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
                ],
                arn("role"),
                {"StringEquals": {"iam:PermissionsBoundary": workload_boundary}},
            ),
        },
        {
            "Sid": "Workloads",
            **allow(
                [
                    "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:CreatePolicy",
                    "iam:CreatePolicyVersion", "iam:DeleteInstanceProfile", "iam:DeletePolicy",
                    "iam:DeletePolicyVersion", "iam:DeleteRole", "iam:RemoveRoleFromInstanceProfile",
                    "iam:SetDefaultPolicyVersion", "iam:TagInstanceProfile", "iam:TagPolicy", "iam:TagRole",
                    "iam:UntagInstanceProfile", "iam:UntagPolicy", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole", "iam:UpdateRoleDescription",
                ],
                [arn("instance-profile"), arn("policy"), arn("role")],
            ),
        },
        {
            "Sid": "PassRoles",
            **allow("iam:PassRole", arn("role"), {"StringEquals": {"iam:PassedToService": passed_to}}),
        },
        {
            "Sid": "ServiceLinkedRoles",
            **allow(
                "iam:CreateServiceLinkedRole",
                f"arn:aws:iam::{account_id}:role/aws-service-role/*",
                {"StringLike": {"iam:AWSServiceName": ["spot.amazonaws.com", "spotfleet.amazonaws.com", *linked]}},
            ),
        },
    ]  # fmt: skip
