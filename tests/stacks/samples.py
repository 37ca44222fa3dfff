"""Configurations and upstream outputs that the program tests start from."""

from typing import Any

from tests.stacks.harness import MANAGEMENT

ORG: dict[str, Any] = {
    "organizationId": "o-example",
    "managementAccountId": MANAGEMENT,
    "rootId": "r-root",
    "organizationalUnits": {"Development": "ou-dev", "Development/Web": "ou-web", "Sandbox": "ou-sandbox"},
}
USERS = [f"arn:aws:iam::{MANAGEMENT}:user/ada", f"arn:aws:iam::{MANAGEMENT}:user/grace"]
AUTOMATION = f"arn:aws:iam::{MANAGEMENT}:user/cicd-automation"
IDENTITY: dict[str, Any] = {
    "principals": {"DeveloperRole": USERS, "AutomationRole": [AUTOMATION]},
    "mfaRequired": {"DeveloperRole": True, "AutomationRole": False},
}
BACKUP = {
    "vaultName": "Default",
    "roleName": "MyMonthlyBackupIamRole",
    "primaryRegions": ["us-west-2", "eu-west-1"],
    "copyRegion": "us-east-1",
}
RULES = {"CostCenter": ["Development", "Testing"], "Owner": ["*"]}
POLICIES: dict[str, Any] = {
    "backup": {"Development": BACKUP, "Development/Web": BACKUP},
    "tagRules": {"Development": RULES, "Development/Web": RULES, "Sandbox": {}},
}
UPSTREAM = {"org": ORG, "identity": IDENTITY, "policies": POLICIES}

ACCOUNT: dict[str, Any] = {
    "name": "DeveloperAccount",
    "email": "developer-account@example.com",
    "organizationalUnit": "Development",
    "resourceNamesPrefix": "dev",
    "tags": {"CostCenter": "Development", "Owner": "platform-team"},
}
POLICY_SETTINGS: dict[str, Any] = {
    "backup": {
        "organizationalUnits": ["Development"],
        "primaryRegions": ["us-west-2"],
        "copyRegion": "us-east-1",
    },
    "tags": {"Development": {"costCenters": ["Development", "Testing"]}},
    "serviceControl": {"Development": {"allowedRegions": ["us-east-1", "us-west-2"]}},
}
