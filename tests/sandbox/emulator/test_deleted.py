"""What was deleted stays deleted when the emulator starts again, and no record of it is left in the saved state."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from tests.sandbox.emulator.conftest import Organization, Server, start_server
from tests.sandbox.emulator.server.test_server import TRUST

ALLOW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


Records = set[tuple[str, ...]]
"""Service, account, region and part of each record."""


@dataclass
class Own:
    """An emulator of the test's own."""

    server: Server

    def killed(self) -> None:
        """Kill it, and start it again with what it had saved."""
        os.kill(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()
        again = start_server(self.server.state)
        self.server.process, self.server.url = again.process, again.url

    def records(self) -> Records:
        """What it has saved by now: read from a copy, as it lets nobody else into the file."""
        with TemporaryDirectory() as folder:
            for file in self.server.state.glob("snapshot*"):
                shutil.copy(file, folder)
            with closing(sqlite3.connect(Path(folder) / "snapshot")) as database:
                return {tuple(name.split("/")) for (name,) in database.execute("SELECT name FROM records")}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    made = Own(start_server(tmp_path / "aws"))
    yield made
    made.server.stop()


def parts(records: Records) -> set[str]:
    """The parts of the organization, by id. Requests for accounts are left out: they stay, as they do in AWS."""
    found = {part for service, _account, _region, part in records if service == "organizations"}
    return {part for part in found if part and not part.startswith("car-")}


def test_no_record_is_left_of_a_part_of_an_organization(own: Own) -> None:
    organization = Organization(own.server)
    organization.enable("TAG_POLICY")
    one = organization.account("one")
    before = parts(own.records())
    policy = organization.attach("TAG_POLICY", {"tags": {}}, organization.root)
    unit, account = organization.unit("Unit"), organization.account("two")
    organization.api.enable_aws_service_access(ServicePrincipal=PRINCIPAL)
    organization.api.register_delegated_administrator(AccountId=one, ServicePrincipal=PRINCIPAL)
    assert parts(own.records()) - before == {policy, unit, account, f"admin-{one}"}

    api = organization.api
    api.detach_policy(PolicyId=policy, TargetId=organization.root)
    api.delete_policy(PolicyId=policy)
    assert parts(own.records()) - before == {unit, account, f"admin-{one}"}
    api.delete_organizational_unit(OrganizationalUnitId=unit)
    assert parts(own.records()) - before == {account, f"admin-{one}"}
    api.remove_account_from_organization(AccountId=account)
    assert parts(own.records()) - before == {f"admin-{one}"}
    api.deregister_delegated_administrator(AccountId=one, ServicePrincipal=PRINCIPAL)
    assert parts(own.records()) == before

    own.killed()
    api = own.server.client("organizations")
    assert api.list_policies(Filter="TAG_POLICY")["Policies"] == []
    assert api.list_organizational_units_for_parent(ParentId=organization.root)["OrganizationalUnits"] == []
    assert {each["Id"] for each in api.list_accounts()["Accounts"]} == {MANAGEMENT_ACCOUNT_ID, one}
    assert api.list_delegated_administrators()["DelegatedAdministrators"] == []
    assert parts(own.records()) == before


PRINCIPAL = "guardduty.amazonaws.com"


def test_no_record_is_left_of_an_organization_that_is_deleted(own: Own) -> None:
    organization = Organization(own.server)
    organization.enable("SERVICE_CONTROL_POLICY")
    assert organization.root in parts(own.records())
    organization.api.delete_organization()
    assert parts(own.records()) == set()
    own.killed()
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        own.server.client("organizations").describe_organization()


def test_no_record_is_left_of_anything_after_a_reset(own: Own) -> None:
    before = own.records()
    assert before
    organization = Organization(own.server)
    keys = organization.inside(organization.account("one"))
    own.server.client("iam", keys).create_user(UserName="ada")
    own.server.client("backup", keys).create_backup_vault(BackupVaultName="Default")
    own.server.client("ec2", keys).enable_ebs_encryption_by_default()
    assert {"iam", "backup", "ec2", "organizations", "sts"} <= {record[0] for record in own.records() - before}
    own.server.reset()
    assert own.records() == before
    own.killed()
    assert own.records() == before
    assert own.server.control("GET", "health")["accounts"] == 1


@dataclass(frozen=True)
class Kind:
    """How something is made and deleted in an account, and what AWS lists of it: nothing once it is deleted."""

    service: str
    make: Callable[[Any], Any]
    delete: Callable[[Any], Any]
    left: Callable[[Any], Any]


URL = "https://x.example.com"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BLOCK = {"BlockPublicAcls": True}
BUDGET = {
    "BudgetName": "monthly",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "100", "Unit": "USD"},
}


def unless_refused(call: Callable[[], Any]) -> Any:
    """What AWS answers; None for what it does not have."""
    try:
        return call()
    except ClientError:
        return None


