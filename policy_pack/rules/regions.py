"""Nothing outside the regions that the organization allows the account's OU.

The service control policy for it leaves the access role free, with which the accounts layer works.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.planned import Context, Finding, Planned, is_unknown


def regions(resource: Planned, context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    """The region of a resource, and of a provider that makes resources inside of the account."""
    if context.regions is None or not resource.type.startswith(("aws:", "pulumi:providers:aws")):
        return
    region = resource.properties.get("region")
    if region and not is_unknown(region) and not context.regions.allow(region):
        allowed = ", ".join(context.regions.allowed) or "none"
        yield Finding("region", region, f"{allowed} ({', '.join(context.regions.sources)})")
