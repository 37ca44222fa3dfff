"""What follows from all policies together for the accounts of each OU: what their backups need, and their tags.

Both are exported, because the accounts layer makes the vaults and roles, and checks the tags, before AWS does anything
with the policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.organization_policies.inheritance import effective_policy
from shared.policy_documents.documents import Document
from shared.stack_outputs import ANY_VALUE, BackupTargetSpec, BackupVaults, TagRules
from shared.units import ROOT_UNIT, from_root
from stacks.policies.planned import PlannedPolicy
from stacks.policies.policy_types import BACKUP, TAG
from stacks.policies.tag_rules import required_tags

_VAULT = re.compile(r"arn:aws[a-z-]*:backup:(?P<region>[a-z0-9-]+):\$account:backup-vault:(?P<vault>[A-Za-z0-9_-]+)\Z")
"""A vault of the account itself. Those of other accounts are there already."""

_AIR_GAPPED = re.compile(r"arn:aws[a-z-]*:backup:\$region:\$account:backup-vault:(?P<vault>[A-Za-z0-9_-]+)\Z")
"""The logically air-gapped vault that a rule backs up into, beside its backup vault."""

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\$account:role/(?P<role>[A-Za-z0-9+=,.@_-]+)\Z")
"""A role of the account, without a path: AWS makes `service-role/AWSBackupDefaultServiceRole` itself."""


def effective(policies: Sequence[PlannedPolicy], policy_type: str, unit: str) -> dict[str, Any]:
    """The effective policy of the accounts in an OU, or in the root."""
    return effective_policy([_attached(policies, policy_type, each) for each in from_root(unit)])


def _attached(policies: Sequence[PlannedPolicy], policy_type: str, target: str) -> list[Document]:
    return [each.document for each in policies if each.type == policy_type and target in each.targets]


@dataclass
class BackupNeeds:
    """Which vaults and roles the backups of an account need: (vault, role) → regions."""

    main: BackupTargetSpec | None = None
    vaults: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, vault: str, role: str, regions: Iterable[str]) -> None:
        """Another vault, where it is not yet."""
        known = self.vaults.setdefault((vault, role), [])
        known += [region for region in dict.fromkeys(regions) if region not in known]

    @property
    def more(self) -> list[BackupVaults]:
        """What `main` does not say."""
        found = []
        for (vault, role), regions in self.vaults.items():
            said = self.main and (vault, role) == (self.main.vault_name, self.main.role_name)
            left = [region for region in regions if not (said and self.main and region in self.main.regions)]
            if left:
                found.append(BackupVaults(vault_name=vault, role_name=role, regions=left))
        return found


def backup_needs(policies: Sequence[PlannedPolicy], unit: str) -> BackupNeeds:
    """What the backups of the accounts in an OU need there."""
    found = BackupNeeds()
    for plan in effective(policies, BACKUP, unit).get("plans", {}).values():
        regions = plan.get("regions", [])
        for role in _roles(plan):
            for rule in plan.get("rules", {}).values():
                vault = rule.get("target_backup_vault_name")
                if not isinstance(vault, str):
                    continue
                copies = [(name, region) for name, region, _ in copies_of(rule)]
                if found.main is None and [name for name, _ in copies] == [vault]:
                    found.main = BackupTargetSpec(
                        vault_name=vault, role_name=role, primary_regions=regions, copy_region=copies[0][1]
                    )
                found.add(vault, role, regions)
                if air_gapped := air_gapped_vault(rule):
                    found.add(air_gapped, role, regions)
                for name, region in copies:
                    found.add(name, role, [region])
    return found


def _roles(plan: Mapping[str, Any]) -> list[str]:
    selections = plan.get("selections", {})
    arns = [
        each.get("iam_role_arn", "") for kind in ("tags", "resources") for each in selections.get(kind, {}).values()
    ]
    return list(dict.fromkeys(match["role"] for match in map(_ROLE.match, arns) if match))


def copies_of(rule: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The vaults of the account that copies go to, each with its region and its copy action."""
    for each in rule.get("copy_actions", {}).values():
        if match := _VAULT.match(each.get("target_backup_vault_arn", "")):
            yield match["vault"], match["region"], each