KINDS = {
    "role": Kind(
        "iam",
        lambda c: c.create_role(RoleName="R", AssumeRolePolicyDocument=TRUST),
        lambda c: c.delete_role(RoleName="R"),
        lambda c: [each for each in c.list_roles()["Roles"] if each["RoleName"] == "R"],
    ),
    "role's policy": Kind(
        "iam",
        lambda c: c.put_role_policy(RoleName="Kept", PolicyName="P", PolicyDocument=ALLOW),
        lambda c: c.delete_role_policy(RoleName="Kept", PolicyName="P"),
        lambda c: c.list_role_policies(RoleName="Kept")["PolicyNames"],
    ),
    "policy on a role": Kind(
        "iam",
        lambda c: c.attach_role_policy(RoleName="Kept", PolicyArn=READ_ONLY),
        lambda c: c.detach_role_policy(RoleName="Kept", PolicyArn=READ_ONLY),
        lambda c: c.list_attached_role_policies(RoleName="Kept")["AttachedPolicies"],
    ),
    "role's boundary": Kind(
        "iam",
        lambda c: c.put_role_permissions_boundary(RoleName="Kept", PermissionsBoundary=READ_ONLY),
        lambda c: c.delete_role_permissions_boundary(RoleName="Kept"),
        lambda c: c.get_role(RoleName="Kept")["Role"].get("PermissionsBoundary"),
    ),
    "role's tag": Kind(
        "iam",
        lambda c: c.tag_role(RoleName="Kept", Tags=[{"Key": "a", "Value": "b"}]),
        lambda c: c.untag_role(RoleName="Kept", TagKeys=["a"]),
        lambda c: c.list_role_tags(RoleName="Kept")["Tags"],
    ),
    "user": Kind(
        "iam",
        lambda c: c.create_user(UserName="ada"),
        lambda c: c.delete_user(UserName="ada"),
        lambda c: [each for each in c.list_users()["Users"] if each["UserName"] == "ada"],
    ),
    "group": Kind(
        "iam",
        lambda c: c.create_group(GroupName="G"),
        lambda c: c.delete_group(GroupName="G"),
        lambda c: c.list_groups()["Groups"],
    ),
    "policy": Kind(
        "iam",
        lambda c: c.create_policy(PolicyName="P", PolicyDocument=ALLOW),
        lambda c: c.delete_policy(PolicyArn=c.list_policies(Scope="Local")["Policies"][0]["Arn"]),
        lambda c: c.list_policies(Scope="Local")["Policies"],
    ),
    "alias": Kind(
        "iam",
        lambda c: c.create_account_alias(AccountAlias="acme"),
        lambda c: c.delete_account_alias(AccountAlias="acme"),
        lambda c: c.list_account_aliases()["AccountAliases"],
    ),
    "identity provider": Kind(
        "iam",
        lambda c: c.create_open_id_connect_provider(Url=URL, ClientIDList=["a"], ThumbprintList=["a" * 40]),
        lambda c: c.delete_open_id_connect_provider(
            OpenIDConnectProviderArn=c.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
        ),
        lambda c: c.list_open_id_connect_providers()["OpenIDConnectProviderList"],
    ),
    "vault": Kind(
        "backup",
        lambda c: c.create_backup_vault(BackupVaultName="V"),
        lambda c: c.delete_backup_vault(BackupVaultName="V"),
        lambda c: c.list_backup_vaults()["BackupVaultList"],
    ),
    "encryption": Kind(
        "ec2",
        lambda c: c.enable_ebs_encryption_by_default(),
        lambda c: c.disable_ebs_encryption_by_default(),
        lambda c: c.get_ebs_encryption_by_default()["EbsEncryptionByDefault"],
    ),
    "budget": Kind(
        "budgets",
        lambda c: c.create_budget(AccountId=MANAGEMENT_ACCOUNT_ID, Budget=BUDGET),
        lambda c: c.delete_budget(AccountId=MANAGEMENT_ACCOUNT_ID, BudgetName="monthly"),
        lambda c: c.describe_budgets(AccountId=MANAGEMENT_ACCOUNT_ID)["Budgets"],
    ),
    "contact": Kind(
        "account",
        lambda c: c.put_alternate_contact(
            AlternateContactType="SECURITY", EmailAddress="a@example.com", Name="A", PhoneNumber="1", Title="T"
        ),
        lambda c: c.delete_alternate_contact(AlternateContactType="SECURITY"),
        lambda c: unless_refused(lambda: c.get_alternate_contact(AlternateContactType="SECURITY")),
    ),
    "public access block": Kind(
        "s3control",
        lambda c: c.put_public_access_block(AccountId=MANAGEMENT_ACCOUNT_ID, PublicAccessBlockConfiguration=BLOCK),
        lambda c: c.delete_public_access_block(AccountId=MANAGEMENT_ACCOUNT_ID),
        lambda c: unless_refused(lambda: c.get_public_access_block(AccountId=MANAGEMENT_ACCOUNT_ID)),
    ),
}


def test_each_kind_of_thing_in_an_account_stays_deleted(own: Own) -> None:
    own.server.client("iam").create_role(RoleName="Kept", AssumeRolePolicyDocument=TRUST)

    def clients() -> dict[str, Any]:
        return {service: own.server.client(service) for service in {kind.service for kind in KINDS.values()}}

    def left(aws: dict[str, Any]) -> dict[str, bool]:
        return {name: bool(kind.left(aws[kind.service])) for name, kind in KINDS.items()}

    aws = clients()
    assert left(aws) == dict.fromkeys(KINDS, False)
    for kind in KINDS.values():
        kind.make(aws[kind.service])
    own.killed()
    aws = clients()
    assert left(aws) == dict.fromkeys(KINDS, True)
    for kind in KINDS.values():
        kind.delete(aws[kind.service])
    own.killed()
    assert left(clients()) == dict.fromkeys(KINDS, False)
