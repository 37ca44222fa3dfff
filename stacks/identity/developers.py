"""The people who work in member accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import DEVELOPER_ROLE, DEVELOPERS_GROUP, ENROLMENT_GROUP
from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream
from stacks.identity.iam_policies import (
    ENROL_MFA,
    assume_role_policy,
    mfa_enrolment_policy,
    permission_set_roles,
    self_service_mfa_policy,
)


@dataclass(frozen=True)
class DevelopersArgs:
    """`users` are created here. Without users only the group is created, and SSO or HR tooling adds its members.

    Those in `mfa_enrolment` may enrol an MFA device without having signed in with one; only with `self_service_mfa`.
    """

    users: Sequence[str]
    require_mfa: bool
    self_service_mfa: bool
    mfa_enrolment: Sequence[str]
    force_destroy_users: bool


class Developers(Component):
    """The group `developers`, which may assume DeveloperRole in every account, and its users.

    Who has no MFA device yet is in the group `mfa-enrolment` besides: a group, because whoever may write the policy
    of a user may give that user everything.

    The users get no console password and no access key.
    """

    group: pulumi.Output[str]
    enrolment_group: pulumi.Output[str] | None
    user_names: list[pulumi.Output[str]]
    user_arns: list[pulumi.Output[str]]

    def __init__(self, name: str, args: DevelopersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:Developers", name, opts, formerly="acme:identity:Developers")
        child = pulumi.ResourceOptions(parent=self)
        group = aws.iam.Group("developers", name=DEVELOPERS_GROUP, opts=child)
        self.group, self.enrolment_group = group.name, None
        aws.iam.GroupPolicy(
            "assume-developer-role",
            name=f"Assume{DEVELOPER_ROLE}",
            group=group.name,
            policy=render_iam_policy(f"Assume{DEVELOPER_ROLE}", assume_role_policy(DEVELOPER_ROLE, args.require_mfa)),
            opts=child,
        )
        if args.self_service_mfa:
            aws.iam.GroupPolicy(
                "self-service-mfa",
                name="SelfServiceMfa",
                group=group.name,
                policy=render_iam_policy("SelfServiceMfa", self_service_mfa_policy()),
                opts=child,
            )
            enrolling = aws.iam.Group(ENROLMENT_GROUP, name=ENROLMENT_GROUP, opts=child)
            self.enrolment_group = enrolling.name
            aws.iam.GroupPolicy(
                "enrol-mfa",
                name=ENROL_MFA,
                group=enrolling.name,
                policy=render_iam_policy(ENROL_MFA, mfa_enrolment_policy()),
                opts=child,
            )
        self.user_names, self.user_arns = [], []
        for user_name in args.users:
            user = aws.iam.User(user_name, name=user_name, force_destroy=args.force_destroy_users, opts=child)
            groups = [group.name, *([enrolling.name] if user_name in args.mfa_enrolment else [])]
            aws.iam.UserGroupMembership(user_name, user=user.name, groups=groups, opts=child)
            self.user_names.append(user.name)
            self.user_arns.append(user.arn)
        self.register_outputs({"userArns": self.user_arns})


def account_principal(org: Upstream[OrgOutputs]) -> pulumi.Output[str]:
    """The management account as a principal. The account decides with its own IAM policies who may assume the role."""
    return org.get(lambda o: f"arn:aws:iam::{o.management_account_id}:root")


def permission_set_people(
    permission_sets: Mapping[str, Sequence[str]], org: Upstream[OrgOutputs]
) -> Mapping[str, pulumi.Output[list[str]]]:
    """Which roles of IAM Identity Center may assume which role. `permission_sets` has the role's sets."""
    return {role: _roles_of(sets, org) for role, sets in permission_sets.items()}


def _roles_of(permission_sets: Sequence[str], org: Upstream[OrgOutputs]) -> pulumi.Output[list[str]]:
    return org.get(
        lambda o: [arn for each in permission_sets for arn in permission_set_roles(o.management_account_id, each)]
    )
