"""The organization (new or existing), with its organizational units, policy types and trusted access."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.errors import ConfigError
from shared.policy_files import needed_types
from shared.settings.program import current_stack, load, refuse
from shared.stack_outputs import OrgOutputs, exports
from stacks.org.config import OrgConfig
from stacks.org.organization import OrganizationalUnits, OrganizationalUnitsArgs, find_organization


async def main() -> Mapping[str, Any]:
    settings = load(OrgConfig)

    # `mode: create` creates the organization with all features. With `mode: lookup` it exists already, and this stack
    # only checks that the features that the policies need are enabled.
    # Which ones follows from the files of the policies layer too.
    organization = find_organization(settings, policy_types())

    units = OrganizationalUnits(
        "units",
        OrganizationalUnitsArgs(
            root_id=organization.root_id, names=settings.all_units, protect=settings.protect, tags=settings.tags
        ),
    )

    return exports(
        OrgOutputs,
        organization_id=organization.organization_id,
        management_account_id=organization.management_account_id,
        root_id=organization.root_id,
        organizational_units=units.ids,
    )


def policy_types() -> Mapping[str, str]:
    """The types that this environment's policy files need → a file. Raises `pulumi.RunError`."""
    try:
        return needed_types(current_stack().environment)
    except ConfigError as error:
        refuse(error.problems)
        raise


pulumi.run(main)
