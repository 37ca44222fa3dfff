"""The guardrails: the statements of service control policies, and how they are packed within AWS's limits.

`docs/security-model.md` says what each is against. They bind every principal of a member account but the access roles,
and those too where nobody needs it.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html
"""

from collections.abc import Mapping, Sequence

from shared.errors import DocumentError
from shared.policy_documents.documents import Document, render
from shared.policy_documents.iam import deny
from shared.policy_documents.roles import (
    AUTOMATION_ROLE,
    DEVELOPER_ROLE,
    MANAGED_ROLES,
    WORKLOAD,
    WORKLOAD_PATH,
    boundary_name,
    role_arn,
)
from stacks.policies.limits import MAX_CHARACTERS, MAX_SCPS_A_TARGET, SCP

GLOBAL_SERVICES = [
    "a4b:*",
    "access-analyzer:*",
    "account:*",
    "acm:*",
    "activate:*",
    "artifact:*",
    "aws-marketplace-management:*",
    "aws-marketplace:*",
    "aws-portal:*",
    "billing:*",
    "billingconductor:*",
    "budgets:*",
    "ce:*",
    "chatbot:*",
    "chime:*",
    "cloudfront:*",
    "cloudtrail:LookupEvents",
    "compute-optimizer:*",
    "config:*",
    "consoleapp:*",
    "consolidatedbilling:*",
    "cur:*",
    "datapipeline:GetAccountLimits",
    "devicefarm:*",
    "directconnect:*",
    "ec2:DescribeRegions",
    "ec2:DescribeTransitGateways",
    "ec2:DescribeVpnGateways",
    "fms:*",
    "freetier:*",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "importexport:*",
    "invoicing:*",
    "iq:*",
    "kms:*",
    "license-manager:ListReceivedLicenses",
    "mobileanalytics:*",
    "networkmanager:*",
    "notifications-contacts:*",
    "notifications:*",
    "organizations:*",
    "payments:*",
    "pricing:*",
    "quicksight:DescribeAccountSubscription",
    "resource-explorer-2:*",
    "route53-recovery-cluster:*",
    "route53-recovery-control-config:*",
    "route53-recovery-readiness:*",
    "route53:*",
    "route53domains:*",
    "s3:CreateMultiRegionAccessPoint",
    "s3:DeleteMultiRegionAccessPoint",
    "s3:DescribeMultiRegionAccessPointOperation",
    "s3:GetAccountPublic*",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetMultiRegionAccessPoint*",
    "s3:GetStorageLens*",
    "s3:ListAllMyBuckets",
    "s3:ListMultiRegionAccessPoints",
    "s3:ListStorageLensConfigurations",
    "s3:PutAccountPublic*",
    "s3:PutMultiRegionAccessPointPolicy",
    "savingsplans:*",
    "shield:*",
    "sso:*",
    "sts:*",
    "support:*",
    "supportapp:*",
    "supportplans:*",
    "sustainability:*",
    "tag:*",
    "tax:*",
    "trustedadvisor:*",
    "vendor-insights:*",
    "waf-regional:*",
    "waf:*",
    "wafv2:*",
    "wellarchitected:*",
]
"""Actions of services without regions, which a list of allowed regions must not deny.
https://docs.aws.amazon.com/controltower/latest/controlreference/primary-region-deny-policy.html"""

_CHANGES_OF_WORKLOADS = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
]
_ATTACHING = ["iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"]

_BOUNDARIES = [
    f"arn:aws:iam::*:policy/{boundary_name(role, '*')}" for role in (DEVELOPER_ROLE, AUTOMATION_ROLE, WORKLOAD)
]
_ROOT_USER = {
    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"},
    # Not the short sessions by which the management account mends a locked bucket or queue.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    "BoolIfExists": {"aws:AssumedRoot": "false"},
}

