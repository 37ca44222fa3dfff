"""One case for each type of the table: what it is made with, and what each of its properties changes to."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.request import urlopen

from sandbox.provider.wire import Values
from tests.sandbox.provider.conftest import REGION, Engine

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@dataclass(frozen=True)
class Case:
    """`start` gives the inputs, with what they need made before; `updates` are changes in place and
    `replaces` those that force replacement, one for every property of the type. `import_id` makes what the user
    gives to `pulumi import` from the id. `always` is a type that AWS never says is gone."""

    token: str
    start: Callable[[Engine], Values]
    updates: Values = field(default_factory=dict)
    replaces: Values = field(default_factory=dict)
    import_id: str = "{id}"
    always: bool = False

    def __str__(self) -> str:
        return self.token


def trust(account: str) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _lock(engine: Engine) -> Values:
    engine.create("aws:backup/vault:Vault", {"name": "Default", "region": "us-west-2"})
    return {"backupVaultName": "Default", "minRetentionDays": 7, "maxRetentionDays": 90, "region": "us-west-2"}


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def deny(action: str) -> str:
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def root(engine: Engine) -> str:
    """The root id of a new organization in which service control policies are on, and accounts can be renamed."""
    inputs = {
        "awsServiceAccessPrincipals": ["account.amazonaws.com"],
        "enabledPolicyTypes": ["SERVICE_CONTROL_POLICY"],
    }
    made = engine.create("aws:organizations/organization:Organization", inputs)
    return str(made.outputs["roots"][0]["id"])


def unit(engine: Engine) -> str:
    """The id of a unit in a new organization."""
    token = "aws:organizations/organizationalUnit:OrganizationalUnit"
    return engine.create(token, {"name": "Development", "parentId": root(engine)}).id


def group(engine: Engine, name: str = "developers") -> str:
    return engine.create("aws:iam/group:Group", {"name": name}).id


def user(engine: Engine) -> str:
    return engine.create("aws:iam/user:User", {"name": "ann"}).id


def role(engine: Engine) -> str:
    return engine.create("aws:iam/role:Role", {"name": "Reader", "assumeRolePolicy": trust("123456789012")}).id


def alert(percent: float, *addresses: str) -> Values:
    return {
        "comparisonOperator": "GREATER_THAN",
        "notificationType": "ACTUAL",
        "threshold": percent,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": list(addresses),
    }


def _attachment(engine: Engine) -> Values:
    target = root(engine)
    policy = engine.create("aws:organizations/policy:Policy", {"name": "deny", "content": deny("s3:*")})
    return {"policyId": policy.id, "targetId": target}


def _org_policy(engine: Engine) -> Values:
    root(engine)
    return {"name": "deny-leaving", "content": deny("organizations:LeaveOrganization"), "tags": {"a": "1"}}


def _membership(engine: Engine) -> Values:
    group(engine, "readers")
    return {"user": user(engine), "groups": [group(engine)]}


def _features(engine: Engine) -> Values:
    engine.create("aws:organizations/organization:Organization", {"awsServiceAccessPrincipals": ["iam.amazonaws.com"]})
    return {"enabledFeatures": ["RootCredentialsManagement"]}


def center(engine: Engine) -> tuple[str, str]:
    """The ARN of the instance of IAM Identity Center of a new organization, and the id of its identity store."""
    inputs = {"awsServiceAccessPrincipals": ["account.amazonaws.com", "sso.amazonaws.com"]}
    engine.create("aws:organizations/organization:Organization", inputs)
    data = json.dumps({"region": REGION}).encode()
    with urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_sandbox/identity-center", data) as answer:  # noqa: S310
        made = json.load(answer)
    return made["instance_arn"], made["identity_store_id"]


def person(engine: Engine, store: str) -> str:
    inputs = {
        "identityStoreId": store,
        "userName": "ann",
        "displayName": "Ann",
        "name": {"givenName": "Ann", "familyName": "Example"},
    }
    return str(engine.create("aws:identitystore/user:User", inputs).outputs["userId"])


def people(engine: Engine, store: str) -> str:
    inputs = {"identityStoreId": store, "displayName": "developers"}
    return str(engine.create("aws:identitystore/group:Group", inputs).outputs["groupId"])


def permission_set(engine: Engine, instance: str) -> Values:
    """A new permission set, as what it has names it."""
    made = engine.create("aws:ssoadmin/permissionSet:PermissionSet", {"instanceArn": instance, "name": "Developers"})
    return {"instanceArn": instance, "permissionSetArn": made.outputs["arn"]}


def _user(engine: Engine) -> Values:
    return {
        "identityStoreId": center(engine)[1],
        "userName": "ann",
        "displayName": "Ann",
        "name": {"givenName": "Ann", "familyName": "Example"},
        "emails": {"value": "ann@example.com", "primary": True},
    }


def _member(engine: Engine) -> Values:
    store = center(engine)[1]
    return {"identityStoreId": store, "groupId": people(engine, store), "memberId": person(engine, store)}


def _assignment(engine: Engine) -> Values:
    instance, store = center(engine)
    account = engine.create(
        "aws:organizations/account:Account", {"name": "Shop", "email": "shop@example.com", "closeOnDeletion": True}
    )
    return {
        **permission_set(engine, instance),
        "principalId": people(engine, store),
        "principalType": "GROUP",
        "targetId": account.id,
        "targetType": "AWS_ACCOUNT",
    }


OTHER_SET = {
    "instanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    "region": "us-east-1",
}

OF_IDENTITY_CENTER = (
    Case(
        "aws:identitystore/group:Group",
        lambda engine: {"identityStoreId": center(engine)[1], "displayName": "developers", "description": "build"},
        updates={"displayName": "engineers", "description": "build and run"},
        replaces={"identityStoreId": "d-0123456789", "region": "us-east-1"},
    ),
    Case(
        "aws:identitystore/user:User",
        _user,
        updates={
            "displayName": "Anna",
            "name": {"givenName": "Anna", "familyName": "Example", "middleName": "B"},
            "emails": {"value": "anna@example.com", "primary": True, "type": "work"},
            "locale": "en-GB",
            "nickname": "an",
            "preferredLanguage": "en",
            "profileUrl": "https://example.com/ann",
            "timezone": "UTC",
            "title": "Engineer",
            "userType": "staff",
        },
        replaces={"identityStoreId": "d-0123456789", "userName": "anna", "region": "us-east-1"},
    ),
    Case(
        "aws:identitystore/groupMembership:GroupMembership",
        _member,
        replaces={"identityStoreId": "d-0123456789", "groupId": "g", "memberId": "m", "region": "us-east-1"},
    ),
    Case(
        "aws:ssoadmin/permissionSet:PermissionSet",
        lambda engine: {"instanceArn": center(engine)[0], "name": "Developers", "description": "d", "tags": {"a": "1"}},
        updates={
            "description": "build",
            "relayState": "https://example.com",
            "sessionDuration": "PT8H",
            "tags": {"b": "2"},
        },
        replaces={"instanceArn": OTHER_SET["instanceArn"], "name": "Other", "region": "us-east-1"},
    ),
    Case(
        "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
        lambda engine: {**permission_set(engine, center(engine)[0]), "inlinePolicy": allow("s3:*")},
        updates={"inlinePolicy": allow("s3:*", "ec2:*")},
        replaces=OTHER_SET,
    ),
    Case(
        "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
        lambda engine: {**permission_set(engine, center(engine)[0]), "managedPolicyArn": READ_ONLY},
        replaces={**OTHER_SET, "managedPolicyArn": VIEW_ONLY},
    ),
    Case(
        "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
        lambda engine: {
            **permission_set(engine, center(engine)[0]),
            "customerManagedPolicyReference": {"name": "Most", "path": "/"},
        },
        replaces={**OTHER_SET, "customerManagedPolicyReference": {"name": "Other", "path": "/"}},
    ),
    Case(
        "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
        lambda engine: {
            **permission_set(engine, center(engine)[0]),
            "permissionsBoundary": {"customerManagedPolicyReference": {"name": "Most", "path": "/"}},
        },
        replaces={**OTHER_SET, "permissionsBoundary": {"managedPolicyArn": READ_ONLY}},
    ),
    Case(
        "aws:ssoadmin/accountAssignment:AccountAssignment",
        _assignment,
        replaces={
            **OTHER_SET,
            "principalId": "01234567-89ab-cdef-0123-456789abcdef",
            "principalType": "USER",
            "targetId": "210987654321",
            "targetType": "OTHER",
        },
    ),
)

CASES = (
    *OF_IDENTITY_CENTER,
    Case(
        "aws:iam/organizationsFeatures:OrganizationsFeatures",
        _features,
        updates={"enabledFeatures": ["RootCredentialsManagement", "RootSessions"]},
    ),
    Case(
        "aws:organizations/organization:Organization",
        lambda _engine: {"awsServiceAccessPrincipals": ["backup.amazonaws.com"], "enabledPolicyTypes": ["TAG_POLICY"]},
        updates={
            "awsServiceAccessPrincipals": ["tagpolicies.tag.amazonaws.com"],
            "enabledPolicyTypes": ["SERVICE_CONTROL_POLICY", "BACKUP_POLICY"],
            "returnOrganizationOnly": True,
        },
        replaces={"featureSet": "CONSOLIDATED_BILLING"},
    ),
    Case(
        "aws:organizations/organizationalUnit:OrganizationalUnit",
        lambda engine: {"name": "Development", "parentId": root(engine), "tags": {"a": "1"}},
        updates={"name": "Dev", "tags": {"b": "2"}},
        replaces={"parentId": "ou-abcd-12345678"},
    ),
    Case(
        "aws:organizations/account:Account",
        lambda engine: {
            "name": "Developer",
            "email": "developer@example.com",
            "parentId": unit(engine),
            "closeOnDeletion": True,
            "tags": {"a": "1"},
        },
        updates={"name": "Dev", "closeOnDeletion": False, "tags": {"a": "2", "b": "3"}, "parentId": "<root>"},
        replaces={"email": "d@example.com", "roleName": "Access", "iamUserAccessToBilling": "DENY"},
    ),
    Case(
        "aws:organizations/policy:Policy",
        _org_policy,
        updates={
            "content": deny("cloudtrail:StopLogging"),
            "description": "nobody stops it",
            "name": "deny-stopping",
            "skipDestroy": True,
            "tags": {},
        },
        replaces={"type": "TAG_POLICY"},
    ),
    Case(
        "aws:organizations/policyAttachment:PolicyAttachment",
        _attachment,
        updates={"skipDestroy": True},
        replaces={"policyId": "p-other", "targetId": "ou-other"},
    ),
    Case(
        "aws:iam/group:Group",
        lambda _engine: {"name": "developers"},
        updates={"name": "engineers", "path": "/people/"},
    ),
    Case(
        "aws:iam/groupPolicy:GroupPolicy",
        lambda engine: {"name": "assume", "group": group(engine), "policy": allow("sts:AssumeRole")},
        updates={"policy": allow("sts:AssumeRole", "sts:TagSession")},
        replaces={"name": "other", "group": "others"},
    ),
    Case(
        "aws:iam/user:User",
        lambda _engine: {"name": "ann"},
        updates={
            "tags": {"b": "2"},
            "name": "anna",
            "path": "/people/",
            "forceDestroy": True,
            "permissionsBoundary": READ_ONLY,
        },
    ),
    Case(
        "aws:iam/userPolicy:UserPolicy",
        lambda engine: {"name": "assume", "user": user(engine), "policy": allow("sts:AssumeRole")},
        updates={"policy": allow("sts:*")},
        replaces={"name": "other", "user": "bob"},
    ),
    Case(
        "aws:iam/userGroupMembership:UserGroupMembership",
        _membership,
        updates={"groups": ["developers", "readers"]},
        replaces={"user": "bob"},
    ),
    Case(
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        lambda _engine: {
            "minimumPasswordLength": 14,
            "maxPasswordAge": 90,
            "passwordReusePrevention": 5,
            "hardExpiry": False,
            "requireLowercaseCharacters": True,
            "requireNumbers": True,
            "requireSymbols": True,
            "requireUppercaseCharacters": True,
        },
        updates={
            "allowUsersToChangePassword": False,
            "hardExpiry": True,
            "maxPasswordAge": 30,
            "minimumPasswordLength": 20,
            "passwordReusePrevention": 24,
            "requireLowercaseCharacters": False,
            "requireNumbers": False,
            "requireSymbols": False,
            "requireUppercaseCharacters": False,
        },
    ),
    Case(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        lambda _engine: {
            "url": "https://token.example.com",
            "clientIdLists": ["sts.amazonaws.com"],
            "thumbprintLists": ["a" * 40],
            "tags": {"a": "1"},
        },
        updates={"clientIdLists": ["other", "another"], "thumbprintLists": ["b" * 40], "tags": {"b": "1"}},
        replaces={"url": "https://other.example.com"},
    ),
    Case(
        "aws:iam/role:Role",
        lambda _engine: {"name": "Reader", "assumeRolePolicy": trust("123456789012"), "tags": {"a": "1"}},
        updates={
            "assumeRolePolicy": trust("210987654321"),
            "description": "reads",
            "forceDetachPolicies": True,
            "maxSessionDuration": 7200,
            "permissionsBoundary": READ_ONLY,
            "tags": {"a": "2"},
        },
        replaces={"name": "Other", "path": "/other/"},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda engine: {"name": "read", "role": role(engine), "policy": allow("s3:GetObject")},
        updates={"policy": allow("s3:ListBucket")},
        replaces={"name": "other", "role": "Other"},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda _engine: {"name": "boundary", "policy": allow("s3:*"), "description": "d", "tags": {"a": "1"}},
        updates={"policy": allow("ec2:*"), "tags": {"b": "2"}},
        replaces={"name": "other", "path": "/other/", "description": "other"},
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda engine: {"role": role(engine), "policyArn": READ_ONLY},
        replaces={"role": "Other", "policyArn": VIEW_ONLY},
    ),
    Case(
        "aws:iam/accountAlias:AccountAlias",
        lambda _engine: {"accountAlias": "acme-management"},
        replaces={"accountAlias": "acme-other"},
    ),
    Case(
        "aws:backup/vault:Vault",
        lambda _engine: {"name": "Default", "region": "us-west-2", "tags": {"a": "1"}},
        updates={"forceDestroy": True, "tags": {"b": "2"}},
        replaces={
            "name": "Other",
            "region": "us-east-1",
            "kmsKeyArn": "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012",
        },
        import_id="{id}@us-west-2",
    ),
    Case(
        "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault",
        lambda _engine: {
            "name": "AirGapped",
            "minRetentionDays": 7,
            "maxRetentionDays": 90,
            "region": "us-west-2",
            "tags": {"a": "1"},
        },
        updates={"tags": {"b": "2"}},
        replaces={
            "name": "Other",
            "minRetentionDays": 8,
            "maxRetentionDays": 91,
            "region": "us-east-1",
            "encryptionKeyArn": "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012",
        },
        import_id="{id}@us-west-2",
    ),
    Case(
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        _lock,
        replaces={
            "backupVaultName": "Other",
            "changeableForDays": 3,
            "minRetentionDays": 8,
            "maxRetentionDays": 91,
            "region": "us-east-1",
        },
        import_id="{id}@us-west-2",
        always=True,
    ),
    Case(
        "aws:budgets/budget:Budget",
        lambda _engine: {
            "name": "monthly",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "500",
            "limitUnit": "USD",
            "timePeriodStart": "2026-01-01_00:00",
            "notifications": [alert(80.0, "ada@example.com"), alert(100.0, "ada@example.com", "bob@example.com")],
            "tags": {"a": "1"},
        },
        updates={
            "limitAmount": "700.50",
            "limitUnit": "EUR",
            "budgetType": "USAGE",
            "timeUnit": "QUARTERLY",
            "timePeriodEnd": "2030-01-01_00:00",
            "timePeriodStart": "2026-02-01_00:00",
            "notifications": [{**alert(90.0), "subscriberSnsTopicArns": ["arn:aws:sns:us-west-2:123456789012:costs"]}],
            "tags": {"b": "2"},
        },
        replaces={"name": "other", "accountId": "210987654321"},
    ),
    Case(
        "aws:account/alternativeContact:AlternativeContact",
        lambda _engine: {
            "alternateContactType": "SECURITY",
            "name": "Security",
            "title": "Team",
            "emailAddress": "security@example.com",
            "phoneNumber": "+1 555 0100",
        },
        updates={
            "name": "Operations",
            "title": "Group",
            "emailAddress": "operations@example.com",
            "phoneNumber": "+1 555 0101",
        },
        replaces={"alternateContactType": "BILLING", "accountId": "210987654321"},
    ),
    Case(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        lambda _engine: {"blockPublicAcls": True, "blockPublicPolicy": True},
        updates={
            "blockPublicAcls": False,
            "blockPublicPolicy": False,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        replaces={"accountId": "210987654321"},
    ),
    Case(
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        lambda _engine: {"region": "us-west-2"},
        updates={"enabled": False},
        replaces={"region": "us-east-1"},
        import_id="{id}@us-west-2",
        always=True,
    ),
)
