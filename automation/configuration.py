"""Checks the configuration files of an environment before any engine is started. Each file is read once."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from automation import identity_center, management_account, unique_names
from automation.stack_files import Raw, misnamed, of_each_account, read_raw, unknown_keys
from shared.errors import ConfigError
from shared.layers import ROOT, StackId, discover
from shared.policy_files import needed_types
from shared.settings.base import Settings, nullable, parse
from shared.settings.checks import check_region, unknown_units
from shared.settings.fields import ACCESS_ROLE, ACCESS_ROLES
from shared.stack_outputs import TagRules
from shared.units import ROOT_UNIT, from_root
from stacks.accounts.checks import nobodys_roles, not_exempt, tag_problems, unknown_profiles
from stacks.accounts.config import AccountsConfig
from stacks.accounts.profiles import Effective, Profiles, read_profiles
from stacks.identity.config import IdentityConfig
from stacks.org.config import OrgConfig
from stacks.policies.checks import check_policies, missing_types, rules_by_unit
from stacks.policies.config import PoliciesConfig

MODELS: dict[str, type[Settings]] = {
    "org": OrgConfig,
    "identity": IdentityConfig,
    "policies": PoliciesConfig,
    "accounts": AccountsConfig,
}

Read = Callable[[StackId], Raw]
ReadProfiles = Callable[[str], Profiles]


def check(stacks: Iterable[StackId], root: Path = ROOT) -> None:
    """Check the files of `stacks` and of the stacks that they read, and the rules between the files.

    Raises `ConfigError` with all problems. Values encrypted with `pulumi config set --secret` cannot be read here; the
    program checks them when it runs.
    """

    @cache
    def read(stack: StackId) -> Raw:
        return read_raw(stack, root)

    @cache
    def profiles(environment: str) -> Profiles:
        return read_profiles(environment, root)

    problems: list[str] = []
    parsed: dict[StackId, Settings] = {}
    chosen = set(stacks)
    checked = sorted(chosen.union(*(each.upstream() for each in chosen)))
    for stack in checked:
        try:
            settings = settings_of(stack, read, profiles)
        except ConfigError as error:
            problems += error.problems
        else:
            if settings is not None:
                parsed[stack] = settings
    problems += _cross_check(parsed, root, read, lambda stack: effective(stack, read, profiles))
    problems += identity_center.problems(parsed, root)
    problems += management_account.problems(checked, lambda stack: read(stack)[0], root)
    for environment in sorted({stack.environment for stack in chosen if stack.layer in ("accounts", "policies")}):
        accounts = [each for each in discover(environment, root) if each.account]
        problems += unique_names.problems(environment, accounts, lambda stack: read(stack)[0], root)
        exempt = _exempt_roles(StackId("policies", environment), read)
        problems += _unknown_access_roles(accounts, exempt, lambda stack: effective(stack, read, profiles))
    for environment in sorted({stack.environment for stack in chosen}):
        problems += misnamed(environment, root)
        problems += _wrong_profiles(environment, parsed.get(StackId("org", environment)), profiles)
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def settings_of(stack: StackId, read: Read, profiles: ReadProfiles = read_profiles) -> Settings | None:
    """The settings in a stack's file, those of an account with what its profiles have; None if an encrypted value
    prevents a complete check."""
    raw, has_secrets = read(stack)
    name = stack.config_label
    if unknown := unknown_keys(raw, stack):
        raise ConfigError(unknown)
    check_region(raw.get("aws:region"), name)
    if has_secrets:
        return None
    model = MODELS[stack.layer]
    found = effective(stack, read, profiles) if stack.account else None
    own = found.values if found else _own(stack, raw)
    # The engine writes null as an empty text when it adds a key of its own to the file.
    own = {key: None if value == "" and nullable(model, key) else value for key, value in own.items()}
    try:
        return parse(model, stack.layer, own, name)
    except ConfigError as error:
        raise ConfigError(map(found.explained, error.problems) if found else error.problems) from None


def effective(stack: StackId, read: Read, profiles: ReadProfiles) -> Effective:
    """What an account gets from its profiles and its own file, as it is there. Raises `ConfigError`."""
    return profiles(stack.environment).effective(_own(stack, read(stack)[0]), stack.config_label)


def _own(stack: StackId, raw: dict[str, Any]) -> dict[str, Any]:
    """The keys of the stack's layer, without its name."""
    prefix = f"{stack.layer}:"
    return {key[len(prefix) :]: value for key, value in raw.items() if key.startswith(prefix)}


def _wrong_profiles(environment: str, org: Settings | None, profiles: ReadProfiles) -> list[str]:
    """What is wrong with the profiles of an environment."""
    try:
        found = profiles(environment)
    except ConfigError as error:
        return error.problems
    return unknown_profiles(found, org.all_units) if isinstance(org, OrgConfig) else []


