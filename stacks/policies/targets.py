"""The ids of what policies are attached to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream
from shared.units import ROOT_UNIT
from stacks.policies.files import AccountTarget, kind_of
from stacks.policies.planned import PlannedPolicy, Target


def target_ids(
    policies: Sequence[PlannedPolicy], org: Upstream[OrgOutputs], accounts: Mapping[str, str]
) -> dict[Target, pulumi.Input[str]]:
    """The id of every target. OU paths and accounts have been checked."""
    return {target: _target_id(target, org, accounts) for policy in policies for target in policy.targets}


def _target_id(target: Target, org: Upstream[OrgOutputs], accounts: Mapping[str, str]) -> pulumi.Input[str]:
    if target == ROOT_UNIT:
        return org.get(lambda outputs: outputs.root_id)
    if isinstance(target, AccountTarget) or kind_of(target) == "account":
        return accounts[target.account if isinstance(target, AccountTarget) else target]
    return org.get(lambda outputs: outputs.organizational_units[target])
