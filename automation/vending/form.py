"""The form that asks for an account: its fields by an environment's files, and the file that GitHub shows.

https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from automation.vending.rules import Rules

NAME = "Name"
UNIT = "Organizational unit"
TAG = "Tag "
MORE_TAGS = "More tags"
DISPLAY_NAME = "Name in AWS"
EMAIL = "E-mail address"

REQUESTED = "new-account"
"""The label that the form gives an issue. Whoever opens one gets it, so it says nothing of who agrees."""

APPROVED = "account-approved"
"""The label that somebody who may write sets on the request of somebody who may not."""


@dataclass(frozen=True)
class Field:
    """One field. With `choices` it is a list to choose from; `lines` may be several lines of text."""

    label: str
    description: str
    choices: tuple[str, ...] = ()
    required: bool = True
    lines: bool = False


def fields(rules: Rules) -> list[Field]:
    """The fields, in the form's order."""
    address = Field(EMAIL, "The root user's address, which no other AWS account has ever had.")
    return [
        Field(NAME, "What the account is called here, such as web-shop: lower-case letters, digits, - and _."),
        Field(UNIT, "Where in the organization it belongs.", tuple(rules.units)),
        *(_tag(rules, key) for key in rules.tags),
        Field(MORE_TAGS, "Other tags, KEY=VALUE, one a line.", required=False, lines=True),
        Field(DISPLAY_NAME, "Unless given it is made of the name: web-shop becomes WebShopAccount.", required=False),
        *([] if rules.address else [address]),
    ]


def _tag(rules: Rules, key: str) -> Field:
    by_unit = rules.tags[key]
    patterns = list(dict.fromkeys(value for values in by_unit.values() for value in values))
    everywhere = len({tuple(values) for values in by_unit.values()}) == 1 and by_unit.keys() == set(rules.units)
    # A pattern with * cannot be chosen.
    choices = () if any("*" in value for value in patterns) else tuple(patterns)
    if everywhere:
        description = "One of these." if choices else f"Allowed: {_values(patterns)}."
    else:
        description = "Allowed in " + "; ".join(f"{unit}: {_values(values)}" for unit, values in by_unit.items()) + "."
    return Field(TAG + key, description, choices, required=rules.asks_for(key))


def _values(values: list[str]) -> str:
    return "any value" if values == ["*"] else ", ".join(values) or "no value"


def form(rules: Rules, label: str = REQUESTED) -> dict[str, Any]:
    """The form, as GitHub reads it; an issue gets the `label`."""
    return {
        "name": "New AWS account",
        "description": "Ask for an account. A pull request is made of it, and errors are said in a comment.",
        "title": "New account: ",
        "labels": [label],
        "body": [
            {
                "type": "markdown",
                "attributes": {
                    "value": f"An account of environment `{rules.environment}`. Somebody with the right to write opens "
                    f"this issue, or sets the label `{APPROVED}` on it. Edit it to ask for something else."
                },
            },
            *(_element(field) for field in fields(rules)),
        ],
    }


def _element(field: Field) -> dict[str, Any]:
    given: dict[str, Any] = {"label": field.label, "description": field.description}
    kind = "dropdown" if field.choices else "textarea" if field.lines else "input"
    if field.choices:
        given["options"] = list(field.choices)
    return {"type": kind, "attributes": given, "validations": {"required": field.required}}
