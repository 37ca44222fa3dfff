"""What an issue asks for: its text is read as the form's fields and checked, and nothing of it is trusted.

GitHub writes each field as a heading of the third level with the answer below it. Whoever wrote the issue may have
changed any of it since.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.add_account import add_account, address, default_display_name
from automation.vending.form import DISPLAY_NAME, EMAIL, MORE_TAGS, NAME, TAG, UNIT, Field, fields
from automation.vending.rules import Rules
from shared.errors import ConfigError, LayerError
from shared.layers import ROOT, StackId, check_name
from shared.settings.base import parse
from shared.settings.checks import unknown_units
from stacks.accounts.checks import tag_problems
from stacks.accounts.config import AccountsConfig

_HEADING = "### "
_EMPTY = "_No response_"
"""What GitHub writes where nothing was answered."""

_FILE = "request"
_SETTING = re.compile(r"\baccounts:(organizationalUnit\b|email\b|name\b|tags\.|tags\b)")
_LABELS = {"organizationalUnit": UNIT, "email": EMAIL, "name": DISPLAY_NAME, "tags.": TAG, "tags": "Tags"}


@dataclass(frozen=True)
class Request:
    """An account that is asked for; None is what was left to the defaults."""

    name: str
    unit: str
    tags: Mapping[str, str]
    display_name: str | None = None
    email: str | None = None


def grant(body: str, rules: Rules, root: Path = ROOT) -> Path:
    """Write the file of the account that an issue's text asks for; returns its path.

    Raises `ConfigError` with everything that is wrong, by the form's fields; then no file is written.
    """
    found = read_request(body, rules, root)
    try:
        return add_account(
            rules.environment,
            found.name,
            unit=found.unit,
            email=found.email,
            tags=found.tags,
            display_name=found.display_name,
            root=root,
        )
    except ConfigError as error:
        label = StackId("accounts", rules.environment, found.name).config_label
        raise ConfigError(_by_field(error.problems, label)) from None


def read_request(body: str, rules: Rules, root: Path = ROOT) -> Request:
    """The request. Raises `ConfigError` with all that is wrong in it, as far as the request alone can say."""
    asked = fields(rules)
    answers, problems = read_fields(body, asked)
    problems += [f"{each.label} is missing; {each.description}" for each in asked
                 if each.label in (NAME, UNIT, EMAIL) and each.label not in answers]  # fmt: skip
    more, wrong = _more_tags(answers.get(MORE_TAGS, ""))
    tags = {label.removeprefix(TAG): value for label, value in answers.items() if label.startswith(TAG)}
    problems += wrong
    fields_of = {key.lower(): key for key in tags}
    for key in [key for key in more if key.lower() in fields_of]:
        problems.append(f"{TAG}{fields_of[key.lower()]} is there twice: as a field and in {MORE_TAGS}; allowed: once")
        del more[key]
    name = answers.get(NAME)
    if name and (wrong_name := _name_problem(name, rules.environment, root)):
        problems.append(wrong_name)
        name = None
    found = Request(
        name or "",
        answers.get(UNIT, ""),
        {**more, **tags},
        answers.get(DISPLAY_NAME),
        answers.get(EMAIL),
    )
    problems += _by_field(_setting_problems(found, rules), _FILE)
    if problems:
        raise ConfigError(dict.fromkeys(problems))
    return found


def read_fields(body: str, asked: Sequence[Field]) -> tuple[dict[str, str], list[str]]:
    """Label → answer of every field that has one, and what is wrong with the text."""
    known = {each.label: each for each in asked}
    parts: dict[str, list[str]] = {}
    problems: list[str] = []
    current: list[str] = []
    above = current
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.startswith(_HEADING):
            current.append(line)
            continue
        label = line.removeprefix(_HEADING).strip()
        current = []
        if label not in known:
            problems.append(f"{_shown(label)} is no field of the form; allowed: {', '.join(known)}")
        elif label in parts:
            problems.append(f"the field {label} is there twice; allowed: each once")
        else:
            parts[label] = current
    if text := "\n".join(above).strip():
        problems.append(f"{_shown(text)} is above the first field; allowed: nothing, as the form writes it")
    answers = {}
    for label, lines in parts.items():
        text = "\n".join(lines).strip()
        if text in ("", _EMPTY):
            continue
        if "\n" in text and not known[label].lines:
            problems.append(f"{label} is {_shown(text)}; allowed: one line")
            text = text.partition("\n")[0].strip()  # so that it is not missing besides
        answers[label] = text
    return answers, problems


def _more_tags(text: str) -> tuple[dict[str, str], list[str]]:
    tags: dict[str, str] = {}
    problems = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key:
            problems.append(f"{MORE_TAGS} has the line {_shown(line)}; allowed: KEY=VALUE")
        elif key.lower() in map(str.lower, tags):
            problems.append(f"{MORE_TAGS} has {_shown(key)} twice; allowed: each once")
        else:
            tags[key] = value
    return tags, problems


def _name_problem(name: str, environment: str, root: Path) -> str | None:
    try:
        check_name("account", name)
    except LayerError as error:
        return f"{NAME} is {_shown(name)}: {str(error).rpartition(': ')[2]}"
    if StackId("accounts", environment, name).config_file(root).exists():
        return f"{NAME} is {name!r}, and there is such an account already; allowed: a new name"
    return None


def _setting_problems(found: Request, rules: Rules) -> list[str]:
    """What the settings say, with values that fit in place of what is missing or wrong and said already."""
    name = found.name or "name"
    unit = found.unit or rules.units[0]
    own: dict[str, Any] = {
        "name": found.display_name or default_display_name(name),
        "email": found.email or address(rules.address or "{name}@example.com", name),
        "organizationalUnit": unit,
        "tags": dict(found.tags),
    }
    problems: list[str] = []
    if own["email"].lower() in rules.addresses and (found.name or found.email):
        problems.append(
            f"{EMAIL} is {own['email']!r}, which another account has; allowed: one that no other account has"
        )
    effective = rules.profiles.effective(own, _FILE)
    try:
        parse(AccountsConfig, "accounts", effective.values, _FILE)
    except ConfigError as error:
        problems += map(effective.explained, error.problems)
    problems += unknown_units(_FILE, {unit: "accounts:organizationalUnit"}, rules.units)
    if found.unit in rules.units:
        tags: Mapping[str, str] = effective.values.get("tags") or {}
        problems += tag_problems(tags, rules.required.get(unit, {}), effective.named)
        problems += tag_problems(tags, rules.optional.get(unit, {}), effective.named, required=False)
    return problems


def _by_field(problems: Iterable[str], file: str) -> list[str]:
    """The problems of the account's own `file`, in the words of the form."""
    return [_SETTING.sub(lambda found: _LABELS[found[1]], each.removeprefix(f"{file}: ")) for each in problems]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
