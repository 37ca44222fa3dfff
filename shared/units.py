"""Places in the organization: its root, and OUs by their paths. The policy pack has this too, with few packages."""

ROOT_UNIT = "/"
"""The root of the organization, where otherwise the path of an OU is."""


def from_root(unit: str) -> list[str]:
    """What policies and profiles are inherited from in an OU: the root, and the OUs on its path with itself, from the
    top. In the root it is the root alone."""
    if unit == ROOT_UNIT:
        return [ROOT_UNIT]
    parts = unit.split("/")
    return [ROOT_UNIT, *("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))]
