"""Tag policies, and the rules that the accounts layer checks its tags against.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from shared.documents.limits import Document

COST_CENTER = "CostCenter"
OWNER = "Owner"
LOCKED = {"@@operators_allowed_for_child_policies": ["@@none"]}


def root_tag_policy() -> Document:
    """The organization's policy: the spelling of CostCenter, which no child policy may change."""
    return {"tags": {COST_CENTER: {"tag_key": {"@@assign": COST_CENTER, **LOCKED}}}}


def unit_tag_policy(cost_centers: list[str]) -> Document:
    """An OU's policy: the values CostCenter may have there, and the spelling of Owner."""
    return {
        "tags": {
            COST_CENTER: {"tag_value": {"@@assign": cost_centers}},
            OWNER: {"tag_key": {"@@assign": OWNER, **LOCKED}},
        }
    }


ANY_VALUE = ["*"]

TagRules = dict[str, list[str]]
"""Required tag key → allowed values, with `*` as in a tag policy."""


def tag_rules(cost_centers: Mapping[str, list[str]], units: Iterable[str]) -> dict[str, TagRules]:
    """The rules in force in each OU: its own, else those of the nearest OU above, else any value.

    Assigning in a child policy replaces the parent's values, as `@@assign` does.
    """
    rules: dict[str, TagRules] = {}
    for unit in units:
        parts = unit.split("/")
        above = ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
        source = next((path for path in above if path in cost_centers), None)
        rules[unit] = {COST_CENTER: cost_centers[source], OWNER: ANY_VALUE} if source else {}
    return rules


def tag_problems(tags: Mapping[str, str], rules: TagRules) -> list[str]:
    """What in `tags` breaks `rules`; each problem names key, value and what is allowed."""
    problems = []
    for key, allowed in rules.items():
        for wrong in (tag for tag in tags if tag != key and tag.lower() == key.lower()):
            problems.append(f"accounts:tags.{wrong} is spelled wrongly; allowed: {key}")
        if key not in tags:
            if not any(tag.lower() == key.lower() for tag in tags):
                problems.append(
                    f"accounts:tags.{key} is missing; the OU's tag policy requires it; "
                    f"allowed: {'any value' if allowed == ANY_VALUE else ', '.join(allowed)}"
                )
        elif not any(fnmatchcase(tags[key], pattern) for pattern in allowed):
            problems.append(f"accounts:tags.{key} is {tags[key]!r}; the OU allows: {', '.join(allowed)}")
    return problems
