"""The services that AWS Organizations works with, by principal: moto knows some of them.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
"""

DELEGATED = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "access-analyzer",
        "account",
        "auditmanager",
        "backup",
        "cloudtrail",
        "compute-optimizer",
        "config",
        "config-multiaccountsetup",
        "cost-optimization-hub.bcm",
        "detective",
        "devops-guru",
        "fms",
        "guardduty",
        "health",
        "iam",
        "inspector2",
        "ipam",
        "license-manager",
        "license-manager-linux-subscriptions",
        "license-manager.member-account",
        "macie",
        "malware-protection.guardduty",
        "member.org.stacksets.cloudformation",
        "mgn",
        "networkflowmonitor",
        "network-security-director",
        "networkmanager",
        "notifications",
        "observabilityadmin",
        "private-marketplace.marketplace",
        "procurement-insights.marketplace",
        "reachabilityanalyzer.networkinsights",
        "reporting.trustedadvisor",
        "resource-explorer-2",
        "security-ir",
        "securityhub",
        "securitylake",
        "selfservicereporting.managedservices",
        "servicecatalog",
        "ssm",
        "sso",
        "storage-lens.s3",
    )
)
"""Those that can have a delegated administrator."""

TRUSTED = DELEGATED | frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "aws-artifact-account-sync",
        "controltower",
        "ds",
        "license-management.marketplace",
        "q",
        "ram",
        "report.declarative-policies-ec2",
        "servicequotas",
        "stacksets.cloudformation",
        "supportapp",
        "tagpolicies.tag",
        "wellarchitected",
    )
)
"""Those that can have trusted access."""
