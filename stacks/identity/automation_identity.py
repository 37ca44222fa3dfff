"""The identity that CI/CD uses."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy, render_trust_policy
from shared.policy_documents.roles import AUTOMATION_IDENTITY, AUTOMATION_ROLE
from stacks.identity.config import Oidc
from stacks.identity.iam_policies import assume_role_policy, web_identity_trust_policy


@dataclass(frozen=True)
class AutomationIdentityArgs:
    """`oidc` is the identity provider to federate with; without it an IAM user is created.

    `force_destroy` lets the user be deleted together with its keys, such as when OIDC takes its place.
    """

    oidc: Oidc | None
    force_destroy: bool = False


class AutomationIdentity(Component):
    """`cicd-automation`, which may assume AutomationRole in every account and nothing else.

    It is an IAM user without an access key, or, with OIDC, a role of the management account that only tokens of the
    identity provider can assume. `arn` is the principal that member accounts trust.
    `provider_arn` is that of the identity provider, None without OIDC.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
    """

    arn: pulumi.Output[str]
    provider_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: AutomationIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:AutomationIdentity", name, opts, formerly="acme:identity:AutomationIdentity")
        child = pulumi.ResourceOptions(parent=self)
        policy_name = f"Assume{AUTOMATION_ROLE}"
        policy = render_iam_policy(policy_name, assume_role_policy(AUTOMATION_ROLE))
        self.provider_arn = None
        if args.oidc is None:
            # None for False: nothing to do for users that were made before there was this setting.
            force_destroy = args.force_destroy or None
            user = aws.iam.User("automation", name=AUTOMATION_IDENTITY, force_destroy=force_destroy, opts=child)
            aws.iam.UserPolicy("assume-automation-role", name=policy_name, user=user.name, policy=policy, opts=child)
            self.arn = user.arn
        else:
            role = self._federated_role(args.oidc, child)
            aws.iam.RolePolicy("assume-automation-role", name=policy_name, role=role.name, policy=policy, opts=child)
            self.arn = role.arn
        self.register_outputs({"arn": self.arn})

    def _federated_role(self, oidc: Oidc, child: pulumi.ResourceOptions) -> aws.iam.Role:
        provider = aws.iam.OpenIdConnectProvider(
            "identity-provider", url=oidc.issuer, client_id_lists=[oidc.audience], opts=child
        )
        self.provider_arn = provider.arn
        return aws.iam.Role(
            "automation",
            name=AUTOMATION_IDENTITY,
            assume_role_policy=provider.arn.apply(
                lambda arn: render_trust_policy(
                    AUTOMATION_IDENTITY,
                    web_identity_trust_policy(arn, oidc.issuer, oidc.audience, oidc.subjects),
                )
            ),
            opts=child,
        )
