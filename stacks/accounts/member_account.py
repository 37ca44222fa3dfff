"""A member account, and the AWS provider that works in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.roles import role_arn
from shared.settings.program import current_stack


@dataclass(frozen=True)
class MemberAccountArgs:
    """`tags` are set on the account and on everything that its provider creates.

    AWS makes `access_role_name` in a new account; the provider assumes `inside_role_name`, with the credentials of
    `profile` and, one after the other, those of `roles`, or with what the surroundings give.
    """

    name: str
    email: pulumi.Input[str]
    unit_id: pulumi.Input[str]
    access_role_name: str
    inside_role_name: str
    region: str
    tags: Mapping[str, str]
    protect: bool
    close_on_deletion: bool
    profile: str | None = None
    roles: Sequence[aws.ProviderAssumeRoleArgs] = ()


def own_credentials() -> tuple[str | None, list[aws.ProviderAssumeRoleArgs]]:
    """`aws:profile` and the roles of `aws:assumeRoles`, which a provider that a program makes does not have by itself.

    https://www.pulumi.com/docs/iac/concepts/providers/#explicit-provider-configuration
    """
    config = pulumi.Config("aws")
    given: list[Mapping[str, Any]] = config.get_object("assumeRoles") or []
    roles = [
        aws.ProviderAssumeRoleArgs(
            **{re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): role[key] for key in role}
        )
        for role in given
    ]
    return config.get("profile"), roles


class MemberAccount(Component):
    """The account, and a provider that assumes a role in it and may not work in any other account.

    The account is never replaced: that would make a new one, and close the old one or let it leave.
    https://www.pulumi.com/registry/packages/aws/api-docs/organizations/account/
    """

    account_id: pulumi.Output[str]
    inside: aws.Provider

    def __init__(self, name: str, args: MemberAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:MemberAccount", name, opts, formerly="acme:accounts:MemberAccount")
        account = aws.organizations.Account(
            name,
            name=args.name,
            email=args.email,
            parent_id=args.unit_id,
            role_name=args.access_role_name,
            close_on_deletion=args.close_on_deletion,
            tags=dict(args.tags),
            # AWS does not return the role's name, and changes an address only by a code that it sends: another one here
            # would replace the account.
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, ignore_changes=["roleName", "email"]),
        )
        pulumi.Output.all(account.email, args.email).apply(lambda both: warn_of_another_address(account, *both))
        self.account_id = account.id
        self.inside = aws.Provider(
            f"{name}-inside",
            region=args.region,
            allowed_account_ids=[account.id],
            profile=args.profile,
            assume_roles=[
                *args.roles,
                aws.ProviderAssumeRoleArgs(
                    role_arn=account.id.apply(lambda id_: role_arn(id_, args.inside_role_name)),
                    session_name="pulumi",
                ),
            ],
            default_tags=aws.ProviderDefaultTagsArgs(tags=dict(args.tags)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"accountId": self.account_id})


def warn_of_another_address(account: pulumi.Resource, deployed: str, configured: str) -> None:
    """Warn if the account keeps another address than the configured one. Addresses may be secret."""
    if deployed.lower() != configured.lower():
        stack = current_stack()
        pulumi.log.warn(
            f"{stack.config_label}: accounts:email is not the address of the account, which keeps its own: AWS cannot "
            "change it by a deployment; allowed: the account's address, or, to change it: "
            f"invoke change-email {stack.account} ADDRESS --env {stack.environment}",
            resource=account,
        )
