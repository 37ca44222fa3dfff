"""Centralized root access: IAM's features for an organization, and privileged sessions of members' root users."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, trust

IAM = "iam.amazonaws.com"
BOTH = ["RootCredentialsManagement", "RootSessions"]


def task(name: str) -> dict[str, str]:
    return {"arn": f"arn:aws:iam::aws:policy/root-task/{name}"}


AUDIT, DELETE, PASSWORD = map(
    task, ("IAMAuditRootUserCredentials", "IAMDeleteRootUserCredentials", "IAMCreateRootUserPassword")
)


def code(call: Callable[..., Any], **kwargs: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    return refused(error)[0]


def centralize(organization: Organization) -> Any:
    """Turn both features on; IAM of the management account."""
    organization.api.enable_aws_service_access(ServicePrincipal=IAM)
    iam = organization.aws.client("iam")
    iam.enable_organizations_root_credentials_management()
    iam.enable_organizations_root_sessions()
    return iam


def root(organization: Organization, account: str, task_policy: dict[str, str], keys: Any = None) -> Any:
    """IAM as the account's root user."""
    sts = organization.aws.client("sts", keys)
    answer = sts.assume_root(TargetPrincipal=account, TaskPolicyArn=task_policy)
    return organization.aws.client("iam", answer["Credentials"])


def test_the_features_need_trusted_access(organization: Organization) -> None:
    iam = organization.aws.client("iam")
    assert code(iam.list_organizations_features) == "ServiceAccessNotEnabledException"
    assert code(iam.enable_organizations_root_sessions) == "ServiceAccessNotEnabledException"
    organization.api.enable_aws_service_access(ServicePrincipal=IAM)
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    answer = iam.enable_organizations_root_sessions()
    assert (answer["OrganizationId"], answer["EnabledFeatures"]) == (organization.id, ["RootSessions"])
    assert iam.enable_organizations_root_credentials_management()["EnabledFeatures"] == BOTH
    assert iam.enable_organizations_root_credentials_management()["EnabledFeatures"] == BOTH
    assert iam.list_organizations_features()["EnabledFeatures"] == BOTH
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == BOTH[:1]
    assert iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []


def test_who_may_manage_the_features(organization: Organization) -> None:
    iam, account = centralize(organization), organization.account("one")
    inside = organization.aws.client("iam", organization.inside(account))
    assert code(inside.list_organizations_features) == "AccountNotManagementOrDelegatedAdministratorException"
    organization.api.register_delegated_administrator(AccountId=account, ServicePrincipal=IAM)
    assert inside.list_organizations_features()["EnabledFeatures"] == BOTH
    assert code(inside.enable_organizations_root_sessions) == "CallerIsNotManagementAccountException"
    assert inside.disable_organizations_root_sessions()["EnabledFeatures"] == BOTH[:1]
    assert iam.list_organizations_features()["EnabledFeatures"] == BOTH[:1]


def test_without_an_organization_there_are_none(people: People) -> None:
    assert code(people.iam.list_organizations_features) == "OrganizationNotFoundException"


def test_new_accounts_have_no_root_password_once_it_is_on(organization: Organization) -> None:
    def password(account: str) -> int:
        iam = organization.aws.client("iam", organization.inside(account))
        return int(iam.get_account_summary()["SummaryMap"]["AccountPasswordPresent"])

    before = organization.account("before")
    centralize(organization)
    assert (password(before), password(organization.account("after"))) == (1, 0)


def test_a_root_session_does_its_task_and_nothing_else(organization: Organization) -> None:
    account = organization.account("one")
    centralize(organization)
    audit = root(organization, account, AUDIT)
    assert audit.get_user()["User"]["Arn"] == f"arn:aws:iam::{account}:root"
    assert audit.get_login_profile()["LoginProfile"]["UserName"] == "root"
    assert audit.list_access_keys()["AccessKeyMetadata"] == []
    assert audit.list_mfa_devices()["MFADevices"] == []
    assert audit.list_signing_certificates()["Certificates"] == []
    for call in (audit.delete_login_profile, audit.list_users, audit.create_login_profile):
        assert code(call) == "AccessDenied"
    delete = root(organization, account, DELETE)
    delete.delete_login_profile()
    assert code(delete.delete_login_profile) == "NoSuchEntity"
    assert code(audit.get_login_profile) == "NoSuchEntity"
    allowed = root(organization, account, PASSWORD)
    allowed.create_login_profile()
    assert code(allowed.create_login_profile) == "EntityAlreadyExists"
    assert audit.get_login_profile()["LoginProfile"]


