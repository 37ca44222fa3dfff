"""The rules, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_pack.planned import Context, Finding, Planned
from policy_pack.rules.administrators import administrators
from policy_pack.rules.boundary import EXEMPT, boundary
from policy_pack.rules.identities import identities
from policy_pack.rules.protection import protection
from policy_pack.rules.regions import regions
from policy_pack.rules.secrets import secrets
from policy_pack.rules.tags import tags
from policy_pack.rules.trust import trust

Check = Callable[[Planned, Context, Mapping[str, Any]], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule. `options` are its settings, as JSON schemas by name.

    `in_pack` says whether the engine tells a policy pack enough for it.
    """

    name: str
    says: str
    check: Check
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    in_pack: bool = True


def _names(of: str, default: list[str], pattern: str) -> Mapping[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "pattern": pattern},
        "description": of,
        "default": default,
    }


RULES: tuple[Rule, ...] = (
    Rule(
        "boundary",
        "Every role in a member account has a permissions boundary.",
        boundary,
        {"exempt": _names("names of roles that need none", EXEMPT, r"^[\w+=,.@-]{1,64}$")},
    ),
    Rule(
        "trust",
        "A role trusts principals of the management account and its own by their ARN, and no tokens of strangers.",
        trust,
        {"trustedAccounts": _names("other accounts whose principals roles may trust", [], r"^[0-9]{12}$")},
    ),
    Rule("identities", "No access keys, passwords or other credentials that last.", identities),
    Rule("protection", "The organization, its OUs and accounts are protected.", protection),
    Rule("tags", "Tags are as the tag policies of the account's OU want them.", tags),
    Rule("regions", "Nothing is outside the regions that the organization allows.", regions),
    Rule("administrators", "No policy allows everything on everything.", administrators),
    Rule("secrets", "Secrets of the configuration are nowhere in plain text.", secrets, in_pack=False),
)
