"""The organization's policies on the root, on organizational units and on accounts."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.management_account import require_management_account
from shared.settings.program import current_stack, load, refuse, region
from shared.stack_outputs import OrgOutputs, PoliciesOutputs, exports
from shared.stack_references import read
from stacks.policies import accounts, files
from stacks.policies.backup_policy import BackupPolicy
from stacks.policies.checks import problems
from stacks.policies.config import PoliciesConfig
from stacks.policies.effective import backups, bucket_backups, tags
from stacks.policies.own_policies import OwnPolicies
from stacks.policies.plan import plan
from stacks.policies.planned import PlannedPolicy, PoliciesArgs
from stacks.policies.resource_control import ResourceControlPolicies
from stacks.policies.service_control import ServiceControlPolicies
from stacks.policies.tag_policies import TagPolicies
from stacks.policies.targets import target_ids
from stacks.policies.vaults import final, rules_by_name


async def main() -> Mapping[str, Any]:
    settings = load(PoliciesConfig)
    org = await read(OrgOutputs)
    require_management_account(org)

    stack = current_stack()
    own, wrong = files.load(stack.environment)
    refuse(wrong)
    known, wrong = accounts.find(own)
    refuse(wrong)
    planned, wrong = plan(settings, stack.config_label, own, known)
    units = org.known(lambda outputs: list(outputs.organizational_units))
    refuse([*wrong, *problems(stack, settings, own, planned, units, region())])
    for warning in final(settings, stack.config_label):
        pulumi.log.warn(warning)
    targets = target_ids(planned.everything, org, known)

    def made(policies: list[PlannedPolicy]) -> PoliciesArgs:
        return PoliciesArgs(policies, targets, org.get(lambda o: o.organization_id))

    # Resources with the tag BackupType=MONTHLY are backed up every month, with a copy in another region.
    if planned.backup:
        BackupPolicy("backup", made(planned.backup))

    # The policy on the root sets how tags are spelled; the policies on the units set the allowed values.
    TagPolicies("tags", made(planned.tags))

    # What nobody in a member account may do, and what nobody from outside may reach.
    ServiceControlPolicies("guardrails", made(planned.guardrails))
    if planned.perimeter:
        ResourceControlPolicies("perimeter", made(planned.perimeter))

    # The files of this environment.
    if planned.own:
        OwnPolicies("own", made(planned.own))

    # What all of them together mean for the accounts of each OU.
    everything = planned.everything
    return exports(
        PoliciesOutputs,
        backup=org.get(lambda o: backups(everything, o.organizational_units)[0]),
        more_backups=org.get(lambda o: backups(everything, o.organizational_units)[1]),
        tag_rules=org.get(lambda o: tags(everything, settings.tags, o.organizational_units)[0]),
        optional_tags=org.get(lambda o: tags(everything, settings.tags, o.organizational_units)[1]),
        access_role_names=settings.access_role_names,
        vaults={name: rules.model_dump(by_alias=True) for name, rules in rules_by_name(settings).items()},
        bucket_backups=org.get(
            lambda o: bucket_backups(everything, o.organizational_units, always=settings.bucket_backups)
        ),
    )


pulumi.run(main)
