"""Whether the files of an environment fit the setting of IAM Identity Center: its OUs and accounts are there, accounts
have the boundaries of the permission sets that they get, and the organization keeps the trusted access that it works
with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.layers import StackId, discover
from shared.settings.base import Settings
from shared.settings.checks import unknown_units
from stacks.accounts.assignments import reaches, unmade_boundaries
from stacks.accounts.config import AccountsConfig
from stacks.identity.config import IdentityConfig
from stacks.identity.identity_center_config import IdentityCenter
from stacks.org.config import OrgConfig

SERVICE = "sso.amazonaws.com"
"""https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-sso.html"""


def problems(parsed: Mapping[StackId, Settings], root: Path) -> list[str]:
    """One problem for each target or boundary that is not there, and for trusted access that the org layer would take
    away.

    `parsed` has the settings of the files that could be read.
    """
    found: list[str] = []
    for stack, settings in parsed.items():
        if not isinstance(settings, IdentityConfig) or settings.identity_center is None:
            continue
        file, center = stack.config_label, settings.identity_center
        accounts = sorted(each.account for each in discover(stack.environment, root) if each.account)
        found += [
            f"{file}: {key} names the account {name!r}; allowed: {', '.join(accounts) or 'there are no accounts'}"
            for name, key in center.account_targets.items()
            if name not in accounts
        ]
        found += _unmade_boundaries(stack, center, parsed)
        org_stack = StackId("org", stack.environment)
        org = parsed.get(org_stack)
        if not isinstance(org, OrgConfig):
            continue
        found += unknown_units(file, center.unit_targets, org.all_units)
        if org.mode == "create" and SERVICE not in org.trusted_services:
            found.append(
                f"{org_stack.config_label}: org:additionalTrustedServices lacks {SERVICE}, which "
                f"identity:identityCenter needs and a deployment would turn off; allowed: with {SERVICE}"
            )
    return found


def _unmade_boundaries(identity: StackId, center: IdentityCenter, parsed: Mapping[StackId, Settings]) -> list[str]:
    found: list[str] = []
    for stack, account in parsed.items():
        if isinstance(account, AccountsConfig) and stack.environment == identity.environment:
            bounds = {
                each.permission_set: bound
                for each in center.assignments
                if reaches(each.targets, account.organizational_unit, stack.account)
                and (bound := center.permission_sets[each.permission_set].bounded_by)
            }
            found += unmade_boundaries(identity, bounds, stack, account.actions)
    return found
