"""The configuration files of many stacks, checked before any engine is started."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from shared.config.accounts import AccountsConfig
from shared.config.base import ConfigError, Settings, parse
from shared.config.fields import REGIONS
from shared.config.identity import IdentityConfig
from shared.config.org import OrgConfig
from shared.config.policies import PoliciesConfig
from shared.documents.tags import tag_problems, tag_rules
from shared.layers import ROOT, StackId, discover

MODELS: dict[str, type[Settings]] = {
    "org": OrgConfig,
    "identity": IdentityConfig,
    "policies": PoliciesConfig,
    "accounts": AccountsConfig,
}


def display(stack: StackId) -> str:
    """A stack's configuration file as the user knows it, from the repository's top."""
    return f"stacks/{stack.layer}/Pulumi.{stack.name}.yaml"


def check(stacks: Iterable[StackId], root: Path = ROOT) -> None:
    """Raise `ConfigError` with every problem in the files of `stacks` and of what they read.

    Values encrypted with `pulumi config set --secret` cannot be read here; the program
    checks them when it runs.
    """
    problems: list[str] = []
    parsed: dict[StackId, Settings] = {}
    chosen = set(stacks)
    for stack in sorted(chosen.union(*(each.upstream() for each in chosen))):
        try:
            settings = read_file(stack, root)
        except ConfigError as error:
            problems += error.problems
        else:
            if settings is not None:
                parsed[stack] = settings
    problems += _cross_check(parsed)
    try:
        check_emails(parsed, root=root)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def read_file(stack: StackId, root: Path = ROOT) -> Settings | None:
    """The settings in a stack's file; None when an encrypted value keeps it from being read whole."""
    raw, has_secrets = _raw(stack, root)
    name = display(stack)
    check_region(raw.get("aws:region"), name)
    prefix = f"{stack.layer}:"
    strangers = sorted(key for key in raw if not key.startswith((prefix, "aws:", "pulumi:")))
    if strangers:
        raise ConfigError(
            [f"{name}: unknown key {key}; allowed: keys that begin with {prefix} or aws:" for key in strangers]
        )
    own = {key[len(prefix) :]: value for key, value in raw.items() if key.startswith(prefix)}
    return None if has_secrets else parse(MODELS[stack.layer], stack.layer, own, name)


def check_region(region: Any, file: str) -> None:
    """Raise `ConfigError` unless `region` is one that the AWS provider knows."""
    if not isinstance(region, str) or region not in REGIONS:
        raise ConfigError([f"{file}: aws:region is {region!r}; allowed: one of {', '.join(sorted(REGIONS))}"])


def _raw(stack: StackId, root: Path) -> tuple[dict[str, Any], bool]:
    file = stack.config_file(root)
    try:
        document = yaml.safe_load(file.read_text())
    except FileNotFoundError:
        raise ConfigError([f"{display(stack)}: there is no such file"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{display(stack)}: not YAML: {' '.join(str(error).split())}"]) from None
    config = document.get("config", {}) if isinstance(document, dict) else document
    if not isinstance(config, dict):
        raise ConfigError([f"{display(stack)}: config is {config!r}; allowed: a mapping of keys to values"])
    return config, any(_is_secret(value) for value in config.values())


def _is_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_is_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_secret(inner) for inner in value)


def _cross_check(parsed: dict[StackId, Settings]) -> list[str]:
    """What one file says against another: OU paths that do not exist, tags that the OU does not allow."""
    problems: list[str] = []
    for stack, settings in parsed.items():
        org = parsed.get(StackId("org", stack.environment))
        policies = parsed.get(StackId("policies", stack.environment))
        units = org.all_units if isinstance(org, OrgConfig) else None
        if isinstance(settings, PoliciesConfig) and units is not None:
            problems += unknown_units(display(stack), settings.unit_paths, units)
        if isinstance(settings, AccountsConfig):
            named = {settings.organizational_unit: "accounts:organizationalUnit"}
            unknown = unknown_units(display(stack), named, units) if units is not None else []
            problems += unknown
            if isinstance(policies, PoliciesConfig) and units is not None and not unknown:
                allowed = {path: rule.cost_centers for path, rule in policies.tags.items()}
                rules = tag_rules(allowed, units)[settings.organizational_unit]
                problems += [f"{display(stack)}: {p}" for p in tag_problems(settings.tags, rules)]
    return problems


def unknown_units(file: str, named: dict[str, str], units: Iterable[str]) -> list[str]:
    """A problem for each OU path in `named` (path → key) that the organization does not export."""
    known = list(units)
    return [
        f"{file}: {key} names the OU {path!r}, which stack org does not export; allowed: {', '.join(known)}"
        for path, key in named.items()
        if path not in known
    ]


def check_emails(stacks: Iterable[StackId], root: Path = ROOT, running: tuple[StackId, Settings] | None = None) -> None:
    """Raise `ConfigError` when two accounts of one environment have one e-mail address.

    `running` is the stack whose program runs, with its real settings; the others are read
    from their files, which is all that a program can know of them before AWS is asked.
    """
    problems = []
    for environment in sorted({stack.environment for stack in stacks if stack.account}):
        owners: dict[str, StackId] = {}
        for stack in (s for s in discover(environment, root) if s.account):
            email = _email_of(stack, root, running)
            first = owners.setdefault(email.lower(), stack) if email else stack
            if first != stack:
                problems.append(
                    f"{display(stack)}: accounts:email is {email!r}, which {display(first)} has too; "
                    "allowed: an address that no other account has"
                )
    if problems:
        raise ConfigError(problems)


def _email_of(stack: StackId, root: Path, running: tuple[StackId, Settings] | None) -> str | None:
    if running and running[0] == stack and isinstance(running[1], AccountsConfig):
        return running[1].email
    email = _raw(stack, root)[0].get("accounts:email")
    return email if isinstance(email, str) else None