_OUTSIDE = {
    "StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}
"""The condition that what is written to belongs to somebody else."""


def guardrail_statements(guardrail: str, access_roles: Sequence[str]) -> list[Document]:
    """The statements of one guardrail, which leave `access_roles` free.

    Raises `KeyError` for an unknown guardrail, which the configuration model does not allow.
    """
    return _statements(_unless_role(access_roles), access_roles)[guardrail]


def _statements(others: Document, access_roles: Sequence[str]) -> Mapping[str, list[Document]]:
    """`others` is the condition that the caller is none of the access roles."""
    without_boundary = {"ArnNotLike": {"iam:PermissionsBoundary": _BOUNDARIES[-1], **others["ArnNotLike"]}}
    return {
        "leave-organization": [deny("DenyLeavingOrganization", ["organizations:LeaveOrganization"])],
        "stop-cloudtrail": [
            deny(
                "DenyStoppingCloudTrail",
                [
                    "cloudtrail:DeleteEventDataStore",
                    "cloudtrail:DeleteTrail",
                    "cloudtrail:PutEventSelectors",
                    "cloudtrail:PutInsightSelectors",
                    "cloudtrail:StopEventDataStoreIngestion",
                    "cloudtrail:StopLogging",
                    "cloudtrail:UpdateEventDataStore",
                    "cloudtrail:UpdateTrail",
                ],
            )
        ],
        "stop-backup": [
            deny(
                "DenyStoppingBackup",
                [
                    "backup:DeleteBackup*",
                    "backup:DeleteRecoveryPoint",
                    "backup:DisassociateBackupVault*",
                    "backup:DisassociateRecoveryPoint*",
                    "backup:PutBackupVault*",
                    "backup:StartCopyJob",
                    "backup:UpdateBackupPlan",
                    "backup:UpdateGlobalSettings",
                    "backup:UpdateRecoveryPointLifecycle",
                    "backup:UpdateRegionSettings",
                ],
                condition=others,
            )
        ],
        "protect-roles": [
            # Whatever a call is named, and whoever makes a role with an access role's name would be free of all this.
            {
                "Sid": "DenyChangingManagedRoles",
                "Effect": "Deny",
                "NotAction": ["iam:Get*", "iam:List*", "sts:*"],
                "Resource": [*(role_arn("*", role) for role in [*MANAGED_ROLES, *access_roles]), *_BOUNDARIES],
                "Condition": others,
            },
            deny(
                "DenyWorkloadsWithoutBoundary",
                _CHANGES_OF_WORKLOADS,
                f"arn:aws:iam::*:role{WORKLOAD_PATH}*",
                without_boundary,
            ),
            deny(
                "DenyTakingBoundariesOff",
                ["iam:DeleteRolePermissionsBoundary"],
                f"arn:aws:iam::*:role{WORKLOAD_PATH}*",
                others,
            ),
            deny(
                "DenyWorkloadPoliciesElsewhere",
                _ATTACHING,
                condition={
                    "ArnLike": {"iam:PolicyARN": f"arn:aws:iam::*:policy{WORKLOAD_PATH}*"},
                    **without_boundary,
                },
            ),
        ],
        "protect-account": [
            deny(
                "DenyChangingAccount",
                [
                    "account:Accept*",
                    "account:Close*",
                    "account:Delete*",
                    "account:Disable*",
                    "account:Enable*",
                    "account:Put*",
                    "account:Start*",
                    "ec2:DisableEbsEncryptionByDefault",
                    "ec2:DisableImageBlockPublicAccess",
                    "ec2:DisableSnapshotBlockPublicAccess",
                    "ec2:ModifyEbsDefaultKmsKeyId",
                    "ec2:ResetEbsDefaultKmsKeyId",
                    "iam:CreateAccountAlias",
                    "iam:DeleteAccountAlias",
                    "iam:DeleteAccountPasswordPolicy",
                    "iam:SetSecurityTokenServicePreferences",
                    "iam:UpdateAccountPasswordPolicy",
                    "s3:PutAccountPublicAccessBlock",
                ],
                condition=others,
            )
        ],
        "local-identities": [
            deny(
                "DenyLocalIdentities",
                [
                    "iam:AddClientIDToOpenIDConnectProvider",
                    "iam:CreateAccessKey",
                    "iam:CreateLoginProfile",
                    "iam:CreateOpenIDConnectProvider",
                    "iam:CreateSAMLProvider",
                    "iam:CreateServiceSpecificCredential",
                    "iam:CreateUser",
                    "iam:UpdateLoginProfile",
                    "iam:UpdateOpenIDConnectProviderThumbprint",
                    "iam:UpdateSAMLProvider",
                    "iam:UploadSSHPublicKey",
                    "iam:UploadSigningCertificate",
                    "rolesanywhere:Create*",
                    "rolesanywhere:Update*",
                    "sso:CreateInstance",
                ],
                condition=others,
            )
        ],
        "data-stays": [
            deny(
                "DenySharing",
                [
                    "ec2:ModifyImageAttribute",
                    "ec2:ModifySnapshotAttribute",
                    "ec2:ModifyFpgaImageAttribute",
                    "kms:DeleteImportedKeyMaterial",
                    "kms:ScheduleKeyDeletion",
                    "lambda:AddLayerVersionPermission",
                    "ram:*ResourceShare*",
                    "rds:ModifyDBClusterSnapshotAttribute",
                    "rds:ModifyDBSnapshotAttribute",
                    "redshift:AuthorizeSnapshotAccess",
                    "ssm:ModifyDocumentPermission",
                ],
                condition=others,
            ),
            deny(
                "DenyWritingElsewhere",
                [
                    "backup:CopyFromBackupVault",
                    "dynamodb:PutItem",
                    "events:PutEvents",
                    "firehose:Put*",
                    "kinesis:Put*",
                    "kms:CreateGrant",
                    "s3:PutObject*",
                    "s3:Replicate*",
                    "secretsmanager:Put*",
                    "sns:Publish",
                    "sqs:SendMessage",
                    "sts:AssumeRole",
                ],
                condition=_OUTSIDE,
            ),
        ],
        "root-user": [deny("DenyRootUser", ["*"], condition=_ROOT_USER)],
    }


def region_statement(regions: Sequence[str], access_roles: Sequence[str]) -> Document:
    """Denies regional services outside `regions` to everyone except the access roles."""
    return {
        "Sid": "DenyOtherRegions",
        "Effect": "Deny",
        "NotAction": GLOBAL_SERVICES,
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(regions)}, **_unless_role(access_roles)},
    }


