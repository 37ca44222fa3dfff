"""What each call needs: its actions, the resources they act on, and their condition keys."""

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.sts.authentication import Caller


def needs(service: str, operation: str, parameters: Mapping[str, Any], caller: Caller, region: str) -> list[Need]:
    """What must be allowed for the call to be carried out; all of it.

    `service` is the name in the request's signature, `parameters` are those of botocore's model of the operation.
    """
    del parameters, region
    return [Need(f"{service}:{operation}", "*", caller.account_id)]
