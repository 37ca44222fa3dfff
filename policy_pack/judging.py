"""Judges one resource by all rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_pack.planned import Context, Finding, Hidden, Planned
from policy_pack.rules import RULES, Rule
from policy_pack.settings import DISABLED, MANDATORY, Setting

_LONGEST = 200


@dataclass(frozen=True)
class Violation:
    """A resource that breaks a rule. The message says where, with which value, and what is allowed."""

    rule: str
    level: str
    resource: Planned
    message: str

    @property
    def stops(self) -> bool:
        """Whether the stack must not be changed."""
        return self.level == MANDATORY


def judge(resource: Planned, context: Context, settings: Mapping[str, Setting]) -> Iterator[Violation]:
    """The violations of one resource."""
    for rule in RULES:
        setting = settings.get(rule.name, Setting())
        if setting.level != DISABLED:
            for message in messages(rule, resource, context, setting.options):
                yield Violation(rule.name, setting.level, resource, message)


def messages(rule: Rule, resource: Planned, context: Context, options: Mapping[str, Any]) -> Iterator[str]:
    """What a rule objects to in one resource, for the user."""
    for finding in rule.check(resource, context, options):
        yield f"{finding.where} {_is(resource, finding)}; allowed: {finding.allowed} (rule {rule.name})"


def _is(resource: Planned, finding: Finding) -> str:
    if finding.value is None:
        return "is not set"
    top = finding.where.partition(",")[0].partition(".")[0].partition("[")[0]
    if isinstance(resource.properties.get(top), Hidden):
        return "is [secret]"
    if isinstance(finding.value, Hidden):
        return "is a secret of the configuration in plain text" if not finding.value else "is [secret]"
    text = repr(finding.value)
    return f"is {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}"
