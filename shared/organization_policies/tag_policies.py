"""The syntax of tag policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html. Of the
resource types in `report_required_tag_for`, of which AWS reports ever more, only the form of the names is checked.
"""

from collections.abc import Mapping
from typing import Any

from shared.organization_policies.inheritance import ASSIGN, SETTERS
from shared.organization_policies.schema import Group, Problem, Setting, matching, name, settings_of, shown
from shared.organization_policies.tag_enforcement import unknown_type

MAX_KEY, MAX_VALUE = 128, 256

_KEY_CHARACTERS = r"[\w\s.:/=+@-]"
_RESOURCE_TYPES = matching(
    r"[a-z0-9-]+:(\*|ALL_SUPPORTED|[A-Za-z0-9][A-Za-z0-9_/-]*)",
    "resource types: service:type, service:* or service:ALL_SUPPORTED",
    many=True,
)


def _is_value(given: str) -> bool:
    return len(given) <= MAX_VALUE and given.count("*") <= 1 and name(r"[\w\s.:/=+@*-]*")(given)


def _spelled_as_its_key(tags: Mapping[str, Any]) -> Problem | None:
    for key, rule in tags.items():
        written = settings_of(rule, "tag_key") or key
        if str(written).lower() != key.lower():
            return Problem(
                f"{key}/tag_key/{ASSIGN}", f"is {shown(written)}", f"{shown(key)}, in any upper and lower case"
            )
    return None


def _not_enforceable(rule: Mapping[str, Any]) -> Problem | None:
    found: Any = next((value for key, value in rule.items() if key.lower() == "enforced_for"), {})
    for operator in sorted(SETTERS & set(found)):
        for given in found[operator]:
            instead = unknown_type(str(given))
            if instead:
                return Problem(
                    f"enforced_for/{operator}", f"has {shown(given)}, on which AWS enforces no tags", instead
                )
    return None


_RULE = Group(
    {
        "tag_key": matching(_KEY_CHARACTERS + f"{{1,{MAX_KEY}}}", f"a tag key of 1 to {MAX_KEY} characters"),
        "tag_value": Setting(_is_value, f"tag values of up to {MAX_VALUE} characters with at most one *", many=True),
        "enforced_for": _RESOURCE_TYPES,
        "report_required_tag_for": _RESOURCE_TYPES,
    },
    rule=_not_enforceable,
)
TAG_SCHEMA = Group(
    {
        "tags": Group(
            others=_RULE,
            names=name(rf"(?!aws:){_KEY_CHARACTERS}{{1,{MAX_KEY}}}"),
            named=f"tag keys of 1 to {MAX_KEY} letters, digits, spaces and _.:/=+-@, not those of AWS (aws:)",
            rule=_spelled_as_its_key,
        )
    }
)
