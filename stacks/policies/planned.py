"""A policy as it will be in AWS, before it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import Document, render
from stacks.policies.documents import needs_organization, with_organization
from stacks.policies.files import AccountTarget

Target = str | AccountTarget
"""The root (`/`), an OU by its path, an account by its id or name."""


@dataclass(frozen=True)
class PlannedPolicy:
    """A policy and its targets. `source` is where it comes from, as messages show it: a file, and a key in it."""

    name: str
    type: str
    document: Document
    description: str
    targets: tuple[Target, ...]
    source: str
    may_break_deployment: bool = False
    """Whether its file says that the accounts under it need not be deployed any more."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags of the policy itself."""

    @property
    def content(self) -> str:
        """The text that AWS gets. The organization's id is still a place in it."""
        return render(self.document)


@dataclass(frozen=True)
class PoliciesArgs:
    """`targets` maps the target of each policy to its id."""

    policies: Sequence[PlannedPolicy]
    targets: Mapping[Target, pulumi.Input[str]]
    organization_id: pulumi.Input[str]


class Policies(Component):
    """Policies and their attachments. Each kind of them has a class of its own, for the type in the state."""

    def __init__(
        self, kind: str, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None, formerly: str | None = None
    ) -> None:
        super().__init__(kind, name, opts, formerly=formerly)
        child = pulumi.ResourceOptions(parent=self)
        self.ids = {policy.name: _attached(policy, args, child) for policy in args.policies}


def _attached(policy: PlannedPolicy, args: PoliciesArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """https://www.pulumi.com/registry/packages/aws/api-docs/organizations/policyattachment/"""
    content: pulumi.Input[str] = policy.content
    if needs_organization(policy.content):
        content = pulumi.Output.from_input(args.organization_id).apply(partial(with_organization, policy.content))
    made = aws.organizations.Policy(
        policy.name,
        name=policy.name,
        type=policy.type,
        content=content,
        description=policy.description,
        tags=dict(policy.tags) or None,
        opts=opts,
    )
    for target in policy.targets:
        aws.organizations.PolicyAttachment(
            f"{policy.name}-{target_name(target)}", policy_id=made.id, target_id=args.targets[target], opts=opts
        )
    return made.id


def target_name(target: Target) -> str:
    """A target as the names of resources have it."""
    if isinstance(target, AccountTarget):
        return target.account
    return "root" if target == "/" else target
