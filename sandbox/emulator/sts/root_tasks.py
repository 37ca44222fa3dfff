"""Privileged sessions of root users: whose, and for which task.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

import re

from moto.iam.exceptions import ValidationError

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import ROOT_SESSIONS
from sandbox.emulator.root_access.features import TASKS, enabled_features, managed_organization
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.requests import Parameters

TARGET = re.compile(r"(?:arn:aws:iam::)?(\d{12})(?::root)?")


def target_account(parameters: Parameters) -> str:
    """The account whose root user is meant, by its id or by the ARN of its root user. Raises `ValidationError`."""
    target = str(parameters.get("TargetPrincipal") or "")
    match = TARGET.fullmatch(target)
    if match is None:
        raise ValidationError(f"{target} is neither the id of an account nor the ARN of its root user.")
    return match.group(1)


def task_policy(parameters: Parameters) -> str:
    """The ARN of the task policy. Raises `ValidationError` for one that AWS does not have."""
    arn = str((parameters.get("TaskPolicyArn") or {}).get("arn") or "")
    if arn not in TASKS:
        raise ValidationError(f"{arn} is not a task policy; there are {', '.join(sorted(TASKS))}")
    return arn


def root_task(caller: Caller, parameters: Parameters) -> tuple[str, str]:
    """The account whose root user the caller may be now, and the policy of its task.

    Raises `AwsError` unless the organization has privileged sessions on, the caller's account manages them, and the
    target is another account of the organization than the management account.
    """
    account_id, task = target_account(parameters), task_policy(parameters)
    refused = (
        f"User: {caller.arn} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{account_id}:root"
    )
    if caller.is_root:
        raise AwsError("AccessDenied", "Root users cannot call AssumeRoot.", 403)
    try:
        organization = managed_organization(caller.account_id)
    except AwsError as error:
        raise AwsError("AccessDenied", f"{refused}: {error.message}", 403) from None
    members = {account.id for account in organization.accounts} - {organization.account_id}
    if account_id not in members or ROOT_SESSIONS not in enabled_features(organization):
        raise AwsError("AccessDenied", refused, 403)
    return account_id, task
