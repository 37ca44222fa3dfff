"""Who may assume what: each principal signs in to the emulated AWS and tries every role of every account."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

ROLES = ["DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", "OrganizationAccountAccessRole"]

# The operating model, cell by cell: what each principal may assume in each account.
MAY_ASSUME: Mapping[str, set[str]] = {
    "developer with MFA": {"DeveloperRole"},
    "developer without MFA": set(),
    "developer's session without MFA": set(),
    "user without the group": set(),
    "new member of the group, not exported": set(),
    "cicd-automation": {"AutomationRole"},
    "management account administrator": {"OrganizationAccountAccessRole"},
    "administrator of a member account": set(),
    "DeveloperRole of the other account": set(),
    "AutomationRole of the other account": set(),
    "administrator of an outside account": set(),
}


def user_keys(project: Project, user: str, credentials: Mapping[str, Any] | None = None) -> dict[str, Any]:
    key = project.aws("iam", credentials).create_access_key(UserName=user)["AccessKey"]
    return {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}


def with_mfa(project: Project, user: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The user enrols an MFA device with their own permissions' names and signs in with it."""
    iam = project.aws("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="234567"
    )
    session = project.aws("sts", keys).get_session_token(SerialNumber=serial, TokenCode="345678")
    return dict(session["Credentials"])


def new_administrator(project: Project, credentials: Mapping[str, Any], name: str) -> dict[str, Any]:
    iam = project.aws("iam", credentials)
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return user_keys(project, name, credentials)


def outside_account(project: Project, name: str = "Outside") -> str:
    """An account that is to leave the organization: then it is as foreign as any."""
    organizations = project.aws("organizations")
    status = organizations.create_account(
        Email=f"{name.lower()}@example.com", AccountName=name, RoleName="OrganizationAccountAccessRole"
    )["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        status = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])[
            "CreateAccountStatus"
        ]
    account_id: str = status["AccountId"]
    return account_id


@pytest.fixture(scope="module")
def accounts(deployed: Project) -> dict[str, str]:
    return {name: deployed.outputs(f"accounts/{name}")["accountId"] for name in ("developer", "shared-test")}


@pytest.fixture(scope="module")
def principals(deployed: Project, accounts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    iam = deployed.aws("iam")
    ada = user_keys(deployed, "ada")
    grace = user_keys(deployed, "grace")
    iam.create_user(UserName="mallory")
    mallory = user_keys(deployed, "mallory")
    iam.create_user(UserName="newcomer")
    iam.add_user_to_group(UserName="newcomer", GroupName="developers")
    newcomer = user_keys(deployed, "newcomer")
    outside = outside_account(deployed)
    stranger = new_administrator(deployed, deployed.inside(outside), "stranger")
    deployed.aws("organizations").remove_account_from_organization(AccountId=outside)
    signed_in = with_mfa(deployed, "ada", ada)
    automation = user_keys(deployed, "cicd-automation")

    def inside(keys: Mapping[str, Any], role: str) -> dict[str, Any]:
        arn = f"arn:aws:iam::{accounts['shared-test']}:role/{role}"
        answer = deployed.aws("sts", keys).assume_role(RoleArn=arn, RoleSessionName="test")
        return dict(answer["Credentials"])

    return {
        "developer with MFA": signed_in,
        "developer without MFA": ada,
        "developer's session without MFA": dict(deployed.aws("sts", grace).get_session_token()["Credentials"]),
        "user without the group": with_mfa(deployed, "mallory", mallory),
        "new member of the group, not exported": with_mfa(deployed, "newcomer", newcomer),
        "cicd-automation": automation,
        "management account administrator": new_administrator(deployed, {}, "administrator"),
        "administrator of a member account": new_administrator(
            deployed, deployed.inside(accounts["shared-test"]), "local-administrator"
        ),
        "DeveloperRole of the other account": inside(signed_in, "DeveloperRole"),
        "AutomationRole of the other account": inside(automation, "AutomationRole"),
        "administrator of an outside account": stranger,
    }


def assumes(sts: Any, account_id: str, role: str) -> bool:
    """Whether AWS lets the caller assume the role; any answer but yes and AccessDenied is an error."""
    try:
        answer = sts.assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/{role}", RoleSessionName="matrix")
    except sts.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    # A session's ARN has the role's name without its path.
    return f":assumed-role/{role.rpartition('/')[2]}/matrix" in answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize("principal", MAY_ASSUME)
def test_the_access_matrix(
    deployed: Project, accounts: Mapping[str, str], principals: Mapping[str, Mapping[str, Any]], principal: str
) -> None:
    sts = deployed.aws("sts", principals[principal])
    in_shared_test = "of the other account" in principal or principal == "administrator of a member account"
    targets = [accounts["developer"]] if in_shared_test else list(accounts.values())
    for account_id in targets:
        allowed = {role for role in ROLES if assumes(sts, account_id, role)}
        assert allowed == MAY_ASSUME[principal]


def test_a_role_that_does_not_exist_cannot_be_assumed(deployed: Project, accounts: Mapping[str, str]) -> None:
    sts = deployed.aws("sts")
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{accounts['developer']}:role/NoSuchRole", RoleSessionName="matrix")


def test_with_oidc_there_is_no_user_and_only_the_right_token_gets_in(deployed: Project) -> None:
    issuer = "https://token.actions.githubusercontent.com"
    deployed.aws("iam").delete_access_key(
        UserName="cicd-automation",
        AccessKeyId=deployed.aws("iam").list_access_keys(UserName="cicd-automation")["AccessKeyMetadata"][0][
            "AccessKeyId"
        ],
    )
    deployed.configure(
        "identity/Pulumi.sandbox.yaml",
        automation="oidc",
        oidc={"issuer": issuer, "audience": "sts.amazonaws.com", "subjects": ["repo:acme/infrastructure:*"]},
    )
    deployed.invoke("deploy-all")
    iam = deployed.aws("iam")
    assert "cicd-automation" not in {user["UserName"] for user in iam.list_users()["Users"]}
    role = deployed.outputs("identity")["principals"]["AutomationRole"][0]

    def sign_in(**claims: str) -> dict[str, Any]:
        token = web_identity_token({"iss": issuer, "aud": "sts.amazonaws.com", "exp": 4102444800, **claims})
        answer = deployed.aws("sts").assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="ci", WebIdentityToken=token
        )
        return dict(answer["Credentials"])

    keys = sign_in(sub="repo:acme/infrastructure:ref:refs/heads/main")
    sts = deployed.aws("sts", keys)
    account_id = deployed.outputs("accounts/developer")["accountId"]
    assert sts.assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/AutomationRole", RoleSessionName="ci")
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/DeveloperRole", RoleSessionName="ci")
    for claims in ({"sub": "repo:mallory/infrastructure:x"}, {"sub": "repo:acme/infrastructure:x", "aud": "other"}):
        with pytest.raises(sts.exceptions.ClientError):
            sign_in(**claims)


def web_identity_token(claims: Mapping[str, Any]) -> str:
    """An unsigned JSON Web Token; the emulated AWS reads the claims and checks no signature."""
    import base64

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"