def _unless_role(roles: Sequence[str]) -> Document:
    return {"ArnNotLike": {"aws:PrincipalArn": [role_arn("*", role) for role in roles]}}


def pack(name: str, statements: Sequence[Document]) -> list[Document]:
    """Pack `statements`, in their order, into as few policies as AWS's limits allow (first fit).

    One of the policies of a target is AWS's own FullAWSAccess. Raises `DocumentError` when a statement
    is too large for a policy, or when there are too many policies for a target.
    """
    documents: list[Document] = []
    for statement in statements:
        alone: Document = {"Version": "2012-10-17", "Statement": [statement]}
        if len(render(alone)) > MAX_CHARACTERS[SCP]:
            raise DocumentError(
                f"{SCP} for {name!r}: statement {statement.get('Sid')} alone has {len(render(alone))} "
                f"characters; AWS allows {MAX_CHARACTERS[SCP]}"
            )
        for document in documents:
            grown = {**document, "Statement": [*document["Statement"], statement]}
            if len(render(grown)) <= MAX_CHARACTERS[SCP]:
                document["Statement"].append(statement)
                break
        else:
            documents.append(alone)
    if len(documents) > MAX_SCPS_A_TARGET - 1:
        raise DocumentError(
            f"{SCP} for {name!r}: {len(documents)} policies are needed; AWS allows {MAX_SCPS_A_TARGET} a target, "
            "one of which is FullAWSAccess"
        )
    return documents
