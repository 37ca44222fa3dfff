"""How strictly each rule is kept, and its options: `policy_pack/settings.json`, in the format of Pulumi.

https://www.pulumi.com/docs/iac/using-pulumi/crossguard/configuration/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy_pack.rules import RULES, Rule
from shared.errors import ConfigError

FILE = "policy_pack/settings.json"
MANDATORY, ADVISORY, DISABLED = LEVELS = ("mandatory", "advisory", "disabled")
_LEVEL = "enforcementLevel"


@dataclass(frozen=True)
class Setting:
    """The setting of one rule. It may be advisory, which only warns, or disabled."""

    level: str = MANDATORY
    options: Mapping[str, Any] = field(default_factory=dict)


def read(root: Path) -> dict[str, Setting]:
    """Rule → its setting, of every rule. Without the file all are mandatory. Raises `shared.errors.ConfigError`."""
    try:
        text = (root / FILE).read_text()
    except FileNotFoundError:
        return {rule.name: Setting() for rule in RULES}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ConfigError([f"{FILE} is not JSON: {error}"]) from None
    if not isinstance(given, dict):
        raise ConfigError([f"{FILE} is {given!r}; allowed: a map of rules"])
    problems: list[str] = []
    names = [rule.name for rule in RULES]
    problems += [f"{FILE}: {name} is no rule; allowed: {', '.join(names)}" for name in given if name not in names]
    found = {rule.name: _setting(rule, given.get(rule.name, MANDATORY), problems) for rule in RULES}
    if problems:
        raise ConfigError(problems)
    return found


def rule_files(root: Path) -> list[Path]:
    """The files that decide what the rules say, existing or not."""
    folder = root / "policy_pack"
    return [root / FILE, *sorted(folder.glob("*.py")), *sorted(folder.glob("rules/*.py"))]


def _setting(rule: Rule, given: Any, problems: list[str]) -> Setting:
    options = dict(given) if isinstance(given, dict) else {_LEVEL: given}
    level = options.pop(_LEVEL, MANDATORY)
    if level not in LEVELS:
        problems.append(f"{FILE}: {rule.name} is {level!r}; allowed: {', '.join(LEVELS)}")
    for name, value in options.items():
        schema = rule.options.get(name)
        if schema is None:
            allowed = ", ".join([_LEVEL, *rule.options])
            problems.append(f"{FILE}: {rule.name} has {name!r}; allowed: {allowed}")
            continue
        pattern = schema["items"]["pattern"]
        if not isinstance(value, list) or not all(isinstance(each, str) and re.match(pattern, each) for each in value):
            problems.append(f"{FILE}: {rule.name}.{name} is {value!r}; allowed: a list of {schema['description']}")
    return Setting(level if level in LEVELS else MANDATORY, options)
