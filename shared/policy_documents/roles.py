"""The names of the roles in member accounts. Three layers use them and must agree on them."""

DEVELOPER_ROLE = "DeveloperRole"
AUTOMATION_ROLE = "AutomationRole"
BACKUP_ROLE = "MyMonthlyBackupIamRole"
DEVELOPERS_GROUP = "developers"
AUTOMATION_IDENTITY = "cicd-automation"
MANAGED_ROLES = [DEVELOPER_ROLE, AUTOMATION_ROLE, BACKUP_ROLE]
"""The roles that this project creates in every member account."""


def role_arn(account_id: str, role: str) -> str:
    """The ARN of a role without a path. With `*` as the account id it is a pattern that matches every account."""
    return f"arn:aws:iam::{account_id}:role/{role}"
