"""What a call must be allowed to do: one action on one resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Need:
    """One line of AWS's Service Authorization Reference, for one call.

    `account_id` is the account that owns the resource, which may be another than the caller's. `context` has the
    condition keys of the service and the resource, such as `iam:PermissionsBoundary` or `aws:ResourceTag/Owner`; those
    of the caller and the network are not in it.
    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """

    action: str
    resource: str = "*"
    account_id: str = ""
    """Empty for the caller's own account."""
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
