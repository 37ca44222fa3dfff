"""What the files of an environment say of a new account: its OU, its tags and its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automation.configuration import settings_of
from automation.stack_files import of_each_account, read_raw
from shared.errors import ConfigError
from shared.layers import ROOT, StackId
from shared.stack_outputs import TagRules
from stacks.accounts.profiles import Profiles, read_profiles
from stacks.org.config import OrgConfig
from stacks.policies.checks import rules_by_unit
from stacks.policies.config import PoliciesConfig


@dataclass(frozen=True)
class Rules:
    """`required` and `optional` are the tag rules by OU, `address` is `org:accountEmail`, and `addresses` are the
    accounts' own, in lower case."""

    environment: str
    units: Sequence[str]
    required: Mapping[str, TagRules]
    optional: Mapping[str, TagRules]
    profiles: Profiles
    address: str | None
    addresses: frozenset[str]

    @property
    def tags(self) -> dict[str, dict[str, list[str]]]:
        """Tag key → OU → the values that its accounts may have, as patterns."""
        found: dict[str, dict[str, list[str]]] = {}
        for by_unit in (self.required, self.optional):
            for unit in self.units:
                for key, values in by_unit.get(unit, {}).items():
                    found.setdefault(key, {}).setdefault(unit, list(values))
        return {key: found[key] for key in sorted(found)}

    def asks_for(self, key: str) -> bool:
        """Whether every new account must be given the tag: all OUs require it, and no profile has it."""
        tagged = [self.profiles.by_unit[each].get("tags") or {} for each in self.profiles.by_unit]
        return all(key in self.required.get(unit, {}) for unit in self.units) and not any(key in own for own in tagged)


def read_rules(environment: str, root: Path = ROOT) -> Rules:
    """The rules of an environment. Raises `ConfigError` for files that are wrong, or that hide the OUs.

    Tag rules that are encrypted in the policies' file are left to the program.
    """
    org = StackId("org", environment)
    found = settings_of(org, lambda stack: read_raw(stack, root))
    if not isinstance(found, OrgConfig):
        raise ConfigError(
            [f"{org.config_label}: a value in it is encrypted, so its OUs cannot be read; allowed: none is"]
        )
    units = list(found.all_units)
    policies = settings_of(StackId("policies", environment), lambda stack: read_raw(stack, root))
    required, optional = (
        rules_by_unit(environment, policies, units, root) if isinstance(policies, PoliciesConfig) else ({}, {})
    )
    profiles = read_profiles(environment, root)
    return Rules(environment, units, required, optional, profiles, found.account_email, _addresses(environment, root))


def _addresses(environment: str, root: Path) -> frozenset[str]:
    found = of_each_account("accounts:email", environment, lambda stack: read_raw(stack, root), root)
    return frozenset(each.lower() for each in found if isinstance(each, str))
