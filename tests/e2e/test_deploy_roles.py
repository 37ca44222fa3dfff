"""Each layer's team does its whole work with its own roles, and nothing of it needs more or less than they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.layers import LAYERS
from tests.configuration import MANAGEMENT_ACCOUNT
from tests.deploy_roles.documents import KINDS, made, read
from tests.deploy_roles.recording import Recorder, begin, record
from tests.e2e.project import Project
from tests.e2e.test_access import user_keys, with_mfa
from tests.e2e.test_binding import signed_in

pytestmark = pytest.mark.e2e

ROLES = [f"{kind.capitalize()}{layer.capitalize()}" for layer in LAYERS for kind in KINDS]


class Team:
    """Somebody who may assume every deploy role, signed in with MFA."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.keys = user_keys(project, "ada")
        self.session = with_mfa(project, "ada", self.keys)

    def credentials(self, role: str, keys: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        arn = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/{role}"
        sts = self.project.aws("sts", self.session if keys is None else keys)
        found: Mapping[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="ada")["Credentials"]
        return found

    def sign_in(self, layer: str, kind: str) -> str:
        return signed_in(self.credentials(f"{kind.capitalize()}{layer.capitalize()}"))


@pytest.fixture(scope="module")
def team(project: Project) -> Team:
    begin(project)
    return Team(project)


@pytest.fixture(scope="module")
def done(project: Project, team: Team) -> Recorder:
    """All the work, done with the roles."""
    return record(project, team.sign_in)


def test_each_layer_is_deployed_with_its_own_roles(done: Recorder) -> None:
    assert done.refused == []


def test_the_roles_may_do_exactly_what_the_work_needs(done: Recorder) -> None:
    for file, document in made(done.recording).items():
        assert read(file) == document, f"{file.name}: make permissions"


PREVIEWED = ["invoke preview policies --env prod", "invoke drift --only policies --env prod"]
DEPLOYED = ["invoke up policies --env prod", "invoke refresh-all --only policies --env prod"]


def test_a_teams_commands(project: Project, team: Team, done: Recorder) -> None:
    assert done.refused == []
    for command in PREVIEWED:
        project.shell(f"{team.sign_in('policies', 'preview')}\n{command}")
    for command in DEPLOYED:
        project.shell(f"{team.sign_in('policies', 'deploy')}\n{command}{' --yes' if 'up' in command else ''}")


def test_who_is_not_named_or_has_no_mfa_gets_no_role(project: Project, team: Team) -> None:
    grace = user_keys(project, "grace")
    for keys in (team.keys, grace, with_mfa(project, "grace", grace)):
        for role in ROLES:
            with pytest.raises(ClientError, match="AccessDenied"):
                team.credentials(role, keys)


def test_no_role_assumes_another(team: Team) -> None:
    for role in ROLES:
        held = team.credentials(role)
        for other in ROLES:
            with pytest.raises(ClientError, match="AccessDenied"):
                team.credentials(other, held)


ROLE = "DeployOrg"
POLICY = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:policy/DeployOrg1"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
WAYS_UP: list[tuple[str, dict[str, str]]] = [
    ("update_assume_role_policy", {"RoleName": ROLE, "PolicyDocument": "{}"}),
    ("put_role_policy", {"RoleName": ROLE, "PolicyName": "More", "PolicyDocument": "{}"}),
    ("attach_role_policy", {"RoleName": ROLE, "PolicyArn": ADMINISTRATOR}),
    ("detach_role_policy", {"RoleName": ROLE, "PolicyArn": POLICY}),
    ("delete_role", {"RoleName": ROLE}),
    ("create_policy_version", {"PolicyArn": POLICY, "PolicyDocument": "{}"}),
    ("set_default_policy_version", {"PolicyArn": POLICY, "VersionId": "v1"}),
    ("delete_policy", {"PolicyArn": POLICY}),
    ("put_user_policy", {"UserName": "ada", "PolicyName": "More", "PolicyDocument": "{}"}),
    ("attach_user_policy", {"UserName": "ada", "PolicyArn": ADMINISTRATOR}),
    ("put_group_policy", {"GroupName": "developers", "PolicyName": "More", "PolicyDocument": "{}"}),
    ("attach_group_policy", {"GroupName": "developers", "PolicyArn": ADMINISTRATOR}),
    ("create_access_key", {"UserName": "ada"}),
    ("create_login_profile", {"UserName": "ada", "Password": "Long-enough-1234"}),
    ("create_role", {"RoleName": "More", "AssumeRolePolicyDocument": "{}"}),
    ("put_role_policy", {"RoleName": "cicd-automation", "PolicyName": "More", "PolicyDocument": "{}"}),
    ("add_user_to_group", {"GroupName": "administrators", "UserName": "ada"}),
    ("create_open_id_connect_provider", {"Url": "https://issuer.example.com"}),
]


@pytest.mark.parametrize("role", ROLES)
def test_no_deploy_role_widens_itself_or_another(project: Project, team: Team, role: str) -> None:
    iam = project.aws("iam", team.credentials(role))
    for operation, parameters in WAYS_UP:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(iam, operation)(**parameters)


@pytest.mark.parametrize("layer", LAYERS)
def test_who_may_preview_changes_nothing(project: Project, team: Team, done: Recorder, layer: str) -> None:
    assert done.refused == []
    held = team.credentials(f"Preview{layer.capitalize()}")
    organizations = project.aws("organizations", held)
    unit = project.outputs("org", "prod")["organizationalUnits"]["Development"]
    with pytest.raises(ClientError, match="AccessDenied"):
        organizations.update_organizational_unit(OrganizationalUnitId=unit, Name="Other")
    with pytest.raises(ClientError, match="AccessDenied"):
        organizations.create_policy(Name="Other", Description="", Type="TAG_POLICY", Content='{"tags":{}}')
    with pytest.raises(ClientError, match="AccessDenied"):
        organizations.create_account(Email="other@example.com", AccountName="Other")
    with pytest.raises(ClientError, match="AccessDenied"):
        project.aws("iam", held).create_user(UserName="other")
    member = next(each["Id"] for each in project.aws("organizations").list_accounts()["Accounts"][1:])
    arn = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    with pytest.raises(ClientError, match="AccessDenied"):
        project.aws("sts", held).assume_role(RoleArn=arn, RoleSessionName="up")
