"""The backup policies of an organization, when their time has come: AWS Backup makes the jobs itself, and no caller is
asked whether they may be started.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
"""

import json
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException

from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.backup.models import backup_backend
from sandbox.emulator.backup_jobs.backup_jobs import Ordered, back_up, clean_up
from sandbox.emulator.backup_jobs.copy_jobs import Wanted, copy
from sandbox.emulator.errors import AwsError
from sandbox.emulator.organizations.models import organization_of
from shared.organization_policies.types import BACKUP_POLICY

LIFECYCLE = {
    "move_to_cold_storage_after_days": "MoveToColdStorageAfterDays",
    "delete_after_days": "DeleteAfterDays",
}
"""What policies call the settings of a lifecycle, and what Backup calls them."""


class ScheduleError(Exception):
    """Nothing can be backed up for the account; the message says why."""


def run_policies(
    account_id: str, resource: str, tags: Mapping[str, str], decisions: Decisions, region: str = ""
) -> list[dict[str, Any]]:
    """Do for one resource with these tags what the account's effective backup policy says. Returns the jobs.

    `region` is that of a resource whose ARN does not say it: a bucket. A copy is made of a backup that was made. Raises
    `ScheduleError`.
    """
    organization = organization_of(account_id)
    if organization is None:
        raise ScheduleError(f"{account_id} is in no organization")
    found = []
    region = resource.split(":")[3] or region
    try:
        policy = organization.describe_effective_policy(BACKUP_POLICY, account_id)["EffectivePolicy"]["PolicyContent"]
        for plan in json.loads(policy.replace("$account", account_id))["plans"].values():
            for role in _roles(plan, region, tags):
                for rule in plan["rules"].values():
                    found += _run_rule(account_id, region, resource, role, rule, decisions)
    except (AwsError, JsonRESTError, ServiceException) as error:
        raise ScheduleError(error.message) from None
    return found


def _roles(plan: Mapping[str, Any], region: str, tags: Mapping[str, str]) -> list[str]:
    """The roles with which the plan backs a resource up: one for each selection that takes it."""
    if region not in plan["regions"]:
        return []
    selections = plan.get("selections", {}).get("tags", {}).values()
    return [each["iam_role_arn"] for each in selections if tags.get(each["tag_key"]) in each["tag_value"]]


def _run_rule(
    account_id: str, region: str, resource: str, role: str, rule: Mapping[str, Any], decisions: Decisions
) -> list[dict[str, Any]]:
    backend = backup_backend(account_id, region)
    ordered = Ordered(
        rule["target_backup_vault_name"],
        resource,
        role,
        _lifecycle(rule.get("lifecycle")),
        rule.get("target_logically_air_gapped_backup_vault_arn", "").replace("$region", region),
    )
    done = back_up(backend, ordered, decisions)
    point = done.point
    found = [point.describe_job(), *([done.copied.describe()] if done.copied else [])]
    actions = () if point.failure else rule.get("copy_actions", {}).values()
    for action in actions:
        wanted = Wanted(
            point, action["target_backup_vault_arn"], role, _lifecycle(action.get("lifecycle")), backup_job=point.job
        )
        found.append(copy(backend, wanted, decisions).describe())
    clean_up(backend, done)
    return found


def _lifecycle(given: Mapping[str, str] | None) -> dict[str, int] | None:
    # Policies have numbers as strings.
    return {LIFECYCLE[name]: int(value) for name, value in given.items() if name in LIFECYCLE} if given else None
