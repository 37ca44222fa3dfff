"""The policy types of AWS Organizations: all that botocore's `PolicyType` has.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
TAG_POLICY = "TAG_POLICY"
BACKUP_POLICY = "BACKUP_POLICY"
AISERVICES_OPT_OUT_POLICY = "AISERVICES_OPT_OUT_POLICY"
CHATBOT_POLICY = "CHATBOT_POLICY"
DECLARATIVE_POLICY_EC2 = "DECLARATIVE_POLICY_EC2"
SECURITYHUB_POLICY = "SECURITYHUB_POLICY"
SECURITYHUB_CSPM_POLICY = "SECURITYHUB_CSPM_POLICY"
INSPECTOR_POLICY = "INSPECTOR_POLICY"
UPGRADE_ROLLOUT_POLICY = "UPGRADE_ROLLOUT_POLICY"
BEDROCK_POLICY = "BEDROCK_POLICY"
S3_POLICY = "S3_POLICY"
NETWORK_SECURITY_DIRECTOR_POLICY = "NETWORK_SECURITY_DIRECTOR_POLICY"
GUARDDUTY_POLICY = "GUARDDUTY_POLICY"

GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"


@dataclass(frozen=True)
class PolicyType:
    """A policy type.

    `name` is AWS's, `key` the word in this project's files. `trusted_service` needs trusted access for the policies to
    work in full; with `trusted_first`, AWS enables the type only then. `inherits`: the policies are merged by operators
    (`@@assign`) from the root down. `checked`: its syntax is public and `check_content` knows it; of the others only
    JSON and operators are checked.
    """

    name: str
    key: str
    title: str
    page: str
    trusted_service: str | None = None
    trusted_first: bool = False
    inherits: bool = True
    checked: bool = True


_TYPES = (
    PolicyType(
        SERVICE_CONTROL_POLICY,
        "service-control",
        "service control policy",
        GUIDE + "orgs_manage_policies_scps.html",
        inherits=False,
    ),
    PolicyType(
        RESOURCE_CONTROL_POLICY,
        "resource-control",
        "resource control policy",
        GUIDE + "orgs_manage_policies_rcps.html",
        inherits=False,
    ),
    PolicyType(
        TAG_POLICY,
        "tag",
        "tag policy",
        GUIDE + "orgs_manage_policies_tag-policies.html",
        trusted_service="tagpolicies.tag.amazonaws.com",
    ),
    PolicyType(
        BACKUP_POLICY,
        "backup",
        "backup policy",
        GUIDE + "orgs_manage_policies_backup.html",
        trusted_service="backup.amazonaws.com",
    ),
    PolicyType(
        DECLARATIVE_POLICY_EC2,
        "declarative-ec2",
        "declarative policy for EC2",
        GUIDE + "orgs_manage_policies_declarative.html",
    ),
    PolicyType(
        AISERVICES_OPT_OUT_POLICY,
        "ai-services-opt-out",
        "AI services opt-out policy",
        GUIDE + "orgs_manage_policies_ai-opt-out.html",
    ),
    PolicyType(
        CHATBOT_POLICY,
        "chat-applications",
        "chat applications policy",
        GUIDE + "orgs_manage_policies_chatbot.html",
    ),
    PolicyType(
        SECURITYHUB_POLICY,
        "security-hub",
        "Security Hub policy",
        GUIDE + "orgs_manage_policies_security_hub.html",
        trusted_service="securityhub.amazonaws.com",
        trusted_first=True,
    ),
    PolicyType(
        SECURITYHUB_CSPM_POLICY,
        "security-hub-cspm",
        "Security Hub CSPM policy",
        GUIDE + "orgs_manage_policies_security_hub_cspm.html",
        trusted_service="securityhub.amazonaws.com",
        trusted_first=True,
        checked=False,
    ),
    PolicyType(
        INSPECTOR_POLICY,
        "inspector",
        "Inspector policy",
        GUIDE + "orgs_manage_policies_inspector.html",
        trusted_service="inspector2.amazonaws.com",
        trusted_first=True,
    ),
    PolicyType(
        UPGRADE_ROLLOUT_POLICY,
        "upgrade-rollout",
        "upgrade rollout policy",
        GUIDE + "orgs_manage_policies_upgrade_rollout.html",
    ),
    PolicyType(BEDROCK_POLICY, "bedrock", "Bedrock policy", GUIDE + "orgs_manage_policies_bedrock.html"),
    PolicyType(S3_POLICY, "s3", "S3 policy", GUIDE + "orgs_manage_policies_s3.html"),
    PolicyType(
        NETWORK_SECURITY_DIRECTOR_POLICY,
        "network-security-director",
        "Network Security Director policy",
        GUIDE + "orgs_manage_policies_network_security_director.html",
        trusted_service="network-security-director.amazonaws.com",
        trusted_first=True,
    ),
    PolicyType(
        GUARDDUTY_POLICY,
        "guardduty",
        "GuardDuty policy",
        GUIDE + "orgs_manage_policies_guardduty.html",
        trusted_service="guardduty.amazonaws.com",
        trusted_first=True,
    ),
)

POLICY_TYPES: Mapping[str, PolicyType] = MappingProxyType({each.name: each for each in _TYPES})
"""The types by AWS's name."""

BY_KEY: Mapping[str, PolicyType] = MappingProxyType({each.key: each for each in _TYPES})
"""The types by the word that this project's files have for them."""
