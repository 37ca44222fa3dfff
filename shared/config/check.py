"""The configuration files of many stacks, checked before any engine is started."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from shared.config.accounts import AccountsConfig
from shared.config.base import ConfigError, Settings, parse
from shared.config.files import check_emails, check_region, read_raw, unknown_units
from shared.config.identity import IdentityConfig
from shared.config.org import OrgConfig
from shared.config.policies import PoliciesConfig
from shared.documents.tags import tag_problems, tag_rules
from shared.layers import ROOT, StackId

MODELS: dict[str, type[Settings]] = {
    "org": OrgConfig,
    "identity": IdentityConfig,
    "policies": PoliciesConfig,
    "accounts": AccountsConfig,
}


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
    raw, has_secrets = read_raw(stack, root)
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
    """What one file says against another: OU paths that do not exist, tags that the OU does not allow."""
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
