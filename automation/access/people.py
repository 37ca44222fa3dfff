"""People of IAM Identity Center in a snapshot: the role that AWS makes of a permission set in each account that has it.

The role is in no stack. Its trust lets in whom Identity Center has signed in, and that are the groups assigned.
https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automation.access.resources import Resource
from shared.policy_documents.documents import Document

TYPES = tuple(
    f"aws:ssoadmin/{each}"
    for each in (
        *("accountAssignment:AccountAssignment", "permissionSet:PermissionSet"),
        *("permissionSetInlinePolicy:PermissionSetInlinePolicy", "managedPolicyAttachment:ManagedPolicyAttachment"),
        "customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
        "permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
    )
)
ASSIGNMENT, SET, INLINE, MANAGED, CUSTOMER, BOUNDARY_OF = TYPES

PERMISSION_SET = "permission set "
"""How the name of a permission set's role begins; AWS's own has a suffix that nobody can foresee."""
RESERVED = "AWSReservedSSO_"
INLINE_POLICY = "AwsSSOInlinePolicy"
"""What AWS calls it in the role."""

_SESSION = re.compile(r"PT(\d+)H\Z")


@dataclass(frozen=True)
class PermissionSet:
    """A permission set, from the resources that make it. `customer` and `boundary` name policies of each account."""

    name: str
    source: str
    region: str
    session: int | None
    inline: str
    managed: tuple[str, ...]
    customer: tuple[str, ...]
    boundary: str
    boundary_arn: str

    @property
    def role(self) -> str:
        """What its role is called in a snapshot."""
        return f"{PERMISSION_SET}{self.name}"

    def arn(self, account: str) -> str:
        """The role's ARN, with a suffix of the length that AWS gives it."""
        path = "" if self.region in ("", "us-east-1") else f"{self.region}/"
        return f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/{path}{RESERVED}{self.name}_{'0' * 16}"


def permission_sets(found: Mapping[str, Iterable[Resource]]) -> dict[str, PermissionSet]:
    """The permission sets by ARN. `found` are the resources by the stack that has them."""
    made: dict[str, PermissionSet] = {}
    for source, resources in found.items():
        own = list(resources)
        for each in own:
            arn = each.get("arn") or each.id.partition(",")[0]
            if each.type == SET and arn:
                made[arn] = _permission_set(each, source, [other for other in own if _of(other) == arn])
    return made


def _permission_set(found: Resource, source: str, parts: list[Resource]) -> PermissionSet:
    length = _SESSION.match(found.get("sessionDuration"))
    bound = next((each.properties.get("permissionsBoundary") for each in parts if each.type == BOUNDARY_OF), None)
    return PermissionSet(
        found.get("name") or found.name,
        source,
        found.get("region"),
        int(length[1]) * 3600 if length else None,
        next((each.get("inlinePolicy") for each in parts if each.type == INLINE), ""),
        tuple(each.get("managedPolicyArn") for each in parts if each.type == MANAGED),
        tuple(_named(each.properties) for each in parts if each.type == CUSTOMER),
        _named(bound),
        str(bound.get("managedPolicyArn") or "") if isinstance(bound, Mapping) else "",
    )


def _of(found: Resource) -> str:
    return "" if found.type in (SET, ASSIGNMENT) else found.get("permissionSetArn")


def _named(value: Any) -> str:
    reference = value.get("customerManagedPolicyReference") if isinstance(value, Mapping) else None
    return str(reference.get("name") or "") if isinstance(reference, Mapping) else ""


def assigned(found: Iterable[Resource], account: str, sets: Mapping[str, PermissionSet]) -> dict[str, tuple[str, ...]]:
    """By the ARN of a permission set, the groups that have it in the account."""
    groups: dict[str, set[str]] = {}
    for each in found:
        arn = each.get("permissionSetArn")
        if each.type == ASSIGNMENT and each.get("targetId") == account and arn in sets:
            # The project's own assignments are called after the set and the group, whose name nothing else has.
            group = each.name.removeprefix(f"{sets[arn].name}-") or each.get("principalId")
            groups.setdefault(arn, set()).add(group)
    return {arn: tuple(sorted(names)) for arn, names in sorted(groups.items(), key=lambda item: sets[item[0]].name)}


def trust(account: str) -> Document:
    """The trust policy of such a role."""
    provider = f"arn:aws:iam::{account}:saml-provider/AWSSSO_{'0' * 16}_DO_NOT_DELETE"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
        ],
    }
