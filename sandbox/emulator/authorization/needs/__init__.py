"""What each call needs: its actions, the resources they act on, and their condition keys."""

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.sts import sts_needs
from sandbox.emulator.sts.callers import Caller


def needs(service: str, operation: str, parameters: Mapping[str, Any], caller: Caller, region: str) -> list[Need]:
    """What must be allowed for the call to be carried out; all of it.

    `service` is the name in the request's signature, `parameters` are those of botocore's model of the operation.
    """
    if service == "sts":
        return sts_needs(operation, parameters, caller, region)
    if service == "iam" and (operation == "ChangePassword" or (caller.is_root and "UserName" not in parameters)):
        return [Need(f"iam:{operation}", caller.entity.arn)]
    return [Need(f"{service}:{operation}")]
