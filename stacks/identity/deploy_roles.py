"""The roles that deploy and preview the layers, in the management account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import Document, render, render_trust_policy
from shared.policy_documents.roles import deploy_role, preview_role
from shared.settings.program import current_stack, refuse
from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream
from stacks.identity import deploy_policies
from stacks.identity.config import Oidc
from stacks.identity.deploy_config import named
from stacks.identity.deploy_state import state_statements
from stacks.identity.deploy_trust import deploy_trust
from stacks.identity.deploy_who import SSO_ROLE, DeployState, LayerName, LayerRoles, Who


@dataclass(frozen=True)
class DeployRolesArgs:
    """`users` has the ARN of each user made here; `provider_arn` is that of the identity provider of `oidc`."""

    roles: Mapping[LayerName, LayerRoles]
    users: Mapping[str, pulumi.Output[str]]
    oidc: Oidc | None
    provider_arn: pulumi.Output[str] | None
    state: DeployState | None
    account_id: pulumi.Output[str]
    organization_id: pulumi.Output[str]
    access_role_names: Sequence[str]


class DeployRoles(Component):
    """For each layer that the configuration names, the role that may deploy it and the one that may only preview it.

    Their permissions are those of `stacks.identity.deploy_policies`. No role that is made here may change one that is
    made here: an administrator does. `accounts_preview_arn` is the role that previews accounts, None without it.
    """

    accounts_preview_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: DeployRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:DeployRoles", name, opts)
        self.accounts_preview_arn = None
        arns = {}
        for layer, kinds in args.roles.items():
            if kinds.deploy:
                arns[deploy_role(layer)] = self._role(deploy_role(layer), layer, "deploy", kinds.deploy, args)
            if kinds.preview:
                made = self._role(preview_role(layer), layer, "preview", kinds.preview, args)
                arns[preview_role(layer)] = made
                if layer == "accounts":
                    self.accounts_preview_arn = made
        self.register_outputs({"arns": arns})

    def _role(self, name: str, layer: str, kind: str, who: Who, args: DeployRolesArgs) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        users = [args.users[person] for person in who.people if person in args.users]
        token = (args.oidc.issuer, args.oidc.audience) if args.oidc else None
        trust = pulumi.Output.all(args.provider_arn or "", *users).apply(
            lambda known: render_trust_policy(name, deploy_trust(who, known[1:], known[0], token))
        )
        made = aws.iam.Role(
            name,
            name=name,
            description=f"May {kind} the layer {layer}" + ("" if kind == "deploy" else " and change nothing"),
            assume_role_policy=trust,
            opts=child,
        )
        for number, group in enumerate(self._groups(name, layer, kind, args), start=1):
            policy = aws.iam.Policy(
                f"{name}{number}",
                name=f"{name}{number}",
                description=f"What {name} may do",
                policy=pulumi.Output.all(args.account_id, args.organization_id).apply(
                    partial(self._filled, group, args.access_role_names)
                ),
                opts=child,
            )
            aws.iam.RolePolicyAttachment(f"{name}{number}", role=made.name, policy_arn=policy.arn, opts=child)
        return made.arn

    def _groups(self, name: str, layer: str, kind: str, args: DeployRolesArgs) -> list[list[Document]]:
        """The statements of each of the role's policies, with their placeholders."""
        statements = deploy_policies.read(layer, kind)["Statement"]
        if args.state:
            statements = [*statements, *state_statements(layer, args.state, write=kind == "deploy")]
        return deploy_policies.packed(name, statements, _values(*_LONGEST, args.access_role_names))

    @staticmethod
    def _filled(group: Sequence[Document], access_role_names: Sequence[str], ids: Sequence[str]) -> str:
        return render(deploy_policies.filled(group, _values(ids[0], ids[1], access_role_names)))


def _values(account: str, organization: str, access_role_names: Sequence[str]) -> dict[str, list[str]]:
    return {"account": [account], "organization": [organization], "access-role": list(access_role_names)}


_LONGEST = ("0" * 12, "o-" + "0" * 32)
"""The ids of account and organization at their longest: how many policies a role has does not depend on them."""


def check_people(roles: Mapping[LayerName, LayerRoles], org: Upstream[OrgOutputs]) -> None:
    """Raise `pulumi.RunError` for a permission set's role of another account than the management account."""
    account = org.known(lambda outputs: outputs.management_account_id)
    if account is None:
        return
    refuse(
        f"{current_stack().config_label}: {key}.people has {person!r}; allowed: roles of the management account, "
        f"{account}"
        for key, who in named(roles)
        for person in who.people
        if (found := SSO_ROLE.match(person)) and found["account"] != account
    )
