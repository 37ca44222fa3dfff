"""The organization's resource control policy: who may reach what is in member accounts.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from shared.component import Component
from shared.policy_documents.documents import Document
from shared.policy_documents.iam import document
from stacks.policies.config import ResourceControl
from stacks.policies.limits import RCP
from stacks.policies.organization_policy import attached_policy

_DATA = ["aoss:*", "dynamodb:*", "ecr:*", "kms:*", "logs:*", "s3:*", "secretsmanager:*", "sqs:*"]
"""The services whose resources a resource control policy guards, besides roles; DynamoDB and logs since early in 2026.
Not Cognito, whose user pools are there for people from outside.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services"""

_ROLES = ["sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"]

_IDENTITY_CENTER = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"
"""The roles of IAM Identity Center, which people assume by SAML."""


def perimeter(organization_id: str, trusted_accounts: Sequence[str], trusted_issuers: Sequence[str]) -> Document:
    """Denies what is in member accounts to everybody but this organization, AWS's services and those trusted.

    Also AWS's services when they act for another organization's resource, and the tokens of other identity providers.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
    """
    hosts = [issuer.removeprefix("https://") for issuer in trusted_issuers]
    ours: Document = {"aws:PrincipalOrgID": organization_id}
    sources: Document = {"aws:SourceOrgID": organization_id}
    if trusted_accounts:
        ours["aws:PrincipalAccount"] = list(trusted_accounts)
        sources["aws:SourceAccount"] = list(trusted_accounts)
    return document(
        _deny(
            "DenyOutsiders",
            [*_DATA, *_ROLES],
            {"StringNotEqualsIfExists": ours, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
        ),
        _deny(
            "DenyServicesForOutsiders",
            [*_DATA, "sts:*"],
            {
                "StringNotEqualsIfExists": sources,
                "Null": {"aws:SourceAccount": "false"},
                "Bool": {"aws:PrincipalIsAWSService": "true"},
            },
        ),
        _deny(
            "DenyOtherIssuers",
            ["sts:AssumeRoleWithWebIdentity"],
            # A token has the keys of its own issuer alone.
            {"Null": {f"{host}:aud": "true" for host in hosts}} if hosts else None,
        ),
        {**_deny("DenySaml", ["sts:AssumeRoleWithSAML"], None, "NotResource"), "NotResource": _IDENTITY_CENTER},
    )


def _deny(sid: str, actions: list[str], condition: Document | None, resource: str = "Resource") -> Document:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions, resource: "*"}
    return {**statement, "Condition": condition} if condition else statement


@dataclass(frozen=True)
class ResourceControlPoliciesArgs:
    """The root and the organization that the policy names."""

    root_id: pulumi.Input[str]
    organization_id: pulumi.Input[str]
    control: ResourceControl


class ResourceControlPolicies(Component):
    """The perimeter around all member accounts."""

    def __init__(
        self, name: str, args: ResourceControlPoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("policies:ResourceControlPolicies", name, opts)
        control = args.control
        attached_policy(
            "Perimeter",
            RCP,
            pulumi.Output.from_input(args.organization_id).apply(
                lambda id_: perimeter(id_, control.trusted_accounts, control.trusted_issuers)
            ),
            "Who may reach what is in member accounts",
            {"root": args.root_id},
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
