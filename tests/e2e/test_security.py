"""The policies of a real deployment: they are those that iam-simulate has decided about, and AWS's answers are its own.

`tests/security` decides over the documents that the programs register. Here they are read back from the emulated AWS,
and each principal makes real calls: whether one is refused is what iam-simulate says about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.e2e.accidents import control
from tests.e2e.project import Project
from tests.e2e.test_access import user_keys, with_mfa
from tests.npm import installed
from tests.security.catalogue import own_account, request, words
from tests.security.organization import NAMES, Ids, Organization, Role, from_programs
from tests.security.principals import Caller, Cast
from tests.security.simulation import FOLDER, Case, simulate

pytestmark = pytest.mark.e2e

REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALL = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})


@pytest.fixture(scope="module")
def organization(deployed: Project) -> Organization:
    """What the emulated AWS has."""
    return from_aws(deployed)


def test_what_is_deployed_is_what_was_decided_about(organization: Organization) -> None:
    expected = from_programs(organization.ids, enrolling=["ada", "grace"])
    assert organization.users == expected.users
    assert organization.roles == expected.roles
    assert organization.boundaries == expected.boundaries
    assert organization.service_control == expected.service_control
    assert organization.resource_control == expected.resource_control


def from_aws(project: Project) -> Organization:
    """The same as `from_programs`, read by the calls of AWS."""
    organizations = project.aws("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = project.outputs("org")["organizationalUnits"]["Development"]
    ids = Ids(
        organizations.describe_organization()["Organization"]["Id"],
        root,
        unit,
        {name: project.outputs(f"accounts/{name}")["accountId"] for name in NAMES},
    )
    inside = {name: project.aws("iam", project.inside(account_id)) for name, account_id in ids.accounts.items()}
    iam = project.aws("iam")
    return Organization(
        ids,
        {user: _of_user(iam, user) for user in _users(iam)},
        {name: _roles(client) for name, client in inside.items()},
        {name: _managed(client) for name, client in inside.items()},
        [_of_target(organizations, "SERVICE_CONTROL_POLICY", target) for target in (root, unit)],
        [_of_target(organizations, "RESOURCE_CONTROL_POLICY", target) for target in (root, unit)],
    )


def _users(iam: Any) -> list[str]:
    """All but the administrator who deploys, whom no stack makes."""
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    attached = {name: iam.list_attached_user_policies(UserName=name)["AttachedPolicies"] for name in names}
    (administrator,) = [name for name in names if attached[name]]
    assert [policy["PolicyArn"] for policy in attached[administrator]] == [ADMINISTRATOR]
    return [name for name in names if name != administrator]


def _of_user(iam: Any, user: str) -> list[Any]:
    found = [
        iam.get_user_policy(UserName=user, PolicyName=name)
        for name in iam.list_user_policies(UserName=user)["PolicyNames"]
    ]
    for group in iam.list_groups_for_user(UserName=user)["Groups"]:
        name = group["GroupName"]
        assert not iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]
        for policy in iam.list_group_policies(GroupName=name)["PolicyNames"]:
            found.append(iam.get_group_policy(GroupName=name, PolicyName=policy))
    return sorted((each["PolicyDocument"] for each in found), key=json.dumps)


def _managed(iam: Any) -> dict[str, Any]:
    return {each["PolicyName"]: _document(iam, each["Arn"]) for each in iam.list_policies(Scope="Local")["Policies"]}


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _roles(iam: Any) -> dict[str, Role]:
    """All roles but the access role, which AWS makes."""
    found = {}
    for each in iam.list_roles()["Roles"]:
        name = each["RoleName"]
        if name == "OrganizationAccountAccessRole" or each["Path"].startswith("/aws-service-role/"):
            continue
        role = iam.get_role(RoleName=name)["Role"]
        arns = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
        assert not iam.list_role_policies(RoleName=name)["PolicyNames"]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        found[name] = Role(
            role["AssumeRolePolicyDocument"],
            [_document(iam, arn) for arn in arns if ":aws:policy/" not in arn],
            _document(iam, boundary) if boundary else None,
            [arn for arn in arns if ":aws:policy/" in arn],
        )
    return found


def _of_target(organizations: Any, type_: str, target: str) -> list[Any]:
    found = organizations.list_policies_for_target(TargetId=target, Filter=type_)["Policies"]
    documents = [
        json.loads(organizations.describe_policy(PolicyId=each["Id"])["Policy"]["Content"])
        for each in found
        if not each["AwsManaged"]
    ]
    return sorted(documents, key=json.dumps)


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

CALLS = yaml.safe_load((FOLDER.parent / "calls.yaml").read_text())
ASKED = {
    "ada": ["ways_up", "copies", "work"],
    "ada with MFA": ["ways_up", "copies", "work"],
    "cicd-automation": ["ways_up", "guardrails", "copies", "work"],
    "DeveloperRole": ["ways_up", "guardrails", "copies", "work"],
    "AutomationRole": ["ways_up", "guardrails", "copies", "work"],
    "local administrator": ["guardrails", "copies"],
    "root user": ["guardrails", "copies", "root_user"],
    "outsider": ["outside"],
}
NOTHING = {"root user"}
"""Who may do nothing of what is asked; of the others, each may do something and not everything."""


@pytest.fixture(scope="module")
def stranger(deployed: Project) -> dict[str, str]:
    """An account of somebody who has no part in the organization, and its administrator's key."""
    made: dict[str, str] = control(
        deployed, "POST", "standalone-accounts", {"name": "stranger", "email": "stranger@example.com"}
    )
    vaults = deployed.aws("backup", as_keys(made), "us-east-1")
    vaults.create_backup_vault(BackupVaultName="Default")
    open_ = json.dumps({"Statement": [{**EVERYTHING, "Principal": "*", "Action": "backup:CopyIntoBackupVault"}]})
    vaults.put_backup_vault_access_policy(BackupVaultName="Default", Policy=open_)
    deployed.aws("iam", as_keys(made)).create_role(RoleName="Backup", AssumeRolePolicyDocument=TRUST)
    return made