def _cross_check(
    parsed: dict[StackId, Settings], root: Path, read: Read, effective: Callable[[StackId], Effective]
) -> list[str]:
    """Check the files against each other: OU paths that do not exist, roles that nobody may assume, policies that AWS
    would refuse, and tags that the
    OU does not allow."""
    problems: list[str] = []
    rules_of: dict[str, tuple[dict[str, TagRules], dict[str, TagRules]]] = {}
    for stack, settings in parsed.items():
        org = parsed.get(StackId("org", stack.environment))
        policies = parsed.get(StackId("policies", stack.environment))
        units = org.all_units if isinstance(org, OrgConfig) else None
        if isinstance(settings, OrgConfig):
            problems += _unknown_types(stack, root)
        if isinstance(settings, PoliciesConfig):
            home, roles = read(stack)[0].get("aws:region"), _access_roles(stack.environment, root, read)
            problems += check_policies(stack, settings, units, root, home, roles)
            if isinstance(org, OrgConfig) and not org.project_features:
                problems += missing_types(stack, settings, [*org.named_types, *_needed(stack, root)])
        if isinstance(settings, AccountsConfig):
            identity = parsed.get(StackId("identity", stack.environment))
            if isinstance(identity, IdentityConfig):
                problems += nobodys_roles(stack, settings.roles, identity.roles, effective(stack))
            named = {settings.organizational_unit: "accounts:organizationalUnit"}
            unknown = unknown_units(stack.config_label, named, [ROOT_UNIT, *units]) if units is not None else []
            problems += unknown
            if isinstance(policies, PoliciesConfig):
                problems += _closed_regions(stack, settings, read(stack)[0].get("aws:region"), policies)
            if isinstance(policies, PoliciesConfig) and units is not None and not unknown:
                if stack.environment not in rules_of:
                    rules_of[stack.environment] = rules_by_unit(stack.environment, policies, units, root)
                must, may = rules_of[stack.environment]
                unit, label, whence = settings.organizational_unit, stack.config_label, effective(stack).named
                wrong = tag_problems(settings.tags, must.get(unit, {}), whence)
                wrong += tag_problems(settings.tags, may.get(unit, {}), whence, required=False)
                problems += [f"{label}: {p}" for p in wrong]
    return problems


def _closed_regions(stack: StackId, account: AccountsConfig, home: Any, policies: PoliciesConfig) -> list[str]:
    """One problem for each region of an account that a guardrail closes to everyone who works there."""
    unit = account.organizational_unit
    problems = []
    for path, control in policies.service_control.items():
        if control.allowed_regions is None or path not in from_root(unit):
            continue
        used = {"aws:region": home, **{f"accounts:regions.{at}": each for at, each in enumerate(account.regions)}}
        problems += [
            f"{stack.config_label}: {key} is {region!r}, which policies:serviceControl.{path}.allowedRegions closes; "
            f"allowed: {', '.join(control.allowed_regions)}"
            for key, region in used.items()
            if region not in control.allowed_regions
        ]
    return problems


def _access_roles(environment: str, root: Path, read: Read) -> list[str]:
    """The access roles that the environment's accounts use, as far as their files can be read."""
    given = of_each_account("accounts:accessRoleName", environment, read, root)
    roles = (ACCESS_ROLE if role is None else role for role in given)
    return sorted({role.strip() for role in roles if isinstance(role, str)})


def _needed(stack: StackId, root: Path) -> list[str]:
    """The policy types that policy files need, as far as they can be read."""
    try:
        return list(needed_types(stack.environment, root))
    except ConfigError:
        return []


def _unknown_types(org: StackId, root: Path) -> list[str]:
    """What keeps the organization layer from knowing which policy types the policy files need."""
    try:
        needed_types(org.environment, root)
    except ConfigError as error:
        return error.problems
    return []


def _exempt_roles(policies: StackId, read: Read) -> list[str] | None:
    """The access roles that the guardrails exempt, also where other values of the file are encrypted; None if unknown.

    A file that cannot be read, or has something else there, is not a problem here: the check of its stack reports it.
    """
    try:
        names = read(policies)[0].get("policies:accessRoleNames", ACCESS_ROLES)
    except ConfigError:
        return None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    return [name.strip() for name in names]


def _unknown_access_roles(
    accounts: Iterable[StackId], exempt: Sequence[str] | None, effective: Callable[[StackId], Effective]
) -> list[str]:
    """One problem for each account whose own access role the guardrails would bind, as they do not exempt it.

    A file that cannot be read is not a problem here: the check of its own stack reports it.
    """
    problems: list[str] = []
    if exempt is None:
        return problems
    for stack in accounts:
        try:
            found = effective(stack)
        except ConfigError:
            continue
        role = found.values.get("accessRoleName", ACCESS_ROLE)
        if isinstance(role, str) and role.strip() not in exempt:
            problems.append(not_exempt(stack, role, exempt, found.named("accessRoleName")))
    return problems
