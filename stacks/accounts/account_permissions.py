"""The roles that people and automation assume in a member account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import AUTOMATION_ROLE, WORKLOAD, boundary_name
from stacks.accounts.boundaries import boundary


@dataclass(frozen=True)
class AccountPermissionsArgs:
    """`actions` has what each role may do, and `trust_policies` its trust policy as JSON, by role name."""

    account_id: pulumi.Input[str]
    actions: Mapping[str, Sequence[str]]
    trust_policies: Mapping[str, pulumi.Input[str]]
    resource_names_prefix: str


class AccountPermissions(Component):
    """DeveloperRole and AutomationRole. One policy is both the permissions and the permissions boundary of a role.

    A third boundary is for the roles that AutomationRole makes: see `stacks.accounts.boundaries`.
    """

    role_arns: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AccountPermissionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:AccountPermissions", name, opts, formerly="acme:permissions:AccountPermissions")
        self._boundary(WORKLOAD, args.actions[AUTOMATION_ROLE], args)
        self.role_arns = {role: self._role(role, args) for role in args.actions}
        self.register_outputs({"roleArns": self.role_arns})

    def _boundary(self, role: str, actions: Sequence[str], args: AccountPermissionsArgs) -> aws.iam.Policy:
        name = boundary_name(role, args.resource_names_prefix)
        return aws.iam.Policy(
            f"{role}-boundary",
            name=name,
            description=f"The most that {role} and what it makes may do",
            policy=pulumi.Output.from_input(args.account_id).apply(
                lambda account_id: render_iam_policy(
                    name, boundary(role, account_id, args.resource_names_prefix, actions)
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(self, role: str, args: AccountPermissionsArgs) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        most = self._boundary(role, args.actions[role], args)
        made = aws.iam.Role(
            role,
            name=role,
            assume_role_policy=args.trust_policies[role],
            permissions_boundary=most.arn,
            opts=child,
        )
        aws.iam.RolePolicyAttachment(role, role=made.name, policy_arn=most.arn, opts=child)
        return made.arn