def as_keys(made: Mapping[str, str]) -> dict[str, str]:
    return {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}


@pytest.fixture(scope="module")
def recovery_point(deployed: Project, organization: Organization) -> str:
    """A backup in the member account."""
    account_id = organization.ids.accounts["developer"]
    backup = deployed.aws("backup", deployed.inside(account_id))
    job = backup.start_backup_job(
        BackupVaultName="Default",
        ResourceArn=f"arn:aws:dynamodb:us-west-2:{account_id}:table/orders",
        IamRoleArn=f"arn:aws:iam::{account_id}:role/MyMonthlyBackupIamRole",
    )
    point: str = backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
    return point


@pytest.fixture(scope="module")
def signed_in(deployed: Project, organization: Organization, stranger: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The credentials of each caller; in the account there is an unbounded administrator, and a workload."""
    account_id = organization.ids.accounts["developer"]
    keys = dict(deployed.inside(account_id))
    prepare(deployed.aws("iam", keys), account_id, organization, stranger["account_id"])
    root = root_key(deployed, account_id)
    ada, automation = user_keys(deployed, "ada"), user_keys(deployed, "cicd-automation")
    with_device = with_mfa(deployed, "ada", ada)

    def session(credentials: Mapping[str, Any], role: str) -> dict[str, Any]:
        arn = f"arn:aws:iam::{account_id}:role/{role}"
        return dict(deployed.aws("sts", credentials).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"])

    return {
        "ada": ada,
        "ada with MFA": with_device,
        "cicd-automation": automation,
        "DeveloperRole": session(with_device, "DeveloperRole"),
        "AutomationRole": session(automation, "AutomationRole"),
        "local administrator": user_keys(deployed, "admin", keys),
        "root user": as_keys(root),
        "outsider": as_keys(stranger),
    }


def root_key(project: Project, account_id: str) -> dict[str, str]:
    """A root user has no password here, so somebody in the management account has to let it sign in first."""
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword"}
    session = project.aws("sts").assume_root(TargetPrincipal=account_id, TaskPolicyArn=task)["Credentials"]
    project.aws("iam", session).create_login_profile()
    made: dict[str, str] = control(project, "POST", "root-access-keys", {"account_id": account_id})
    return made


def prepare(iam: Any, account_id: str, organization: Organization, stranger: str) -> None:
    iam.create_user(UserName="admin")
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=ADMINISTRATOR)
    iam.add_user_to_group(GroupName="admins", UserName="admin")
    iam.create_policy(PolicyName="AdminPolicy", PolicyDocument=ALL)
    iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="Admin", PolicyArn=ADMINISTRATOR)
    iam.create_instance_profile(InstanceProfileName="Admin")
    iam.add_role_to_instance_profile(InstanceProfileName="Admin", RoleName="Admin")
    for name, anybody in (("Open", "*"), ("Bought", f"arn:aws:iam::{stranger}:root")):
        trust = {"Effect": "Allow", "Principal": {"AWS": anybody}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    boundary = next(name for name in organization.boundaries["developer"] if name.endswith("WorkloadBoundary"))
    iam.create_role(
        RoleName="web",
        Path="/automation/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=f"arn:aws:iam::{account_id}:policy/{boundary}",
    )


def caller_of(name: str, cast: Cast) -> Caller:
    """The caller as `tests.security` has it."""
    if name in ("DeveloperRole", "AutomationRole"):
        return cast.role(name)
    if name == "local administrator":
        return cast.local_administrator()
    if name == "root user":
        return cast.root_user()
    if name == "outsider":
        return cast.outsider()
    return cast.user(name.partition(" ")[0], mfa=name.endswith("with MFA"))


@pytest.mark.parametrize("name", ASKED)
def test_aws_answers_as_iam_simulate_decides(
    deployed: Project,
    organization: Organization,
    signed_in: Mapping[str, Mapping[str, Any]],
    stranger: Mapping[str, str],
    recovery_point: str,
    name: str,
) -> None:
    node, cast = installed(FOLDER, "iam-simulate cannot decide"), Cast(organization)
    caller = caller_of(name, cast)
    asked = [each for group in ASKED[name] for each in CALLS[group]]
    cases = [_with_own_trust(request(each["call"], caller, cast, trust=each.get("trust"))) for each in asked]
    decisions = simulate(cases, node)
    assert {decision.allowed for decision in decisions} == ({False} if name in NOTHING else {True, False})
    different = []
    for each, case, decision in zip(asked, cases, decisions, strict=True):
        known = {
            **words(caller, cast, own_account(caller, cast), administrator=True),
            "arn": case.resource,
            "recovery_point": recovery_point,
            "stranger": stranger["account_id"],
            "everything": ALL,
            "trust": TRUST,
        }
        service, _, method = each["boto3"].partition(".")
        answer = refusal(
            getattr(deployed.aws(service, signed_in[name]), method), _filled(each.get("parameters", {}), known)
        )
        if (answer is None) != decision.allowed:
            different.append(f"{each['call']}: iam-simulate allows: {decision.allowed}, AWS: {answer}")
    assert different == []


def _with_own_trust(case: Case) -> Case:
    """The role `Admin` has the trust policy that it was made with."""
    made_here = case.policy and case.resource.endswith(":role/Admin")
    return replace(case, policy=json.loads(TRUST)) if made_here else case


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, known) for each in value]
    return value.format_map(known) if isinstance(value, str) else value


def refusal(method: Any, parameters: Mapping[str, Any]) -> str | None:
    """AWS's refusal; None if the call is allowed, whatever else is wrong with it."""
    try:
        method(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED:
            return str(error)
    return None
