"""Tag policies, and the same rules as the accounts layer checks them.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
"""

from collections.abc import Iterable, Mapping, Sequence

from shared.policy_documents.documents import Document
from shared.stack_outputs import ANY_VALUE, TagRules

COST_CENTER = "CostCenter"
OWNER = "Owner"
LOCKED = {"@@operators_allowed_for_child_policies": ["@@none"]}


def root_tag_policy() -> Document:
    """The policy on the root: the spelling of CostCenter, which no policy below may change."""
    return {"tags": {COST_CENTER: {"tag_key": {"@@assign": COST_CENTER, **LOCKED}}}}


def unit_tag_policy(cost_centers: list[str], enforced_for: Sequence[str] = ()) -> Document:
    """The policy on an OU: the allowed values of CostCenter, and the spelling of Owner.

    AWS refuses other tags on resources of the types in `enforced_for`, and reports them on all others.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies-enforcement.html
    """
    enforced = {"enforced_for": {"@@assign": list(enforced_for)}} if enforced_for else {}
    return {
        "tags": {
            COST_CENTER: {"tag_value": {"@@assign": cost_centers}, **enforced},
            OWNER: {"tag_key": {"@@assign": OWNER, **LOCKED}, **enforced},
        }
    }


def tag_rules(cost_centers: Mapping[str, list[str]], units: Iterable[str]) -> dict[str, TagRules]:
    """OU path → its effective rules: its own, or those of the nearest OU above it, or none.

    As with `@@assign`, the values of an OU replace the values of its parent.
    """
    rules: dict[str, TagRules] = {}
    for unit in units:
        parts = unit.split("/")
        above = ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
        source = next((path for path in above if path in cost_centers), None)
        rules[unit] = {COST_CENTER: cost_centers[source], OWNER: ANY_VALUE} if source else {}
    return rules