def air_gapped_vault(rule: Mapping[str, Any]) -> str | None:
    """The name of the logically air-gapped vault of a rule; None if it has none."""
    match = _AIR_GAPPED.match(rule.get("target_logically_air_gapped_backup_vault_arn", ""))
    return match["vault"] if match else None


def backups(policies: Sequence[PlannedPolicy], units: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ready to export: OU path, or the root → what its backups need, and what they need besides."""
    main, more = {}, {}
    for unit in (ROOT_UNIT, *units):
        needs = backup_needs(policies, unit)
        if needs.main:
            main[unit] = needs.main.model_dump(by_alias=True)
        if needs.more:
            more[unit] = [each.model_dump(by_alias=True) for each in needs.more]
    return main, more


def bucket_backups(
    policies: Sequence[PlannedPolicy], units: Iterable[str], always: bool = False
) -> dict[str, list[str]]:
    """Ready to export: OU path, or the root → the roles whose plans back up S3 buckets. `always`: all plans do."""
    found = {}
    for unit in (ROOT_UNIT, *units):
        plans = effective(policies, BACKUP, unit).get("plans", {}).values()
        roles = [role for plan in plans if always or _names_buckets(plan) for role in _roles(plan)]
        if roles:
            found[unit] = list(dict.fromkeys(roles))
    return found


def _names_buckets(plan: Mapping[str, Any]) -> bool:
    """Whether a plan says that it is about S3. One that selects by tag alone takes buckets too, if they are tagged and
    somebody has opted in to S3; nothing in it says so, unless its backups are continuous, which few services have.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
    """
    named = [
        *(types for each in _each(plan, "selections", "resources") for types in each.get("resource_types", [])),
        *plan.get("scan_settings", {}).get("guardduty", {}).get("resource_types", []),
        *(kind for rule in _each(plan, "rules") for kind in rule.get("index_actions", {}).get("resource_types", [])),
    ]
    continuous = any(str(rule.get("enable_continuous_backup")).lower() == "true" for rule in _each(plan, "rules"))
    return continuous or "s3" in plan.get("advanced_backup_settings", {}) or any(map(_is_bucket, named))


def _each(plan: Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    found: Any = plan
    for key in path:
        found = found.get(key, {})
    return list(found.values())


def _is_bucket(named: str) -> bool:
    return named in ("*", "ALL", "S3") or re.fullmatch(r"arn:aws[a-z-]*:s3:::\*", named) is not None


def tags(
    policies: Sequence[PlannedPolicy], units_with_rules: Iterable[str], units: Iterable[str]
) -> tuple[dict[str, TagRules], dict[str, TagRules]]:
    """Ready to export: OU path, or the root → the tags that its accounts must have, and the values of those that they
    may have. Every OU has an entry, the root only where there is something to say.

    Where `policies:tags` has rules (`units_with_rules`) and below, accounts must have its tags. A tag policy in a file
    requires those of which it reports the lack.
    """
    units = list(units)
    required = required_tags(units_with_rules, units)
    must: dict[str, TagRules] = {}
    may: dict[str, TagRules] = {}
    for unit in (ROOT_UNIT, *units):
        must[unit] = {}
        for rule in effective(policies, TAG, unit).get("tags", {}).values():
            key, values = rule["tag_key"], rule.get("tag_value")
            if key in required.get(unit, ()) or rule.get("report_required_tag_for"):
                must[unit][key] = ANY_VALUE if values is None else values
            elif values is not None:
                may.setdefault(unit, {})[key] = values
    if not must[ROOT_UNIT]:
        del must[ROOT_UNIT]
    return must, may
