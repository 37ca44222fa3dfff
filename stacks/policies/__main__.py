"""Backup, tag and service control policies on the organizational units."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.components.backup_policy import BackupPolicy, BackupPolicyArgs
from shared.components.service_control import ServiceControlPolicies, ServiceControlPoliciesArgs
from shared.components.tag_policies import TagPolicies, TagPoliciesArgs
from shared.config.policies import PoliciesConfig
from shared.config.program import load
from shared.contracts import OrgOutputs, PoliciesOutputs, exports
from shared.management import require_management_account
from shared.plan.policies import backup_by_unit, tag_rules_by_unit, unit_ids
from shared.upstream import read


async def main() -> Mapping[str, Any]:
    settings = load(PoliciesConfig)
    org = await read(OrgOutputs)
    require_management_account(org)
    units = unit_ids(settings, org)

    # What is tagged BackupType=MONTHLY is backed up each month, with a copy in another region.
    if settings.backup:
        BackupPolicy(
            "backup",
            BackupPolicyArgs(
                units={path: units[path] for path in settings.backup.organizational_units},
                primary_regions=settings.backup.primary_regions,
                copy_region=settings.backup.copy_region,
            ),
        )

    # The root locks how tags are spelled; each unit says which values they may have.
    TagPolicies(
        "tags",
        TagPoliciesArgs(
            root_id=org.get(lambda o: o.root_id),
            units=units,
            cost_centers={path: rule.cost_centers for path, rule in settings.tags.items()},
        ),
    )

    ServiceControlPolicies(
        "guardrails",
        ServiceControlPoliciesArgs(
            units=units, controls=settings.service_control, access_role=settings.access_role_name
        ),
    )

    return exports(
        PoliciesOutputs,
        backup=org.get(lambda o: backup_by_unit(settings, o.organizational_units)),
        tag_rules=org.get(lambda o: tag_rules_by_unit(settings, o.organizational_units)),
    )


pulumi.run(main)
