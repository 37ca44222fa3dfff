"""The roles that people and automation assume in a member account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import AUTOMATION_ROLE, DEVELOPER_ROLE
from stacks.accounts.iam_policies import AUTOMATION_ACTIONS, DEVELOPER_ACTIONS, boundary_policy

ACTIONS = {DEVELOPER_ROLE: DEVELOPER_ACTIONS, AUTOMATION_ROLE: AUTOMATION_ACTIONS}


@dataclass(frozen=True)
class AccountPermissionsArgs:
    """`trust_policies` has each role's trust policy as JSON, by role name. `access_role_names` are those that the
    guardrails exempt."""

    account_id: pulumi.Input[str]
    trust_policies: Mapping[str, pulumi.Input[str]]
    resource_names_prefix: str
    access_role_names: pulumi.Input[Sequence[str]]


class AccountPermissions(Component):
    """DeveloperRole and AutomationRole. One policy is both the permissions and the permissions boundary of a role.

    The boundary prevents privilege escalation: see `stacks.accounts.iam_policies.boundary_policy`.
    """

    role_arns: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AccountPermissionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:AccountPermissions", name, opts, formerly="acme:permissions:AccountPermissions")
        self.role_arns = {role: self._role(role, args) for role in ACTIONS}
        self.register_outputs({"roleArns": self.role_arns})

    def _role(self, role: str, args: AccountPermissionsArgs) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        names = {each: f"{args.resource_names_prefix}{each}Boundary" for each in ACTIONS}
        boundary = aws.iam.Policy(
            f"{role}-boundary",
            name=names[role],
            description=f"The most that {role} and what it makes may do",
            policy=pulumi.Output.all(args.account_id, args.access_role_names).apply(
                lambda known: render_iam_policy(
                    names[role],
                    boundary_policy(known[0], list(names.values()), names[role], known[1], ACTIONS[role]),
                )
            ),
            opts=child,
        )
        made = aws.iam.Role(
            role,
            name=role,
            assume_role_policy=args.trust_policies[role],
            permissions_boundary=boundary.arn,
            opts=child,
        )
        aws.iam.RolePolicyAttachment(role, role=made.name, policy_arn=boundary.arn, opts=child)
        return made.arn
