"""The syntax of the policies that switch security services on: Security Hub, Inspector, GuardDuty, Network Security
Director.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_security_hub_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inspector_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_guardduty_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_network_security_director_syntax.html

AWS publishes no syntax of Security Hub CSPM policies (`SECURITYHUB_CSPM_POLICY`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.organization_policies.schema import Group, Problem, Setting, is_region, one_of, settings_of

ALL_REGIONS = "ALL_SUPPORTED"
ENABLE, DISABLE = "enable_in_regions", "disable_in_regions"

_REGIONS = Setting(
    lambda given: given == ALL_REGIONS or is_region(given), f"regions, such as us-east-1, or {ALL_REGIONS}", many=True
)


_BOTH = (ENABLE, DISABLE)


def _in_regions(needs: Sequence[str] = (), **more: Group) -> Group:
    return Group({ENABLE: _REGIONS, DISABLE: _REGIONS, **more}, needs=needs, whole=_BOTH)


# Of Security Hub, AWS's own examples leave lists to the policy above.
SECURITY_HUB_SCHEMA = Group({"securityhub": _in_regions(features=Group({"network_scanning": _in_regions()}))})

INSPECTOR_SCHEMA = Group(
    {
        "inspector": Group(
            {
                "enablement": Group(
                    {
                        "lambda_standard_scanning": _in_regions(_BOTH, lambda_code_scanning=_in_regions(_BOTH)),
                        "ec2_scanning": _in_regions(_BOTH),
                        "ecr_scanning": _in_regions(_BOTH),
                        "code_repository_scanning": _in_regions(_BOTH),
                    }
                )
            }
        )
    }
)
NETWORK_SECURITY_DIRECTOR_SCHEMA = Group(
    {"network_security_director": Group({"enablement": Group({"network_security_scan": _in_regions()})})}
)


def _without_foundation(block: Mapping[str, Any]) -> Problem | None:
    """GuardDuty's features build on its foundational detection."""
    on = [feature for feature in block if settings_of(block, feature.lower(), "status") == "enabled"]
    if on and not any(feature.lower() == "foundational" for feature in on):
        what = f"has {', '.join(sorted(on))} enabled without foundational"
        return Problem("", what, "foundational/status enabled as well")
    return None


_STATUS = {"status": one_of("enabled", "disabled")}
_FEATURE = Group(_STATUS)
_FEATURES = Group(
    {
        "foundational": _FEATURE,
        "s3_data_events": _FEATURE,
        "eks_audit_logs": _FEATURE,
        "ebs_malware_protection": _FEATURE,
        "rds_login_events": _FEATURE,
        "lambda_network_logs": _FEATURE,
        "runtime_monitoring": Group(
            {
                **_STATUS,
                "additional_configuration": Group(
                    {
                        "eks_addon_management": _FEATURE,
                        "ec2_agent_management": _FEATURE,
                        "ecs_fargate_agent_management": _FEATURE,
                    }
                ),
            }
        ),
        "ai_protection": _FEATURE,
    },
    rule=_without_foundation,
)
GUARDDUTY_SCHEMA = Group(
    {
        "guardduty": Group(
            {
                "enablement": Group(
                    {"default": _FEATURES},
                    others=_FEATURES,
                    names=is_region,
                    named="regions, such as us-east-1",
                    least=1,
                )
            },
            needs=("enablement",),
        )
    }
)
