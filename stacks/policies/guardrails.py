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
from stacks.policies.guarded_actions import (
    ATTACHING,
    CHANGING_ACCOUNT,
    CHANGING_WORKLOADS,
    GLOBAL_SERVICES,
    LOCAL_IDENTITIES,
    SHARING,
    STOPPING_BACKUP,
    STOPPING_CLOUDTRAIL,
    WRITING,
)
from stacks.policies.limits import MAX_CHARACTERS, MAX_SCPS_A_TARGET, SCP

_BOUNDARIES = [
    f"arn:aws:iam::*:policy/{boundary_name(role, '*')}" for role in (DEVELOPER_ROLE, AUTOMATION_ROLE, WORKLOAD)
]
_NOT_BY_ASSUMED_ROOT = {"BoolIfExists": {"aws:AssumedRoot": "false"}}
"""Not the short sessions by which the management account mends a locked bucket, or lets a root user sign in again.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"""

_ROOT_USER = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}, **_NOT_BY_ASSUMED_ROOT}

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
                STOPPING_CLOUDTRAIL,
            )
        ],
        "stop-backup": [
            deny(
                "DenyStoppingBackup",
                STOPPING_BACKUP,
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
                CHANGING_WORKLOADS,
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
                ATTACHING,
                condition={
                    "ArnLike": {"iam:PolicyARN": f"arn:aws:iam::*:policy{WORKLOAD_PATH}*"},
                    **without_boundary,
                },
            ),
        ],
        "protect-account": [
            deny(
                "DenyChangingAccount",
                CHANGING_ACCOUNT,
                condition=others,
            )
        ],
        "local-identities": [
            deny(
                "DenyLocalIdentities",
                LOCAL_IDENTITIES,
                condition={**others, **_NOT_BY_ASSUMED_ROOT},
            )
        ],
        "data-stays": [
            deny(
                "DenySharing",
                SHARING,
                condition=others,
            ),
            deny(
                "DenyWritingElsewhere",
                WRITING,
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
