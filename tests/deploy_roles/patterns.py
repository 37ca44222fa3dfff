"""Which resources each action may reach, by layer: written by hand. Which actions are needed comes from the recording.

Resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html and the
pages of the other services beside it.
"""

from collections.abc import Mapping

from shared.policy_documents.documents import Document

Groups = Mapping[tuple[str, ...], str]
"""Resource patterns → the actions on them, separated by spaces."""

_ORGANIZATIONS = "arn:aws:organizations::<account>:"
ROOT, UNIT, ACCOUNT, POLICY = (
    f"{_ORGANIZATIONS}{kind}/<organization>/*" for kind in ("root", "ou", "account", "policy")
)
AWS_POLICY = "arn:aws:organizations::aws:policy/*"
"""Policies of AWS itself, such as FullAWSAccess, which the lists name too."""

_IAM = "arn:aws:iam::<account>:"
USERS, MFA_DEVICES, AUTOMATION = (f"{_IAM}{name}" for name in ("user/*", "mfa/*", "role/cicd-automation"))
GROUPS = (f"{_IAM}group/developers", f"{_IAM}group/mfa-enrolment")
PROVIDERS = f"{_IAM}oidc-provider/*"
DEPLOY_ROLES = (f"{_IAM}role/Deploy*", f"{_IAM}role/Preview*")
DEPLOY_POLICIES = (f"{_IAM}policy/Deploy*", f"{_IAM}policy/Preview*")

INSTANCES, PERMISSION_SETS, ASSIGNED = (
    f"arn:aws:sso:::{name}" for name in ("instance/*", "permissionSet/*/*", "account/*")
)
STORES = "arn:aws:identitystore::<account>:identitystore/*"
PEOPLE, PEOPLE_GROUPS, MEMBERSHIPS = (f"arn:aws:identitystore:::{kind}/*" for kind in ("user", "group", "membership"))

_EVERYTHING = ("*",)

MANAGEMENT: Mapping[str, Groups] = {
    "org": {
        _EVERYTHING: "DescribeOrganization EnableAWSServiceAccess DisableAWSServiceAccess "
        "ListAWSServiceAccessForOrganization ListAccounts ListDelegatedAdministrators ListPolicies ListRoots "
        "iam:GetAccountAuthorizationDetails iam:ListOrganizationsFeatures "
        "iam:EnableOrganizationsRootCredentialsManagement iam:EnableOrganizationsRootSessions "
        "iam:DisableOrganizationsRootCredentialsManagement iam:DisableOrganizationsRootSessions",
        (ROOT,): "EnablePolicyType",
        (ROOT, UNIT): "CreateOrganizationalUnit ListAccountsForParent ListOrganizationalUnitsForParent",
        (UNIT,): "DescribeOrganizationalUnit UpdateOrganizationalUnit DeleteOrganizationalUnit TagResource "
        "UntagResource",
        (UNIT, ACCOUNT): "ListParents",
        (ROOT, UNIT, ACCOUNT, POLICY, AWS_POLICY): "ListTagsForResource",
        (POLICY, AWS_POLICY): "ListTargetsForPolicy",
        # `drift` looks for roles with this project's names, and for what users hold that nobody declared.
        (f"{_IAM}role/*",): "iam:GetRole iam:ListAttachedRolePolicies iam:ListRolePolicies",
        (USERS,): "iam:GetLoginProfile iam:ListAccessKeys iam:ListMFADevices",
    },
    "identity": {
        _EVERYTHING: "DescribeOrganization iam:GetAccountPasswordPolicy iam:UpdateAccountPasswordPolicy "
        "iam:DeleteAccountPasswordPolicy iam:ListVirtualMFADevices sso:ListInstances",
        (USERS,): "iam:CreateUser iam:DeleteUser iam:GetUser iam:ListGroupsForUser iam:ListAccessKeys "
        "iam:DeleteAccessKey iam:GetLoginProfile iam:DeleteLoginProfile iam:ListMFADevices iam:DeactivateMFADevice "
        "iam:ListSSHPublicKeys iam:ListSigningCertificates iam:ListUserPolicies "
        "iam:ListAttachedUserPolicies",
        (MFA_DEVICES,): "iam:DeleteVirtualMFADevice",
        GROUPS: "iam:GetGroup iam:GetGroupPolicy iam:AddUserToGroup iam:RemoveUserFromGroup",
        (AUTOMATION,): "iam:UpdateAssumeRolePolicy iam:GetRolePolicy",
        (AUTOMATION, *DEPLOY_ROLES): "iam:GetRole iam:ListAttachedRolePolicies",
        DEPLOY_POLICIES: "iam:GetPolicy iam:GetPolicyVersion",
        (PROVIDERS,): "iam:GetOpenIDConnectProvider",
        (INSTANCES, PERMISSION_SETS): "sso:DescribePermissionSet sso:GetInlinePolicyForPermissionSet "
        "sso:GetPermissionsBoundaryForPermissionSet sso:ListCustomerManagedPolicyReferencesInPermissionSet "
        "sso:ListManagedPoliciesInPermissionSet sso:ListTagsForResource",
        (STORES, PEOPLE_GROUPS): "identitystore:DescribeGroup identitystore:ListGroups",
        (STORES, PEOPLE): "identitystore:CreateUser identitystore:UpdateUser identitystore:DeleteUser "
        "identitystore:DescribeUser",
        (STORES, PEOPLE, PEOPLE_GROUPS, MEMBERSHIPS): "identitystore:CreateGroupMembership "
        "identitystore:DeleteGroupMembership identitystore:DescribeGroupMembership",
    },
    "policies": {
        # The lists are of the accounts that policy files name.
        _EVERYTHING: "CreatePolicy DescribeOrganization ListAWSServiceAccessForOrganization ListAccounts ListRoots",
        (POLICY,): "DescribePolicy UpdatePolicy DeletePolicy ListTagsForResource ListTargetsForPolicy TagResource "
        "UntagResource",
        (POLICY, ROOT, UNIT, ACCOUNT): "AttachPolicy DetachPolicy",
    },
    "accounts": {
        _EVERYTHING: "CreateAccount DescribeOrganization DescribeCreateAccountStatus ListAccounts "
        "ListAWSServiceAccessForOrganization ListCreateAccountStatus",
        (ACCOUNT,): "DescribeAccount RemoveAccountFromOrganization CloseAccount TagResource UntagResource "
        "ListTagsForResource ListParents",
        (ACCOUNT, ROOT, UNIT): "MoveAccount",
        (INSTANCES,): "sso:DescribeAccountAssignmentCreationStatus sso:DescribeAccountAssignmentDeletionStatus",
        (INSTANCES, PERMISSION_SETS, ASSIGNED): "sso:CreateAccountAssignment sso:DeleteAccountAssignment "
        "sso:ListAccountAssignments",
        ("arn:aws:account::<account>:account/<organization>/*",): "account:PutAccountName "
        "account:StartPrimaryEmailUpdate account:AcceptPrimaryEmailUpdate",
    },
}
"""In the management account. An action without a service is one of Organizations."""

