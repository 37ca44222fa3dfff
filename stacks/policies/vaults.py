"""What is wrong between backup plans and the locks of the vaults that they write into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.stack_outputs import VaultRules
from shared.units import from_root
from stacks.policies.config import PoliciesConfig
from stacks.policies.effective import air_gapped_vault, copies_of, effective
from stacks.policies.planned import PlannedPolicy
from stacks.policies.policy_types import BACKUP

WITHOUT_AIR_GAPPED = frozenset(
    """
    ap-east-2 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 cn-north-1 cn-northwest-1 mx-central-1
    us-gov-east-1 us-gov-west-1
    """.split()  # noqa: SIM905 - one word a line would be a column
)
"""The regions that have no logically air-gapped vaults, as of 2026:
https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html#lag-compare-and-contrast"""


@dataclass(frozen=True)
class Write:
    """A rule of a plan that writes into a vault. `key` is the rule's element that names the vault, `lifecycle` that of
    what is written, and `where` the path to it within the rule."""

    vault: str
    regions: Sequence[str]
    key: str
    where: str
    lifecycle: Mapping[str, Any]
    only_air_gapped: bool | None = None
    """Whether the vault has to be a logically air-gapped one, or must not be; None: it may."""


def rules_by_name(settings: PoliciesConfig) -> dict[str, VaultRules]:
    """The locks, by the name of the vault."""
    return {name: vault.rules for name, vault in settings.vaults.items()}


def vault_features(settings: PoliciesConfig) -> set[str]:
    """What needed_actions.yaml calls what these vaults need."""
    return {"air-gapped" if vault.logically_air_gapped else "locks" for vault in settings.vaults.values()}


def final(settings: PoliciesConfig, label: str) -> list[str]:
    """One warning for each lock that nobody will be able to take off."""
    return [
        f"{label}: policies:vaults.{name} is locked in compliance mode: from {vault.compliance.changeable_for_days} "
        "days after the lock is made, nobody can change or delete it or what is in the vault, no administrator and "
        "not AWS"
        for name, vault in settings.vaults.items()
        if vault.compliance
    ]


def vault_problems(
    settings: PoliciesConfig, label: str, policies: Sequence[PlannedPolicy], units: Iterable[str] | None
) -> list[str]:
    """What AWS Backup would refuse, when its time comes: each plan by each OU whose accounts it holds for.

    `label` is the configuration file's path. `units` are the OU paths, None if unknown: then only the places are looked
    at that policies name.
    """
    locks = rules_by_name(settings)
    targets = [target for each in policies if each.type == BACKUP for target in each.targets if isinstance(target, str)]
    used: set[str] = set()
    found: dict[str, None] = {}
    for unit in targets if units is None else units:
        for plan, rule, write in _writes(effective(policies, BACKUP, unit)):
            used.add(write.vault)
            source = _source(policies, unit, plan, rule)
            for problem in _problems(write, locks.get(write.vault), label):
                found[f"{source}.{problem}"] = None
    if units is not None:
        for name in sorted(locks.keys() - used):
            found[
                f"{label}: policies:vaults.{name} is no vault that a backup policy writes into; allowed: "
                f"{', '.join(sorted(used)) or 'none, without backup policies'}"
            ] = None
    return list(found)


def _writes(policy: Mapping[str, Any]) -> Iterator[tuple[str, str, Write]]:
    """Plan, rule, and what the rule writes."""
    for plan, content in policy.get("plans", {}).items():
        regions = content.get("regions", [])
        for rule, each in content.get("rules", {}).items():
            lifecycle = each.get("lifecycle", {})
            vault, air_gapped = each.get("target_backup_vault_name"), air_gapped_vault(each)
            if isinstance(vault, str):
                yield plan, rule, Write(vault, regions, "target_backup_vault_name", "", lifecycle, False)
            if air_gapped:
                key = "target_logically_air_gapped_backup_vault_arn"
                yield plan, rule, Write(air_gapped, regions, key, "", lifecycle, True)
            for name, region, action in copies_of(each):
                key = f"copy_actions.{action['target_backup_vault_arn']}"
                # A copy without a lifecycle of its own has that of the backup.
                own = action.get("lifecycle")
                yield plan, rule, Write(name, [region], key, f"{key}." if own else "", own or lifecycle)


def _problems(write: Write, rules: VaultRules | None, label: str) -> Iterator[str]:
    setting = f"policies:vaults.{write.vault} in {label}"
    air_gapped = rules is not None and rules.air_gapped
    if write.only_air_gapped and not air_gapped:
        yield (
            f"{write.key} names the vault {write.vault!r}, which is no logically air-gapped one; allowed: a vault that "
            f"has logicallyAirGapped: true, minRetentionDays and maxRetentionDays in {setting}"
        )
        return
    if write.only_air_gapped is False and air_gapped:
        yield (
            f"{write.key} is {write.vault!r}, a logically air-gapped vault ({setting}); allowed: a backup vault, and "
            "the other one in target_logically_air_gapped_backup_vault_arn"
        )
        return
    if air_gapped:
        for region in sorted(WITHOUT_AIR_GAPPED.intersection(write.regions)):
            yield (
                f"{write.key} is in {region}, where AWS has no logically air-gapped vaults; allowed: other regions "
                f"than {', '.join(sorted(WITHOUT_AIR_GAPPED))}"
            )
    if rules is not None:
        yield from _too_long_or_short(write, rules, setting)


def _too_long_or_short(write: Write, rules: VaultRules, setting: str) -> Iterator[str]:
    least, most = rules.min_retention_days, rules.max_retention_days
    given = write.lifecycle.get("delete_after_days")
    # Without a number, a backup is kept for ever.
    if given is None and most is None:
        return
    if given is not None and least <= int(given) and (most is None or int(given) <= most):
        return
    shown = "is missing, so that the backup is kept for ever" if given is None else f"is {given}"
    allowed = f"{least} or more" if most is None else f"{least} to {most}"
    yield (
        f"{write.where}lifecycle.delete_after_days {shown}, in the locked vault {write.vault!r}; "
        f"allowed: {allowed} ({setting})"
    )


def _source(policies: Sequence[PlannedPolicy], unit: str, plan: str, rule: str) -> str:
    """Where the rule is from: the policy nearest to the OU that has it, and its path there. Names are compared as in an
    effective policy, where they are in lower case."""
    found = f"{unit}: plans.{plan}.rules.{rule}"
    for target in from_root(unit):
        for policy in policies:
            if policy.type == BACKUP and target in policy.targets:
                for plan_name, content in policy.document.get("plans", {}).items():
                    for name in content.get("rules", {}):
                        if (plan_name.lower(), name.lower()) == (plan.lower(), rule.lower()):
                            found = f"{policy.source}: plans.{plan_name}.rules.{name}"
    return found
