"""The organization's tag policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from shared.policy_documents.documents import Document
from shared.units import ROOT_UNIT
from stacks.policies.config import TagRule
from stacks.policies.documents import library_document
from stacks.policies.files import library
from stacks.policies.planned import PlannedPolicy, Policies, PoliciesArgs
from stacks.policies.policy_types import TAG

SPELLING = "library/tag/root-spelling"
UNIT_RULES = "library/tag/unit-rules"


def root_tag_policy() -> Document:
    """The policy on the root: the spelling of CostCenter, which no policy below may change."""
    return library_document(SPELLING, {})


def unit_tag_policy(cost_centers: Sequence[str], enforced_for: Sequence[str] | None = ()) -> Document:
    """The policy on an OU: the allowed values of CostCenter, and the spelling of Owner.

    `enforced_for` None means the library's default.
    """
    given = {} if enforced_for is None else {"enforcedFor": list(enforced_for)}
    return library_document(UNIT_RULES, {"costCenters": list(cost_centers), **given})


def planned(rules: Mapping[str, TagRule], source: str, *, at_root: bool = True) -> list[PlannedPolicy]:
    """The policy on the root, unless it is not wanted, and those that `policies:tags` asks for."""
    root = library(SPELLING)
    of_root = PlannedPolicy(root.name, TAG, root_tag_policy(), root.description, (ROOT_UNIT,), source)
    return [
        *([of_root] if at_root else []),
        *(
            PlannedPolicy(
                f"Tags-{path}",
                TAG,
                unit_tag_policy(rule.cost_centers, rule.enforced_for),
                f"Tags of the accounts in {path}",
                (path,),
                f"{source}: policies:tags.{path}",
            )
            for path, rule in rules.items()
        ),
    ]


class TagPolicies(Policies):
    """A policy on the root that sets the spelling of CostCenter, and one per OU with its values and the Owner tag."""

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:TagPolicies", name, args, opts, "acme:policies:TagPolicies")
        self.register_outputs({})
