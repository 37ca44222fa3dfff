"""The organization's resource control policy: who may reach what is in member accounts.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from shared.policy_documents.documents import Document
from shared.units import ROOT_UNIT
from stacks.policies.config import ResourceControl
from stacks.policies.documents import library_document
from stacks.policies.files import library
from stacks.policies.planned import PlannedPolicy, Policies, PoliciesArgs
from stacks.policies.policy_types import RCP

PERIMETER = "library/resource-control/perimeter"


def perimeter(trusted_accounts: Sequence[str], trusted_issuers: Sequence[str]) -> Document:
    """Denies what is in member accounts to everybody but this organization, AWS's services and those trusted."""
    given = {"trustedAccounts": list(trusted_accounts), "trustedIssuers": list(trusted_issuers)}
    return library_document(PERIMETER, given)


def planned(settings: ResourceControl, source: str) -> list[PlannedPolicy]:
    """The policy that `policies:resourceControl` asks for."""
    policy = library(PERIMETER)
    return [
        PlannedPolicy(
            policy.name,
            RCP,
            perimeter(settings.trusted_accounts, settings.trusted_issuers),
            policy.description,
            (ROOT_UNIT,),
            f"{source}: policies:resourceControl",
        )
    ]


class ResourceControlPolicies(Policies):
    """The perimeter around all member accounts."""

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:ResourceControlPolicies", name, args, opts)
        self.register_outputs({})
