"""What is wrong with the policies of an environment, before AWS is called: each problem names the file and the key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from shared.errors import DocumentError
from shared.layers import ROOT as REPOSITORY
from shared.layers import StackId
from shared.organization_policies.types import POLICY_TYPES
from shared.settings.checks import unknown_units
from shared.stack_outputs import TagRules
from stacks.policies.config import PoliciesConfig
from stacks.policies.documents import with_organization
from stacks.policies.effective import backup_needs, bucket_backups, tags
from stacks.policies.files import CONTROL, Loaded, kind_of, load
from stacks.policies.limits import check_rendered
from stacks.policies.own_policies import unused
from stacks.policies.plan import Plan, plan
from stacks.policies.planned import PlannedPolicy, target_name
from stacks.policies.policy_types import BACKUP
from stacks.policies.self_harm import Places, self_harm
from stacks.policies.vaults import vault_features, vault_problems

EXAMPLE_ID = "o-a1b2c3d4e5"
"""Stands for the organization's id, in the length that AWS gives it: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html"""


def check_policies(
    stack: StackId,
    settings: PoliciesConfig,
    units: Iterable[str] | None,
    root: Path = REPOSITORY,
    home: str | None = None,
    access_roles: Iterable[str] = (),
) -> list[str]:
    """All that can be said about an environment's policies without AWS, as `problems` has it.

    `units` are the OU paths, None if unknown.
    """
    files, wrong = load(stack.environment, root)
    planned, unmade = plan(settings, stack.config_label, files)
    return [*wrong, *unmade, *problems(stack, settings, files, planned, units, home, access_roles)]


def rules_by_unit(
    environment: str, settings: PoliciesConfig, units: Iterable[str], root: Path = REPOSITORY
) -> tuple[dict[str, TagRules], dict[str, TagRules]]:
    """OU path → the tags that accounts must have, and the values of those that they may have, as far as the files can
    be read."""
    files, _ = load(environment, root)
    planned, _ = plan(settings, "", files)
    return tags(planned.everything, settings.tags, units)


def problems(
    stack: StackId,
    settings: PoliciesConfig,
    files: Sequence[Loaded],
    planned: Plan,
    units: Iterable[str] | None,
    home: str | None,
    access_roles: Iterable[str] = (),
) -> list[str]:
    """What is wrong with policies that can be made.

    `home` is the stacks' region, None if that is wrong. `access_roles` are those that accounts use, if it is known.
    """
    everything = planned.everything
    units = None if units is None else list(units)
    found = list(dict.fromkeys(problem for file in files for problem in unused(file)))
    if units is not None:
        found += unknown_units(stack.config_label, settings.unit_paths, units)
        for file in files:
            found += unknown_units(file.label, _units(file), units)
    for file in files:
        found += _backups_of_accounts(file)
    found += _same_names(everything)
    malformed = [problem for policy in everything for problem in _content_problems(policy, settings)]
    found += [*malformed, *_too_many(everything, settings)]
    if malformed:
        return found
    found += vault_problems(settings, stack.config_label, everything, units)
    if home is None:
        return found
    regions = {
        region
        for unit in units or settings.unit_paths
        for regions in backup_needs(everything, unit).vaults.values()
        for region in regions
    }
    # Those that the guardrails do not exempt are an error of their own.
    used = [role for role in access_roles if role in settings.access_role_names]
    buckets = bucket_backups(everything, units or settings.unit_paths, always=settings.bucket_backups)
    places = Places(
        home,
        regions,
        used or settings.access_role_names,
        each=bool(used),
        features=vault_features(settings) | ({"buckets"} if buckets else set()),
    )
    return found + self_harm(everything, places)


def missing_types(stack: StackId, settings: PoliciesConfig, on: Collection[str]) -> list[str]:
    """One problem for each policy that the configuration asks for and whose type is none of those that are `on`."""
    org = StackId("org", stack.environment).config_label
    planned, _ = plan(settings, stack.config_label, [])
    return [
        f"{policy.source}: policy {policy.name!r} needs the type {policy.type}, which is off; allowed: "
        f"{POLICY_TYPES[policy.type].key} in org:policyTypes in {org}, or org:projectFeatures: true there"
        for policy in planned.everything
        if policy.type not in on
    ]


def _units(file: Loaded) -> dict[str, str]:
    """The OU paths among the targets of a file → the key that names them."""
    return {
        target: f"targets.{number}"
        for number, target in enumerate(file.own.targets)
        if isinstance(target, str) and kind_of(target) == "unit"
    }


def _backups_of_accounts(file: Loaded) -> list[str]:
    """The accounts layer makes the vaults and the role that backups need by OU."""
    if file.type != BACKUP:
        return []
    return [
        f"{file.label}: targets.{number} is the account {target_name(target)!r}; allowed for backup policies: / and OU "
        "paths, whose accounts get the vaults and the role that the policy names"
        for number, target in enumerate(file.own.targets)
        if kind_of(target) == "account"
    ]


def _same_names(policies: Sequence[PlannedPolicy]) -> list[str]:
    found: dict[str, PlannedPolicy] = {}
    wrong = []
    for policy in policies:
        first = found.setdefault(policy.name, policy)
        if first is not policy:
            wrong.append(
                f"{policy.source}: name is {policy.name!r}, which {first.source} has too; "
                "allowed: a name that no other policy has"
            )
    return wrong


def _content_problems(policy: PlannedPolicy, settings: PoliciesConfig) -> list[str]:
    text = with_organization(policy.content, EXAMPLE_ID)
    try:
        check_rendered(policy.name, policy.type, text, settings.limit(policy.type))
    except DocumentError as error:
        return [f"{policy.source}: {error}"]
    return []


def _too_many(policies: Sequence[PlannedPolicy], settings: PoliciesConfig) -> list[str]:
    """More policies of a type than AWS allows on a target, or in the organization."""
    wrong = []
    attached: dict[tuple[str, str], list[PlannedPolicy]] = {}
    for policy in policies:
        for target in policy.targets:
            attached.setdefault((policy.type, target_name(target)), []).append(policy)
    for (policy_type, target), here in attached.items():
        limit, besides = settings.limit(policy_type).max_attached, settings.attached_already(policy_type)
        if len(here) + besides > limit:
            by_aws = " (FullAWSAccess and policies:attachedByOthers)" if policy_type in CONTROL else ""
            wrong.append(
                f"{here[-1].source}: targets: a {POLICY_TYPES[policy_type].title} more than AWS allows on {target!r}: "
                f"{len(here)} ({', '.join(policy.name for policy in here)}) and {besides} besides{by_aws}; "
                f"allowed: {limit}, or what AWS has raised it to in policies:limits"
            )
    for policy_type, number in Counter(policy.type for policy in policies).items():
        limit = settings.limit(policy_type).max_policies
        if number > limit:
            wrong.append(f"{number} policies of type {POLICY_TYPES[policy_type].key}; AWS allows {limit}")
    return wrong
