"""The components that the layers wire together."""

from shared.components.account_baseline import AccountBaseline, AccountBaselineArgs
from shared.components.account_permissions import AccountPermissions, AccountPermissionsArgs
from shared.components.automation_identity import AutomationIdentity, AutomationIdentityArgs
from shared.components.backup_policy import BackupPolicy, BackupPolicyArgs
from shared.components.backup_target import BackupTarget, BackupTargetArgs
from shared.components.developers import Developers, DevelopersArgs
from shared.components.member_account import MemberAccount, MemberAccountArgs
from shared.components.organization import OrganizationUnits, OrganizationUnitsArgs, find_organization
from shared.components.password_rules import PasswordRules, PasswordRulesArgs
from shared.components.service_control import ServiceControlPolicies, ServiceControlPoliciesArgs
from shared.components.tag_policies import TagPolicies, TagPoliciesArgs

__all__ = [
    "AccountBaseline",
    "AccountBaselineArgs",
    "AccountPermissions",
    "AccountPermissionsArgs",
    "AutomationIdentity",
    "AutomationIdentityArgs",
    "BackupPolicy",
    "BackupPolicyArgs",
    "BackupTarget",
    "BackupTargetArgs",
    "Developers",
    "DevelopersArgs",
    "MemberAccount",
    "MemberAccountArgs",
    "OrganizationUnits",
    "OrganizationUnitsArgs",
    "PasswordRules",
    "PasswordRulesArgs",
    "ServiceControlPolicies",
    "ServiceControlPoliciesArgs",
    "TagPolicies",
    "TagPoliciesArgs",
    "find_organization",
]
