"""What each call needs: its actions, the resources they act on, and their condition keys."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.iam import iam_needs
from sandbox.emulator.authorization.needs.identity_center import identity_store_needs, sso_admin_needs
from sandbox.emulator.authorization.needs.organizations import organizations_needs
from sandbox.emulator.authorization.needs.other_services import (
    account_needs,
    backup_needs,
    budgets_needs,
    ec2_needs,
    s3_control_needs,
)
from sandbox.emulator.authorization.needs.sts import sts_needs
from sandbox.emulator.sts.callers import Caller

SERVICES: Mapping[str, Callable[[str, Mapping[str, Any], Caller, str], list[Need]]] = {
    "account": account_needs,
    "backup": backup_needs,
    "budgets": budgets_needs,
    "ec2": ec2_needs,
    "iam": iam_needs,
    "identitystore": identity_store_needs,
    "organizations": organizations_needs,
    "s3": s3_control_needs,
    "sso": sso_admin_needs,
    "sts": sts_needs,
}
"""By the service name in a request's signature."""


def needs(service: str, operation: str, parameters: Mapping[str, Any], caller: Caller, region: str) -> list[Need]:
    """What must be allowed for the call to be carried out; all of it.

    `service` is the name in the request's signature, `parameters` are those of botocore's model of the operation. A
    service that is not emulated has the operation's own action.
    """
    found = SERVICES.get(service)
    return found(operation, parameters, caller, region) if found else [Need(f"{service}:{operation}")]
