"""People of IAM Identity Center: who gets in where, what they may do there, and that it goes as it came."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.project import REGION, Project
from tests.e2e.test_access import assumes

pytestmark = pytest.mark.e2e

IDENTITY = "identity/Pulumi.sandbox.yaml"
PORTAL_ROLES = ["Developers", "Auditors"]
TARGETS = {"Developers": ["Development"], "Auditors": ["accounts/shared-test"]}

# Who gets which permission set in which account; everybody else gets nothing.
MAY_SIGN_IN: Mapping[str, set[tuple[str, str]]] = {
    "ada": {("developer", "Developers"), ("shared-test", "Developers")},
    "olga": {("shared-test", "Auditors")},
    "mallory": set(),
}

# Who may assume which role that the configuration adds, from the management account; nobody there gets another one.
PROFILES = {"/": {"roles": {"Auditor": {"managedPolicies": ["SecurityAudit"]}, "Operator": {"actions": ["ec2:*"]}}}}
ROLES = {"Auditor": {"identityCenterGroup": "auditors"}, "Operator": {"identityCenterGroup": "builders"}}
EVERY_ROLE = [
    *("DeveloperRole", "AutomationRole", "OrganizationAccountAccessRole"),
    *("organization/Auditor", "organization/Operator"),
]
MAY_ASSUME = {
    "ada": {"AssumeOperator": {"organization/Operator"}},
    "olga": {"AssumeAuditor": {"organization/Auditor"}},
    "mallory": {},
}


def center(**targets: list[str]) -> dict[str, Any]:
    wanted = {**TARGETS, **targets}
    return {
        "users": {
            name: {"name": f"{name.title()} Example", "email": f"{name}@example.com"} for name in ("ada", "mallory")
        },
        # The auditors are there already, from an identity provider.
        "groups": {"builders": {"users": ["ada"]}, "auditors": {}, "guests": {"users": ["mallory"]}},
        "permissionSets": {
            "Developers": {"role": "DeveloperRole", "sessionHours": 8},
            "Auditors": {"actions": ["s3:Get*"], "managedPolicies": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]},
        },
        "assignments": [
            {"group": group, "permissionSet": name, "targets": wanted[name]}
            for group, name in (("builders", "Developers"), ("auditors", "Auditors"))
            if wanted[name]
        ],
    }


def control(project: Project, path: str, **body: str) -> dict[str, Any]:
    """What `/_sandbox/<path>` answers."""
    request = Request(f"{url(project)}/_sandbox/{path}", json.dumps(body).encode())  # noqa: S310 - our own emulator
    with urlopen(request) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def url(project: Project) -> str:
    return project.url


def sign_in(project: Project, user: str, account_id: str, permission_set: str) -> dict[str, Any] | None:
    """The person's credentials in the account, or None if the portal has none for them."""
    token = control(project, "sign-in", user=user)["access_token"]
    portal = boto3.client("sso", endpoint_url=url(project), region_name=REGION)
    try:
        answer = portal.get_role_credentials(accessToken=token, accountId=account_id, roleName=permission_set)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ForbiddenException":
            raise
        return None
    found = answer["roleCredentials"]
    names = {"AccessKeyId": "accessKeyId", "SecretAccessKey": "secretAccessKey", "SessionToken": "sessionToken"}
    return {name: found[key] for name, key in names.items()}


def code(call: Any, **kwargs: Any) -> str:
    """The code of AWS's refusal."""
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    return str(error.value.response["Error"]["Code"])


def roles(project: Project, account_id: str) -> list[str]:
    """The names of Identity Center's roles in the account, without their suffix."""
    found = project.aws("iam", project.inside(account_id)).list_roles()["Roles"]
    return sorted(each["RoleName"][:-17] for each in found if each["Path"].startswith("/aws-reserved/"))