ASSUMED: Mapping[str, tuple[str, ...]] = {
    "deploy": ("arn:aws:iam::*:role/<access-role>",),
    "preview": ("arn:aws:iam::*:role/PreviewRole",),
}
"""The roles in member accounts that the roles of the accounts layer assume, of this organization only."""

_INSIDE = "arn:aws:iam::<account>:"

MEMBER: Groups = {
    _EVERYTHING: "ec2:DescribeNetworkInterfaces ec2:DescribeRegions ec2:DescribeVpcs ec2:GetEbsEncryptionByDefault "
    "iam:GetAccountPasswordPolicy iam:ListAccountAliases s3:GetAccountPublicAccessBlock",
    ("arn:aws:budgets::<account>:budget/*",): "budgets:ListTagsForResource budgets:ViewBudget",
    (f"{_INSIDE}role/*",): "iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies",
    (f"{_INSIDE}policy/*",): "iam:GetPolicy iam:GetPolicyVersion",
    ("arn:aws:backup:*:<account>:backup-vault:*",): "backup:DescribeBackupVault backup:ListTags",
    ("arn:aws:account::<account>:account",): "account:GetAlternateContact",
}
"""What PreviewRole may read in a member account."""

ADMINISTRATOR: Mapping[str, str] = {
    "org": "CreateOrganization DeleteOrganization EnableAllFeatures",
    # What anybody may do, and who may deploy. The layer's team decides who the developers are.
    "identity": "iam:CreateGroup iam:DeleteGroup iam:PutGroupPolicy iam:DeleteGroupPolicy iam:PutUserPolicy "
    "iam:DeleteUserPolicy iam:CreateRole iam:DeleteRole iam:PutRolePolicy iam:DeleteRolePolicy iam:UpdateRole "
    "iam:CreatePolicy iam:DeletePolicy iam:CreatePolicyVersion iam:DeletePolicyVersion iam:AttachRolePolicy "
    "iam:DetachRolePolicy iam:CreateOpenIDConnectProvider iam:DeleteOpenIDConnectProvider "
    "iam:AddClientIDToOpenIDConnectProvider iam:RemoveClientIDFromOpenIDConnectProvider iam:DetachUserPolicy "
    "iam:UpdateOpenIDConnectProviderThumbprint iam:ListInstanceProfilesForRole iam:ListPolicyVersions",
    "policies": "",
    "accounts": "",
}
"""What only an administrator of the management account does, though the programs call it."""

DENIED: Mapping[str, list[Document]] = {
    "identity": [
        {
            # Users that others made have a path; this layer's have none.
            "Sid": "UsersWithAPathAreNotThisLayers",
            "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*"],
            "Resource": [f"{_IAM}user/*/*", f"{_IAM}mfa/*/*"],
        },
        {
            "Sid": "DeployRolesAreAnAdministrators",
            "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*"],
            "Resource": [*DEPLOY_ROLES, *DEPLOY_POLICIES, PROVIDERS],
        },
    ],
}
"""What the deploy role of a layer must never do, whatever else allows it."""


def actions(text: str) -> list[str]:
    """The actions in a text of this table."""
    return [each if ":" in each else f"organizations:{each}" for each in text.split()]
