"""Backup, tag, service control and resource control policies on the root and the organizational units."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.management_account import require_management_account
from shared.settings.program import load
from shared.stack_outputs import OrgOutputs, PoliciesOutputs, exports
from shared.stack_references import read
from stacks.policies.backup_policy import BackupPolicy, BackupPolicyArgs
from stacks.policies.config import ROOT, PoliciesConfig
from stacks.policies.resource_control import ResourceControlPolicies, ResourceControlPoliciesArgs
from stacks.policies.service_control import ServiceControlPolicies, ServiceControlPoliciesArgs
from stacks.policies.tag_policies import TagPolicies, TagPoliciesArgs
from stacks.policies.unit_rules import backup_by_unit, tag_rules_by_unit, unit_ids


async def main() -> Mapping[str, Any]:
    settings = load(PoliciesConfig)
    org = await read(OrgOutputs)
    require_management_account(org)
    units = unit_ids(settings, org)

    # Resources with the tag BackupType=MONTHLY are backed up every month, with a copy in another region.
    if settings.backup:
        BackupPolicy(
            "backup",
            BackupPolicyArgs(
                units={path: units[path] for path in settings.backup.organizational_units},
                primary_regions=settings.backup.primary_regions,
                copy_region=settings.backup.copy_region,
            ),
        )

    # The policy on the root sets how tags are spelled; the policies on the units set the allowed values.
    TagPolicies(
        "tags",
        TagPoliciesArgs(
            root_id=org.get(lambda o: o.root_id),
            units=units,
            cost_centers={path: rule.cost_centers for path, rule in settings.tags.items()},
            enforced_for={path: rule.enforced_for for path, rule in settings.tags.items()},
        ),
    )

    # What nobody in a member account may do, and what nobody from outside may reach.
    root_id = org.get(lambda o: o.root_id)
    ServiceControlPolicies(
        "guardrails",
        ServiceControlPoliciesArgs(
            targets={ROOT: root_id, **units}, controls=settings.controls, access_roles=settings.access_role_names
        ),
    )
    if settings.resource_control:
        ResourceControlPolicies(
            "perimeter",
            ResourceControlPoliciesArgs(
                root_id=root_id,
                organization_id=org.get(lambda o: o.organization_id),
                control=settings.resource_control,
            ),
        )

    return exports(
        PoliciesOutputs,
        backup=org.get(lambda o: backup_by_unit(settings, o.organizational_units)),
        tag_rules=org.get(lambda o: tag_rules_by_unit(settings, o.organizational_units)),
        access_role_names=settings.access_role_names,
    )


pulumi.run(main)