def test_whose_root_user_who_may_be(organization: Organization, people: People) -> None:
    one, two = organization.account("one"), organization.account("two")
    sts = organization.aws.client("sts")
    assert code(sts.assume_root, TargetPrincipal=one, TaskPolicyArn=AUDIT) == "AccessDenied"
    centralize(organization)
    arn = f"arn:aws:iam::{one}:root"
    answer = sts.assume_root(TargetPrincipal=arn, TaskPolicyArn=AUDIT, DurationSeconds=900)
    identity = organization.aws.client("sts", answer["Credentials"])
    assert identity.get_caller_identity()["Arn"] == arn
    assert code(identity.assume_root, TargetPrincipal=two, TaskPolicyArn=AUDIT) == "AccessDenied"
    role = people.role("Role", trust(MANAGEMENT, one))
    assert code(identity.assume_role, RoleArn=role, RoleSessionName="test") == "AccessDenied"
    for target in (MANAGEMENT, "999999999999"):
        assert code(sts.assume_root, TargetPrincipal=target, TaskPolicyArn=AUDIT) == "AccessDenied"
    assert code(sts.assume_root, TargetPrincipal="arn:aws:iam::somebody:root", TaskPolicyArn=AUDIT) == "ValidationError"
    wrong = {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert code(sts.assume_root, TargetPrincipal=one, TaskPolicyArn=wrong) == "ValidationError"
    assert code(sts.assume_root, TargetPrincipal=one, TaskPolicyArn=AUDIT, DurationSeconds=901) == "ValidationError"
    inside = organization.inside(two)
    member = organization.aws.client("sts", inside)
    assert code(member.assume_root, TargetPrincipal=one, TaskPolicyArn=AUDIT) == "AccessDenied"
    organization.api.register_delegated_administrator(AccountId=two, ServicePrincipal=IAM)
    assert root(organization, one, AUDIT, inside).list_access_keys()["AccessKeyMetadata"] == []
    organization.aws.client("iam").disable_organizations_root_sessions()
    assert code(sts.assume_root, TargetPrincipal=one, TaskPolicyArn=AUDIT) == "AccessDenied"


def test_the_permission_can_be_for_one_account_and_one_task(organization: Organization, people: People) -> None:
    one, two = organization.account("one"), organization.account("two")
    centralize(organization)
    condition = {"StringEquals": {"sts:TaskPolicyArn": AUDIT["arn"]}}
    policy = allow("sts:AssumeRoot", f"arn:aws:iam::{one}:root", Condition=condition)
    sts = organization.aws.client("sts", people.user("auditor", policy))
    assert sts.assume_root(TargetPrincipal=one, TaskPolicyArn=AUDIT)["Credentials"]
    assert code(sts.assume_root, TargetPrincipal=one, TaskPolicyArn=DELETE) == "AccessDenied"
    assert code(sts.assume_root, TargetPrincipal=two, TaskPolicyArn=AUDIT) == "AccessDenied"


def test_service_control_policies_bind_root_users(organization: Organization) -> None:
    organization.enable("SERVICE_CONTROL_POLICY")
    account = organization.account("one")
    centralize(organization)
    iam = root(organization, account, AUDIT)

    def deny(name: str, **condition: Any) -> str:
        like = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}, **condition}
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": like}
        scp = {"Version": "2012-10-17", "Statement": [statement]}
        return organization.attach("SERVICE_CONTROL_POLICY", scp, organization.root, name)

    deny("direct-root", Null={"aws:AssumedRoot": "true"})
    assert iam.list_access_keys()["AccessKeyMetadata"] == []
    deny("every-root")
    assert code(iam.list_access_keys) == "AccessDenied"


# Access keys of root users


def first_key(organization: Organization, account: str) -> dict[str, str]:
    made = organization.aws.control("POST", "root-access-keys", {"account_id": account})
    return {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}


def test_the_key_of_a_root_user_is_the_root_user(organization: Organization) -> None:
    account = organization.account("one")
    keys = first_key(organization, account)
    assert organization.aws.client("sts", keys).get_caller_identity() | {"ResponseMetadata": None} == {
        "Arn": f"arn:aws:iam::{account}:root",
        "Account": account,
        "UserId": account,
        "ResponseMetadata": None,
    }
    iam = organization.aws.client("iam", keys)
    iam.create_user(UserName="local")
    access = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    assert (
        code(organization.aws.client("sts", keys).assume_role, RoleArn=access, RoleSessionName="root") == "AccessDenied"
    )
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    other = iam.create_access_key()["AccessKey"]
    assert code(iam.create_access_key) == "LimitExceeded"
    iam.update_access_key(AccessKeyId=other["AccessKeyId"], Status="Inactive")
    listed = {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys()["AccessKeyMetadata"]}
    assert listed == {keys["AccessKeyId"]: "Active", other["AccessKeyId"]: "Inactive"}
    assert code(organization.aws.client("sts", other).get_caller_identity) == "InvalidClientTokenId"
    iam.delete_access_key(AccessKeyId=other["AccessKeyId"])
    assert code(iam.delete_access_key, AccessKeyId=other["AccessKeyId"]) == "NoSuchEntity"


def test_the_management_account_sees_and_deletes_the_keys_of_root_users(organization: Organization) -> None:
    account = organization.account("one")
    keys = first_key(organization, account)
    centralize(organization)
    audit, delete = root(organization, account, AUDIT), root(organization, account, DELETE)
    (key,) = audit.list_access_keys()["AccessKeyMetadata"]
    assert key["AccessKeyId"] == keys["AccessKeyId"]
    assert code(audit.delete_access_key, AccessKeyId=key["AccessKeyId"]) == "AccessDenied"
    delete.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert audit.list_access_keys()["AccessKeyMetadata"] == []
    assert code(organization.aws.client("sts", keys).get_caller_identity) == "InvalidClientTokenId"


def test_a_key_is_made_by_who_can_sign_in(organization: Organization) -> None:
    account = organization.account("one")
    centralize(organization)
    root(organization, account, DELETE).delete_login_profile()
    wrong: list[Any] = [{"account_id": account}, {"account_id": "999999999999"}, {}, []]
    for body in wrong:
        assert "error" in organization.aws.control("POST", "root-access-keys", body)
