"""The catalogue of what programs read."""

from tests.automation.skipping.fuzz.reads import always, files, listings, modules, packages, stacks, variables
from tests.automation.skipping.fuzz.reads.kind import Change, Kind, Read

CATALOGUE: tuple[Kind, ...] = (
    *modules.KINDS,
    *files.KINDS,
    *listings.KINDS,
    *variables.KINDS,
    *packages.KINDS,
    *always.KINDS,
    *stacks.KINDS,
)

__all__ = ["CATALOGUE", "Change", "Kind", "Read"]
