"""Service control policies: the guardrails, and how they are packed into policies within AWS's limits.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html
"""

from collections.abc import Sequence

from shared.errors import DocumentError
from shared.policy_documents.documents import Document, render
from shared.policy_documents.iam import deny
from shared.policy_documents.roles import MANAGED_ROLES, role_arn
from stacks.policies.limits import MAX_CHARACTERS, MAX_SCPS_A_TARGET, SCP

GLOBAL_SERVICES = [
    "account:*", "aws-portal:*", "budgets:*", "ce:*", "chime:*", "cloudfront:*", "cur:*", "globalaccelerator:*",
    "health:*", "iam:*", "importexport:*", "kms:*", "organizations:*", "pricing:*", "route53:*",
    "route53domains:*", "s3:GetAccountPublic*", "s3:ListAllMyBuckets", "s3:PutAccountPublic*", "shield:*",
    "sts:*", "support:*", "tag:*", "trustedadvisor:*", "waf:*", "wafv2:*",
]  # fmt: skip
"""Actions of services without regions, which a list of allowed regions must not deny (from AWS's example)."""

# With `CreateRole`: who could make a role with an access role's name in an account would be free of the guardrails.
_ROLE_CHANGES = [
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
]  # fmt: skip


def guardrail_statement(guardrail: str, access_roles: Sequence[str]) -> Document:
    """The statement of one guardrail. `access_roles` may still change the roles of this project.

    Raises `KeyError` for an unknown guardrail, which the configuration model does not allow.
    """
    return {
        "leave-organization": deny("DenyLeavingOrganization", ["organizations:LeaveOrganization"]),
        "stop-cloudtrail": deny(
            "DenyStoppingCloudTrail",
            [
                "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging",
                "cloudtrail:UpdateTrail",
            ],
        ),
        "stop-backup": deny(
            "DenyStoppingBackup",
            [
                "backup:DeleteBackupPlan", "backup:DeleteBackupSelection", "backup:DeleteBackupVault",
                "backup:DeleteBackupVaultAccessPolicy", "backup:DeleteRecoveryPoint", "backup:UpdateBackupPlan",
                "backup:UpdateRecoveryPointLifecycle", "backup:UpdateRegionSettings",
            ],
            condition=_unless_role(access_roles),
        ),
        "protect-roles": deny(
            "DenyChangingManagedRoles",
            _ROLE_CHANGES,
            [role_arn("*", role) for role in [*MANAGED_ROLES, *access_roles]],
            _unless_role(access_roles),
        ),
        "root-user": deny(
            "DenyRootUser", ["*"], condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
        ),
    }[guardrail]  # fmt: skip


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

    A target may have five policies; one of them is AWS's own FullAWSAccess. Raises `DocumentError` when a statement
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
