"""The tags that accounts must have where `policies:tags` says so."""

from collections.abc import Iterable

COST_CENTER = "CostCenter"
OWNER = "Owner"


def required_tags(units_with_rules: Iterable[str], units: Iterable[str]) -> dict[str, list[str]]:
    """OU path → the keys of the tags that its accounts must have: those with rules, and those below them."""
    tops = tuple(units_with_rules)
    return {
        unit: [COST_CENTER, OWNER] for unit in units if any(unit == top or unit.startswith(f"{top}/") for top in tops)
    }
