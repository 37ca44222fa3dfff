"""What the outputs of the organization layer mean for the policies layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from shared.policy_documents.roles import BACKUP_ROLE
from shared.settings.checks import unknown_units
from shared.settings.program import current_stack, refuse
from shared.stack_outputs import BackupTargetSpec, OrgOutputs, TagRules
from shared.stack_references import Upstream
from stacks.policies.backup_plan import VAULT
from stacks.policies.config import PoliciesConfig
from stacks.policies.tag_rules import tag_rules


def unit_ids(settings: PoliciesConfig, org: Upstream[OrgOutputs]) -> dict[str, pulumi.Output[str]]:
    """OU path → id, for every OU in the configuration.

    Raises `pulumi.RunError` for a path that the organization layer does not export.
    """
    units = org.known(lambda outputs: list(outputs.organizational_units))
    if units is not None:
        refuse(unknown_units(current_stack().config_label, settings.unit_paths, units))
    return {path: _unit_id(path, org) for path in settings.unit_paths}


def _unit_id(path: str, org: Upstream[OrgOutputs]) -> pulumi.Output[str]:
    return org.get(lambda outputs: outputs.organizational_units[path])


def backup_by_unit(settings: PoliciesConfig, units: Iterable[str]) -> Mapping[str, Any]:
    """OU path → what its backups need, ready to export. A policy on an OU also applies to the OUs below it."""
    backup = settings.backup
    if backup is None:
        return {}
    spec = BackupTargetSpec(
        vault_name=VAULT,
        role_name=BACKUP_ROLE,
        primary_regions=backup.primary_regions,
        copy_region=backup.copy_region,
    ).model_dump(by_alias=True)
    covered = tuple(backup.organizational_units)
    return {unit: spec for unit in units if any(unit == top or unit.startswith(f"{top}/") for top in covered)}


def tag_rules_by_unit(settings: PoliciesConfig, units: Iterable[str]) -> Mapping[str, TagRules]:
    """OU path → its effective tag rules, ready to export."""
    return tag_rules({path: rule.cost_centers for path, rule in settings.tags.items()}, units)
