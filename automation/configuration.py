"""Checks the configuration files of an environment before any engine is started. Each file is read once."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from automation import management_account
from shared.errors import ConfigError
from shared.layers import ROOT, StackId, discover
from shared.settings.base import Settings, parse
from shared.settings.checks import check_region, unknown_units
from shared.settings.fields import ACCESS_ROLE, ACCESS_ROLES
from stacks.accounts.checks import not_exempt, tag_problems
from stacks.accounts.config import AccountsConfig
from stacks.identity.config import IdentityConfig
from stacks.org.config import OrgConfig
from stacks.policies.config import PoliciesConfig
from stacks.policies.tag_rules import tag_rules

MODELS: dict[str, type[Settings]] = {
    "org": OrgConfig,
    "identity": IdentityConfig,
    "policies": PoliciesConfig,
    "accounts": AccountsConfig,
}

Raw = tuple[dict[str, Any], bool]
"""The keys and values in a stack's file, and whether any value is encrypted."""

Read = Callable[[StackId], Raw]

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Five times as fast as the other, and there may be hundreds of accounts."""

_NUMBER = ("tag:yaml.org,2002:float", re.compile(r"0[0-9_]*[89][0-9_]*\Z"), ["0"])
"""Digits that begin with 0 are a number to the engine even if they are not octal, such as an account's id."""


class _Loader(_FAST):  # type: ignore[misc]
    """Reads a file as the engine does."""


class Dumper(yaml.SafeDumper):
    """Writes a file that the engine reads as this module does."""


_Loader.add_implicit_resolver(*_NUMBER)
Dumper.add_implicit_resolver(*_NUMBER)


def check(stacks: Iterable[StackId], root: Path = ROOT) -> None:
    """Check the files of `stacks` and of the stacks that they read, and the rules between the files.

    Raises `ConfigError` with all problems. Values encrypted with `pulumi config set --secret` cannot be read here; the
    program checks them when it runs.
    """

    @cache
    def read(stack: StackId) -> Raw:
        return read_raw(stack, root)

    problems: list[str] = []
    parsed: dict[StackId, Settings] = {}
    chosen = set(stacks)
    checked = sorted(chosen.union(*(each.upstream() for each in chosen)))
    for stack in checked:
        try:
            settings = settings_of(stack, read)
        except ConfigError as error:
            problems += error.problems
        else:
            if settings is not None:
                parsed[stack] = settings
    problems += _cross_check(parsed)
    problems += management_account.problems(checked, lambda stack: read(stack)[0], root)
    for environment in sorted({stack.environment for stack in chosen if stack.layer in ("accounts", "policies")}):
        accounts = [each for each in discover(environment, root) if each.account]
        problems += _shared_addresses(accounts, read)
        problems += _unknown_access_roles(accounts, _exempt_roles(StackId("policies", environment), read), read)
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def read_raw(stack: StackId, root: Path) -> Raw:
    """The keys and values in a stack's file. Raises `ConfigError`."""
    file = stack.config_file(root)
    try:
        document = yaml.load(file.read_text(), _Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise ConfigError([f"{stack.config_label}: there is no such file"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{stack.config_label}: not YAML: {' '.join(str(error).split())}"]) from None
    config = document.get("config", {}) if isinstance(document, dict) else document
    if not isinstance(config, dict):
        raise ConfigError([f"{stack.config_label}: config is {config!r}; allowed: a mapping of keys to values"])
    return config, any(_is_secret(value) for value in config.values())


def _is_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_is_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_secret(inner) for inner in value)


def settings_of(stack: StackId, read: Read) -> Settings | None:
    """The settings in a stack's file; None if an encrypted value prevents a complete check."""
    raw, has_secrets = read(stack)
    name = stack.config_label
    check_region(raw.get("aws:region"), name)
    prefix = f"{stack.layer}:"
    strangers = sorted(key for key in raw if not key.startswith((prefix, "aws:", "pulumi:")))
    if strangers:
        raise ConfigError(
            [f"{name}: unknown key {key}; allowed: keys that begin with {prefix} or aws:" for key in strangers]
        )
    own = {key[len(prefix) :]: value for key, value in raw.items() if key.startswith(prefix)}
    return None if has_secrets else parse(MODELS[stack.layer], stack.layer, own, name)


def _cross_check(parsed: dict[StackId, Settings]) -> list[str]:
    """Check the files against each other: OU paths that do not exist, and tags that the OU does not allow."""
    problems: list[str] = []
    for stack, settings in parsed.items():
        org = parsed.get(StackId("org", stack.environment))
        policies = parsed.get(StackId("policies", stack.environment))
        units = org.all_units if isinstance(org, OrgConfig) else None
        if isinstance(settings, PoliciesConfig) and units is not None:
            problems += unknown_units(stack.config_label, settings.unit_paths, units)
        if isinstance(settings, AccountsConfig):
            named = {settings.organizational_unit: "accounts:organizationalUnit"}
            unknown = unknown_units(stack.config_label, named, units) if units is not None else []
            problems += unknown
            if isinstance(policies, PoliciesConfig) and units is not None and not unknown:
                allowed = {path: rule.cost_centers for path, rule in policies.tags.items()}
                rules = tag_rules(allowed, units)[settings.organizational_unit]
                problems += [f"{stack.config_label}: {p}" for p in tag_problems(settings.tags, rules)]
    return problems


def _shared_addresses(accounts: Iterable[StackId], read: Read) -> list[str]:
    """One problem for each account whose e-mail address another account has. Encrypted addresses are left to AWS.

    A file that cannot be read is not a problem here: the check of its own stack reports it.
    """
    problems = []
    owners: dict[str, StackId] = {}
    for stack in accounts:
        try:
            email = read(stack)[0].get("accounts:email")
        except ConfigError:
            continue
        if not isinstance(email, str):
            continue
        first = owners.setdefault(email.lower(), stack)
        if first != stack:
            problems.append(
                f"{stack.config_label}: accounts:email is {email!r}, which {first.config_label} has too; "
                "allowed: an address that no other account has"
            )
    return problems


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


def _unknown_access_roles(accounts: Iterable[StackId], exempt: Sequence[str] | None, read: Read) -> list[str]:
    """One problem for each account whose own access role the guardrails would bind, as they do not exempt it.

    A file that cannot be read is not a problem here: the check of its own stack reports it.
    """
    problems: list[str] = []
    if exempt is None:
        return problems
    for stack in accounts:
        try:
            role = read(stack)[0].get("accounts:accessRoleName", ACCESS_ROLE)
        except ConfigError:
            continue
        if isinstance(role, str) and role.strip() not in exempt:
            problems.append(not_exempt(stack, role, exempt))
    return problems
