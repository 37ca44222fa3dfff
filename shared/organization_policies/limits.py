"""What AWS allows of organization policies: their size, their number, and how many are attached to one target.

Sources, as of July 2026:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html and the table of
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html (Inspector, Bedrock, upgrade
rollout and S3 policies). Since May 2026 service control policies may have 10,240 characters and be ten to a target.
AWS publishes no numbers for Security Hub CSPM, Network Security Director and GuardDuty policies; they are taken to be
those of the other management policies (`published` is False).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.organization_policies import types

MAX_NAME = 128
"""Characters of a policy's name: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""

MAX_DESCRIPTION = 512
"""Characters of a policy's description, as the same page has it."""


@dataclass(frozen=True)
class Limit:
    """`max_characters` counts white space, as AWS does for what its API gets. `min_attached` policies have to stay
    attached to the root, every OU and every account while the type is enabled. `max_policies` is for the organization;
    AWS's own policies do not count."""

    max_characters: int
    max_attached: int
    min_attached: int = 0
    max_policies: int = 1000
    published: bool = True


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        types.SERVICE_CONTROL_POLICY: Limit(10_240, 10, min_attached=1, max_policies=10_000),
        types.RESOURCE_CONTROL_POLICY: Limit(5_120, 5, min_attached=1, max_policies=2000),
        types.TAG_POLICY: Limit(10_000, 10),
        types.BACKUP_POLICY: Limit(10_000, 10),
        types.DECLARATIVE_POLICY_EC2: Limit(10_000, 10),
        types.AISERVICES_OPT_OUT_POLICY: Limit(2_500, 5),
        types.CHATBOT_POLICY: Limit(10_000, 5),
        types.SECURITYHUB_POLICY: Limit(10_000, 10),
        types.SECURITYHUB_CSPM_POLICY: Limit(10_000, 10, published=False),
        types.INSPECTOR_POLICY: Limit(10_000, 10),
        types.UPGRADE_ROLLOUT_POLICY: Limit(10_000, 10),
        types.BEDROCK_POLICY: Limit(10_000, 10),
        types.S3_POLICY: Limit(10_000, 10),
        types.NETWORK_SECURITY_DIRECTOR_POLICY: Limit(10_000, 10, published=False),
        types.GUARDDUTY_POLICY: Limit(10_000, 10, published=False),
    }
)
"""The limits by AWS's name of the policy type."""
