"""The names of the roles that several layers use and must agree on."""

DEVELOPER_ROLE = "DeveloperRole"
AUTOMATION_ROLE = "AutomationRole"
BACKUP_ROLE = "MyMonthlyBackupIamRole"
BACKUP_VAULT = "Default"
"""The vault of the monthly backups. Older deployments have it in their states without its name."""
PREVIEW_ROLE = "PreviewRole"
"""Reads what the accounts layer has made in an account. Made only where somebody may preview that layer."""
DEVELOPERS_GROUP = "developers"
ENROLMENT_GROUP = "mfa-enrolment"
AUTOMATION_IDENTITY = "cicd-automation"
MANAGED_ROLES = [DEVELOPER_ROLE, AUTOMATION_ROLE, BACKUP_ROLE, PREVIEW_ROLE]
"""The roles that this project creates in every member account."""

WORKLOAD = "Workload"
"""What AutomationRole makes roles for: containers, functions, instances. Their boundary is named after it."""
WORKLOAD_PATH = "/automation/"
"""The path of the roles, policies and instance profiles that AutomationRole makes."""

ROLES_PATH = "/organization/"
"""The path of the roles that the configuration adds, and of their boundaries and groups: one pattern protects all."""


def with_path(role: str) -> str:
    """The role with its path, as in ARNs and in the console's link: `organization/Auditor`."""
    return role if role in MANAGED_ROLES else f"{ROLES_PATH[1:]}{role}"


def sign_in_role(role: str) -> str:
    """The role of the management account that the tokens of CI jobs sign in to, to assume a role that was added."""
    return f"cicd-{role}"


def boundary_name(role: str, prefix: str) -> str:
    """The name of the boundary of a role, or of `WORKLOAD`. With `*` as the prefix it is a pattern."""
    return f"{prefix}{role}Boundary"


UNBOUNDED = "none"
"""The boundary of a permission set of IAM Identity Center that has none."""


def bounded_by_others(boundary: object) -> bool:
    """Whether `boundary`, as a permission set's configuration has it, is none, or a policy that others make: a path and
    a name, or an ARN."""
    return isinstance(boundary, str) and (boundary == UNBOUNDED or boundary.startswith(("/", "arn:")))


def role_arn(account_id: str, role: str) -> str:
    """The ARN of a role without a path. With `*` as the account id it is a pattern that matches every account."""
    return f"arn:aws:iam::{account_id}:role/{role}"


def deploy_role(layer: str) -> str:
    """The role of the management account that may deploy `layer`, such as `DeployAccounts`."""
    return f"Deploy{layer.capitalize()}"


def preview_role(layer: str) -> str:
    """The role of the management account that may preview `layer` and change nothing, such as `PreviewAccounts`."""
    return f"Preview{layer.capitalize()}"
