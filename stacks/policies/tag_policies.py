"""The organization's tag policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from shared.component import Component
from stacks.policies.limits import TAG
from stacks.policies.organization_policy import attached_policy
from stacks.policies.tag_rules import root_tag_policy, unit_tag_policy


@dataclass(frozen=True)
class TagPoliciesArgs:
    """`cost_centers` maps OU paths to the allowed values, `enforced_for` to the resource types on which AWS refuses
    others, `units` to the OUs' ids."""

    root_id: pulumi.Input[str]
    units: Mapping[str, pulumi.Input[str]]
    cost_centers: Mapping[str, list[str]]
    enforced_for: Mapping[str, list[str]]


class TagPolicies(Component):
    """A policy on the root that sets the spelling of CostCenter, and one per OU with its values and the Owner tag."""

    def __init__(self, name: str, args: TagPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:TagPolicies", name, opts, formerly="acme:policies:TagPolicies")
        child = pulumi.ResourceOptions(parent=self)
        attached_policy("RootTags", TAG, root_tag_policy(), "Spelling of CostCenter", {"root": args.root_id}, child)
        for path, values in args.cost_centers.items():
            attached_policy(
                f"Tags-{path}",
                TAG,
                unit_tag_policy(values, args.enforced_for[path]),
                f"Tags of the accounts in {path}",
                {path: args.units[path]},
                child,
            )
        self.register_outputs({})