@pytest.fixture(scope="module")
def accounts(project: Project) -> dict[str, str]:
    """The accounts of a project with Identity Center, by the names of their stacks."""
    project.configure("org/Pulumi.sandbox.yaml", additionalTrustedServices=["sso.amazonaws.com"])
    project.configure(IDENTITY, identityCenter=center(), roles=ROLES)
    folder = project.root / "stacks/accounts/profiles"
    folder.mkdir()
    (folder / "sandbox.yaml").write_text(json.dumps(PROFILES))
    project.invoke("up", "org")
    refused = project.invoke("deploy-all", expect=1).output
    assert "identity:identityCenter is set, and IAM Identity Center is not enabled in us-west-2" in refused
    store = {"IdentityStoreId": control(project, "identity-center", region=REGION)["identity_store_id"]}
    refused = project.invoke("deploy-all", expect=1).output
    assert "identity:identityCenter.groups.auditors has no users, so the group has to be there" in refused
    directory = project.aws("identitystore")
    name = {"DisplayName": "Olga", "Name": {"GivenName": "Olga", "FamilyName": "Example"}}
    olga = directory.create_user(**store, UserName="olga", **name)["UserId"]
    auditors = directory.create_group(**store, DisplayName="auditors")["GroupId"]
    directory.create_group_membership(**store, GroupId=auditors, MemberId={"UserId": olga})
    project.invoke("deploy-all")
    return {name: project.outputs(f"accounts/{name}")["accountId"] for name in ("developer", "shared-test")}


def test_who_may_sign_in_where(project: Project, accounts: Mapping[str, str]) -> None:
    for person, allowed in MAY_SIGN_IN.items():
        found = {
            (account, name)
            for account, account_id in accounts.items()
            for name in PORTAL_ROLES
            if sign_in(project, person, account_id, name)
        }
        assert found == allowed, person


def test_a_group_assumes_its_role_in_every_account_and_no_other(project: Project, accounts: Mapping[str, str]) -> None:
    management = project.outputs("org")["managementAccountId"]
    for person, expected in MAY_ASSUME.items():
        found = {}
        for name in ("AssumeAuditor", "AssumeOperator", *PORTAL_ROLES):
            keys = sign_in(project, person, management, name)
            if keys is None:
                continue
            sts = project.aws("sts", keys)
            gets_in = [{role for role in EVERY_ROLE if assumes(sts, each, role)} for each in accounts.values()]
            assert gets_in[0] == gets_in[1]
            found[name] = gets_in[0]
            for service, call in (("iam", "list_users"), ("organizations", "list_accounts")):
                assert code(getattr(project.aws(service, keys), call)).startswith("AccessDenied")
        assert found == expected, person


def test_they_may_do_what_a_developer_may_and_no_more(project: Project, accounts: Mapping[str, str]) -> None:
    for account_id in accounts.values():
        keys = sign_in(project, "ada", account_id, "Developers")
        assert keys
        who = project.aws("sts", keys).get_caller_identity()["Arn"]
        assert who.startswith(f"arn:aws:sts::{account_id}:assumed-role/AWSReservedSSO_Developers_")
        assert project.aws("ec2", keys).describe_regions()["Regions"]
        iam = project.aws("iam", keys)
        for call, given in ((iam.list_users, {}), (iam.create_user, {"UserName": "eve"})):
            assert code(call, **given) == "AccessDenied"
        # Nor becomes one anything else: not the roles here, nor those of the other account.
        for target in accounts.values():
            for role in ("DeveloperRole", "AutomationRole", "OrganizationAccountAccessRole"):
                arn = f"arn:aws:iam::{target}:role/{role}"
                assert code(project.aws("sts", keys).assume_role, RoleArn=arn, RoleSessionName="up") == "AccessDenied"
    # Bounded by what a developer may do: AWS's policy allows this, and the boundary does not.
    auditor = sign_in(project, "olga", accounts["shared-test"], "Auditors")
    assert code(project.aws("iam", auditor).list_users) == "AccessDenied"


def test_the_permissions_are_those_of_the_role(project: Project, accounts: Mapping[str, str]) -> None:
    for account_id in accounts.values():
        iam = project.aws("iam", project.inside(account_id))
        (own,) = [
            each["RoleName"] for each in iam.list_roles()["Roles"] if "AWSReservedSSO_Developers" in each["RoleName"]
        ]

        def documents(role: str, iam: Any = iam) -> tuple[list[Any], Any]:
            attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
            boundary = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]

            def text(arn: str) -> Any:
                version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]

            return [text(each["PolicyArn"]) for each in attached], text(boundary)

        assert documents(own) == documents("DeveloperRole")
        assert iam.list_role_policies(RoleName=own)["PolicyNames"] == []


