"""The roles that people and automation assume in a member account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import AUTOMATION_ROLE, ROLES_PATH, WORKLOAD, boundary_name
from stacks.accounts.boundaries import boundary
from stacks.accounts.role_config import Permissions, is_added


@dataclass(frozen=True)
class AccountPermissionsArgs:
    """`roles` has what each role gets, and `trust_policies` its trust policy as JSON, by role name."""

    account_id: pulumi.Input[str]
    roles: Mapping[str, Permissions]
    trust_policies: Mapping[str, pulumi.Input[str]]
    resource_names_prefix: str


class AccountPermissions(Component):
    """DeveloperRole, AutomationRole and the roles that the configuration adds, each with a permissions boundary.

    One policy is both the permissions and the boundary of a role, unless it has policies that AWS manages.
    A further boundary is for the roles that AutomationRole makes: see `stacks.accounts.boundaries`.
    """

    role_arns: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AccountPermissionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:AccountPermissions", name, opts, formerly="acme:permissions:AccountPermissions")
        self._boundary(WORKLOAD, args.roles[AUTOMATION_ROLE].most, args)
        self.role_arns = {role: self._role(role, args) for role in args.roles}
        self.register_outputs({"roleArns": self.role_arns})

    def _boundary(self, role: str, actions: Sequence[str] | None, args: AccountPermissionsArgs) -> aws.iam.Policy:
        name = boundary_name(role, args.resource_names_prefix)
        return aws.iam.Policy(
            f"{role}-boundary",
            name=name,
            path=_path(role),
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
        gets = args.roles[role]
        most = self._boundary(role, gets.most, args)
        made = aws.iam.Role(
            role,
            name=role,
            path=_path(role),
            assume_role_policy=args.trust_policies[role],
            permissions_boundary=most.arn,
            max_session_duration=gets.session_hours * 3600 if gets.session_hours else None,
            opts=child,
        )
        if not gets.managed_policies:
            aws.iam.RolePolicyAttachment(role, role=made.name, policy_arn=most.arn, opts=child)
        for arn in gets.managed_policies:
            name = arn.partition("/")[2].replace("/", "-")
            aws.iam.RolePolicyAttachment(f"{role}-{name}", role=made.name, policy_arn=arn, opts=child)
        return made.arn


def _path(role: str) -> str | None:
    """The path of what belongs to the role. None for the roles that every account has: nothing changes for them."""
    return ROLES_PATH if role != WORKLOAD and is_added(role) else None
