"""The organization, got or made, with its organizational units, policy types and trusted access."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.components.organization import OrganizationUnits, OrganizationUnitsArgs, find_organization
from shared.config.org import OrgConfig
from shared.config.program import load
from shared.contracts import OrgOutputs, exports


async def main() -> Mapping[str, Any]:
    settings = load(OrgConfig)

    # With `mode: create` the organization is made here, with every feature; with `lookup` it
    # exists already, and this stack only checks that what the policies need is turned on.
    organization = find_organization(settings)

    units = OrganizationUnits(
        "units",
        OrganizationUnitsArgs(root_id=organization.root_id, paths=settings.all_units, protect=settings.protect),
    )

    return exports(
        OrgOutputs,
        organization_id=organization.organization_id,
        management_account_id=organization.management_account_id,
        root_id=organization.root_id,
        organizational_units=units.ids,
    )


pulumi.run(main)
