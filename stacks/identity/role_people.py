"""Groups of IAM Identity Center that may assume the roles which the configuration adds.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render
from stacks.identity.iam_policies import assume_role_policy
from stacks.identity.identity_center import Instance
from stacks.identity.role_who import permission_set_of


@dataclass(frozen=True)
class RolePeopleArgs:
    """`groups` has the name of the role's group, by role name. `group_ids` has the groups' ids, by name."""

    groups: Mapping[str, str]
    group_ids: Mapping[str, pulumi.Output[str]]
    instance: Instance
    management_account_id: pulumi.Input[str]


class RolePeople(Component):
    """A permission set for each role, which its group has in the management account, as IAM users have their groups.

    It may assume its role in every account of the organization, and nothing else: this one statement is all of its
    permissions. So it needs no boundary, and the accounts' boundaries are not in the management account.
    """

    def __init__(self, name: str, args: RolePeopleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:RolePeople", name, opts)
        child = pulumi.ResourceOptions(parent=self)
        where: dict[str, Any] = {"instance_arn": args.instance.arn, "region": args.instance.region}
        for role, group in args.groups.items():
            set_name = permission_set_of(role)
            made = aws.ssoadmin.PermissionSet(
                set_name,
                name=set_name,
                description=f"Assumes {role} in the accounts",
                session_duration="PT1H",
                opts=child,
                **where,
            )
            allowed = aws.ssoadmin.PermissionSetInlinePolicy(
                set_name,
                permission_set_arn=made.arn,
                # Sessions of Identity Center carry no MFA: it was asked for at the sign-in.
                inline_policy=render(assume_role_policy(role)),
                opts=child,
                **where,
            )
            aws.ssoadmin.AccountAssignment(
                f"{set_name}-{group}",
                permission_set_arn=made.arn,
                principal_type="GROUP",
                principal_id=args.group_ids[group],
                target_type="AWS_ACCOUNT",
                target_id=args.management_account_id,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
                **where,
            )
        self.register_outputs({})