def test_access_knows_them(project: Project, accounts: Mapping[str, str]) -> None:
    assert accounts
    entries = json.loads(project.invoke("access", "--who", "--json").output)
    found = {(each["principal"], each["role"], each["account"]) for each in entries}
    for (account, name), group in {
        **{(account, "Developers"): "builders" for account in accounts},
        ("shared-test", "Auditors"): "auditors",
        ("management", "AssumeAuditor"): "auditors",
        ("management", "AssumeOperator"): "builders",
    }.items():
        assert (f"group {group}", f"permission set {name}", account) in found
    from_there = {each for each in found if each[0].startswith("permission set")}
    assert from_there == {(f"permission set Assume{role}", role, account) for role in ROLES for account in accounts}
    ask = ("access", "--can", "permission set Auditors", "--account", "shared-test", "--action")
    project.invoke(*ask, "s3:GetObject")
    # As the emulated AWS has it: AWS's policy allows this, and the boundary does not.
    assert "permissions boundary" in project.invoke(*ask, "iam:ListUsers", expect=2).output


def test_access_shows_what_a_change_flips_before_it_is_made(project: Project, accounts: Mapping[str, str]) -> None:
    assert accounts
    change = center(Developers=["accounts/developer"])
    change["permissionSets"]["Guests"] = {"actions": ["s3:List*"]}
    change["permissionSets"]["Auditors"]["actions"] = ["s3:List*"]
    change["assignments"].append({"group": "guests", "permissionSet": "Guests", "targets": ["accounts/developer"]})
    project.configure(IDENTITY, identityCenter=change)
    found = json.loads(project.invoke("access", "--diff", "--json", expect=2).output)
    project.configure(IDENTITY, identityCenter=center())
    lost, gained = ({(e["principal"], e["role"], e["account"]) for e in found[side]} for side in ("lost", "gained"))
    assert ("group builders", "permission set Developers", "shared-test") in lost
    assert ("group guests", "permission set Guests", "developer") in gained
    (flip,) = [each for each in found["flips"] if not each["allowed"]]
    assert (flip["principals"], flip["accounts"]) == (["permission set Auditors"], ["shared-test"])
    assert "s3:GetObject" in flip["actions"]
    assert found["unread"] == []


def test_again_nothing_changes(project: Project, accounts: Mapping[str, str]) -> None:
    assert accounts
    output = project.invoke("deploy-all").output
    # It asks anew which groups there are.
    assert "accounts/developer   | unchanged (inputs)" in output
    assert "created" not in output.split(" stack ")[0]
    forced = project.invoke("deploy-all", "--force").output
    assert "created" not in forced.split(" stack ")[0]
    assert project.invoke("drift").code == 0


def test_an_assignment_that_is_taken_away_takes_the_role_along(project: Project, accounts: Mapping[str, str]) -> None:
    assert roles(project, accounts["shared-test"]) == ["AWSReservedSSO_Auditors", "AWSReservedSSO_Developers"]
    keys = sign_in(project, "ada", accounts["shared-test"], "Developers")
    at_once = center(Developers=[])
    del at_once["permissionSets"]["Developers"]
    project.configure(IDENTITY, identityCenter=at_once)
    refused = project.invoke("deploy-all", expect=1).output
    assert f"permission set Developers: accounts {', '.join(sorted(accounts.values()))}" in refused
    project.configure(IDENTITY, identityCenter=center(Developers=["accounts/developer"]))
    project.invoke("deploy-all")
    assert roles(project, accounts["developer"]) == ["AWSReservedSSO_Developers"]
    assert roles(project, accounts["shared-test"]) == ["AWSReservedSSO_Auditors"]
    assert sign_in(project, "ada", accounts["shared-test"], "Developers") is None
    assert code(project.aws("sts", keys).get_caller_identity) == "InvalidClientTokenId"


def test_all_of_it_is_destroyed(project: Project, accounts: Mapping[str, str]) -> None:
    assert accounts
    project.invoke("destroy-all", "--include-protected", "--confirm", "sandbox")
    sso = project.aws("sso-admin")
    (instance,) = sso.list_instances()["Instances"]
    assert sso.list_permission_sets(InstanceArn=instance["InstanceArn"])["PermissionSets"] == []
    directory, store = project.aws("identitystore"), {"IdentityStoreId": instance["IdentityStoreId"]}
    assert [each["UserName"] for each in directory.list_users(**store)["Users"]] == ["olga"]
    assert [each["DisplayName"] for each in directory.list_groups(**store)["Groups"]] == ["auditors"]
