"""Who may assume the roles that the configuration adds: groups with their users, and roles for tokens of CI jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy, render_trust_policy
from shared.policy_documents.roles import DEVELOPERS_GROUP, ROLES_PATH, sign_in_role
from stacks.identity.config import Oidc
from stacks.identity.developers import Developers
from stacks.identity.iam_policies import assume_role_policy, self_service_mfa_policy, web_identity_trust_policy
from stacks.identity.role_who import RoleWho, group_of


@dataclass(frozen=True)
class RolesArgs:
    """`users` are the developers by name; `developers` has their groups. Users in `mfa_enrolment` may enrol their first
    MFA device. `account` is the management account as a principal; `trusts_users` says that roles trust each user."""

    roles: Mapping[str, RoleWho]
    developers: Developers
    users: Sequence[str]
    account: pulumi.Output[str]
    trusts_users: bool
    self_service_mfa: bool
    mfa_enrolment: Sequence[str]
    force_destroy_users: bool
    oidc: Oidc | None
    provider_arn: pulumi.Output[str] | None


class Roles(Component):
    """For people a group each, which may assume its role and nothing else; for tokens a role of this account that may.

    Users that are no developers are made here, without a password or an access key. `principals` has by role whom the
    accounts trust.
    """

    principals: dict[str, list[pulumi.Input[str]]]

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:Roles", name, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._args = args
        groups = {role: self._group(role, who) for role, who in args.roles.items() if who.has_group}
        arns = {
            **dict(zip(args.users, args.developers.user_arns, strict=True)),
            **self._users({role: group for role, group in groups.items() if group is not None}),
        }
        self.principals = {}
        for role, who in args.roles.items():
            if who.oidc_subjects:
                self.principals[role] = [self._sign_in(role, who)]
            elif not who.has_group:
                self.principals[role] = []
            elif not args.trusts_users:
                self.principals[role] = [args.account]
            elif who.group == DEVELOPERS_GROUP:
                self.principals[role] = list(args.developers.user_arns)
            else:
                # Without users here, others add the members, and the group decides.
                self.principals[role] = [arns[user] for user in who.users] or [args.account]
        self.register_outputs({"principals": self.principals})

    def _group(self, role: str, who: RoleWho) -> pulumi.Output[str] | None:
        """The group's name; None for a group whose members are others': that of the developers, or one of others."""
        args = self._args
        made, group = None, pulumi.Output.from_input(who.existing_group or "")
        if who.group == DEVELOPERS_GROUP:
            group = args.developers.group
        elif not who.existing_group:
            made = aws.iam.Group(role, name=group_of(role, who), path=ROLES_PATH, opts=self._child)
            group = made.name
        policy = f"Assume{role}"
        aws.iam.GroupPolicy(
            f"assume-{role}",
            name=policy,
            group=group,
            policy=render_iam_policy(policy, assume_role_policy(role, who.require_mfa is not False)),
            opts=self._child,
        )
        if not made:
            return None
        if args.self_service_mfa:
            aws.iam.GroupPolicy(
                f"self-service-mfa-{role}",
                name="SelfServiceMfa",
                group=group,
                policy=render_iam_policy("SelfServiceMfa", self_service_mfa_policy()),
                opts=self._child,
            )
        return group

    def _users(self, groups: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
        """The ARNs of the users that are made here. Every user of a role is put into its group."""
        args = self._args
        names = dict.fromkeys(user for role in groups for user in args.roles[role].users)
        developers = dict(zip(args.users, args.developers.user_names, strict=True))
        arns = {}
        for name in names:
            its = [group for role, group in groups.items() if name in args.roles[role].users]
            user = developers.get(name)
            if user is None:
                made = aws.iam.User(name, name=name, force_destroy=args.force_destroy_users, opts=self._child)
                user, arns[name] = made.name, made.arn
                if name in args.mfa_enrolment and args.developers.enrolment_group is not None:
                    its.append(args.developers.enrolment_group)
            aws.iam.UserGroupMembership(f"roles-of-{name}", user=user, groups=its, opts=self._child)
        return arns

    def _sign_in(self, role: str, who: RoleWho) -> pulumi.Output[str]:
        """The role that the tokens sign in to. Returns its ARN."""
        oidc, provider = self._args.oidc, self._args.provider_arn
        if oidc is None or provider is None:
            raise TypeError(f"{role} has subjects without an identity provider, which the configuration does not allow")
        name = sign_in_role(role)
        made = aws.iam.Role(
            name,
            name=name,
            path=ROLES_PATH,
            assume_role_policy=provider.apply(
                lambda arn: render_trust_policy(
                    name, web_identity_trust_policy(arn, oidc.issuer, oidc.audience, who.oidc_subjects)
                )
            ),
            opts=self._child,
        )
        policy = f"Assume{role}"
        document = render_iam_policy(policy, assume_role_policy(role))
        aws.iam.RolePolicy(f"assume-{role}", name=policy, role=made.name, policy=document, opts=self._child)
        return made.arn
