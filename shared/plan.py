"""What the layers' outputs mean for one layer: the decisions between configuration and resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import pulumi

from shared.config import AccountsConfig, PoliciesConfig
from shared.config.check import display, unknown_units
from shared.config.program import current_stack, is_secret
from shared.contracts import BackupTargetSpec, IdentityOutputs, OrgOutputs, PoliciesOutputs
from shared.documents.access import trust_policy
from shared.documents.backup import ROLE, VAULT
from shared.documents.limits import DocumentError, render_trust_policy
from shared.documents.tags import TagRules, tag_problems, tag_rules
from shared.upstream import Upstream


def unit_ids(settings: PoliciesConfig, org: Upstream[OrgOutputs]) -> dict[str, pulumi.Output[str]]:
    """The id of every OU that the configuration names.

    Raises `pulumi.RunError` for a path that the organization layer does not export.
    """
    if org.value is not None:
        file = display(current_stack())
        _refuse(unknown_units(file, settings.unit_paths, org.value.organizational_units))
    return {path: _unit_id(path, org) for path in settings.unit_paths}


def _unit_id(path: str, org: Upstream[OrgOutputs]) -> pulumi.Output[str]:
    return org.get(lambda outputs: outputs.organizational_units[path])


def backup_by_unit(settings: PoliciesConfig, units: Iterable[str]) -> Mapping[str, Any]:
    """What each OU needs for its backups, ready to export: a policy on an OU holds for those below it too."""
    backup = settings.backup
    if backup is None:
        return {}
    spec = BackupTargetSpec(
        vault_name=VAULT,
        role_name=ROLE,
        primary_regions=backup.primary_regions,
        copy_region=backup.copy_region,
    ).model_dump(by_alias=True)
    covered = tuple(backup.organizational_units)
    return {unit: spec for unit in units if any(unit == top or unit.startswith(f"{top}/") for top in covered)}


def tag_rules_by_unit(settings: PoliciesConfig, units: Iterable[str]) -> Mapping[str, TagRules]:
    """The tag rules in force in each OU."""
    return tag_rules({path: rule.cost_centers for path, rule in settings.tags.items()}, units)


def check_account(settings: AccountsConfig, org: Upstream[OrgOutputs], policies: Upstream[PoliciesOutputs]) -> None:
    """Raise `pulumi.RunError` when the account's OU does not exist or does not allow its tags."""
    file = display(current_stack())
    unit = settings.organizational_unit
    if org.value is not None:
        named = {unit: "accounts:organizationalUnit"}
        _refuse(unknown_units(file, named, org.value.organizational_units))
    if policies.value is not None:
        rules = policies.value.tag_rules.get(unit, {})
        _refuse([f"{file}: {problem}" for problem in tag_problems(settings.tags, rules)])


def account_email(settings: AccountsConfig) -> pulumi.Input[str]:
    """The account's address, a secret in the state when it is one in the configuration."""
    return pulumi.Output.secret(settings.email) if is_secret("email") else settings.email


def trust_policies(identity: IdentityOutputs) -> Mapping[str, str]:
    """The trust policy of each role, as JSON, for the principals that the identity layer exports.

    Raises `pulumi.RunError` for a role that nobody or everybody may assume.
    """
    policies = {}
    for role, principals in identity.principals.items():
        try:
            policies[role] = render_trust_policy(role, trust_policy(principals, identity.mfa_required[role]))
        except (ValueError, DocumentError) as error:
            raise pulumi.RunError(f"layer identity exports principals of {role} that cannot be used: {error}") from None
    return policies


def backup_of(settings: AccountsConfig, policies: Upstream[PoliciesOutputs]) -> BackupTargetSpec | None:
    """What the backup policy of the account's OU needs; None without one, or while it is not known."""
    if policies.value is None:
        pulumi.log.info("the backup vaults follow from the policies layer and are not in this preview")
        return None
    return policies.value.backup.get(settings.organizational_unit)


def switch_role_link(account_id: str, role: str, display_name: str) -> str:
    """The console link that switches to a role.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html"""
    query = urlencode({"account": account_id, "roleName": role, "displayName": display_name})
    return f"https://signin.aws.amazon.com/switchrole?{query}"


def _refuse(problems: list[str]) -> None:
    if problems:
        raise pulumi.RunError("\n".join(problems))
