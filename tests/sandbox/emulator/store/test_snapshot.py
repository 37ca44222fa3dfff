"""What the emulator saves: every change that was answered, whatever becomes of its process, and no more than that."""

import hashlib
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.emulator.store.pickling import RENAMED
from tests.sandbox.emulator.backup.accounts import SERVICE_POLICY, TRUST_BACKUP
from tests.sandbox.emulator.conftest import ROOT, Organization, Server, start_server
from tests.sandbox.emulator.server.test_server import TRUST

ALLOW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """An emulator of the test's own, to be ended and started again."""
    server = start_server(tmp_path / "aws")
    yield server
    if server.process.poll() is None:
        server.stop()


def killed(server: Server) -> None:
    """Kill the emulator and start it again with what it had saved."""
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    again = start_server(server.state)
    server.process, server.url = again.process, again.url


def refusal(state: Path) -> str:
    """What an emulator prints that cannot start with the state."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.emulator", "--port", "0", "--state", str(state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def fill(server: Server) -> tuple[Organization, str]:
    """An organization with something of everything in it."""
    organization = Organization(server)
    organization.enable("SERVICE_CONTROL_POLICY", "TAG_POLICY")
    account = organization.account("one")
    unit = organization.unit("Unit")
    organization.api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=unit)
    organization.attach("TAG_POLICY", {"tags": {"Key": {"tag_key": {"@@assign": "Key"}}}}, unit)
    keys = organization.inside(account)
    iam = server.client("iam", keys)
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="Role", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    iam.create_user(UserName="ada", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_account_alias(AccountAlias="acme")
    iam.create_open_id_connect_provider(Url="https://x.example.com", ClientIDList=["a"], ThumbprintList=["a" * 40])
    server.client("backup", keys).create_backup_vault(BackupVaultName="Default", BackupVaultTags={"a": "b"})
    server.client("ec2", keys).enable_ebs_encryption_by_default()
    server.client("s3control", keys).put_public_access_block(
        AccountId=account, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    server.client("account", keys).put_alternate_contact(
        AlternateContactType="SECURITY", EmailAddress="a@example.com", Name="A", PhoneNumber="1", Title="T"
    )
    return organization, account


def contents(server: Server, account: str) -> dict[str, object]:
    """What `fill` put in, as AWS's answers show it."""
    api = server.client("organizations")
    keys = server.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="test"
    )["Credentials"]
    iam, backup = server.client("iam", keys), server.client("backup", keys)
    vault = backup.describe_backup_vault(BackupVaultName="Default")["BackupVaultArn"]
    return {
        "organization": api.describe_organization()["Organization"],
        "handshakes": api.list_handshakes_for_organization()["Handshakes"],
        "recovery points": backup.list_recovery_points_by_backup_vault(BackupVaultName="Default")["RecoveryPoints"],
        "root": api.list_roots()["Roots"],
        "accounts": api.list_accounts()["Accounts"],
        "requests": api.list_create_account_status()["CreateAccountStatuses"],
        "attached to": {
            # AWS promises no order.
            policy["Name"]: {
                target["TargetId"] for target in api.list_targets_for_policy(PolicyId=policy["Id"])["Targets"]
            }
            for kind in ("SERVICE_CONTROL_POLICY", "TAG_POLICY")
            for policy in api.list_policies(Filter=kind)["Policies"]
        },
        "policy id": iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")["Policy"]["PolicyId"],
        "parent": api.list_parents(ChildId=account)["Parents"],
        "tag policy": api.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=account)["EffectivePolicy"][
            "PolicyContent"
        ],
        "role": iam.get_role(RoleName="Role")["Role"],
        "attached": iam.list_attached_role_policies(RoleName="Role")["AttachedPolicies"],
        "use": iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")["Policy"]["AttachmentCount"],
        "user": iam.get_user(UserName="ada")["User"],
        "alias": iam.list_account_aliases()["AccountAliases"],
        "providers": iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "vault": backup.list_tags(ResourceArn=vault)["Tags"],
        "encryption": server.client("ec2", keys).get_ebs_encryption_by_default()["EbsEncryptionByDefault"],
        "block": server.client("s3control", keys).get_public_access_block(AccountId=account)[
            "PublicAccessBlockConfiguration"
        ],
        "contact": server.client("account", keys).get_alternate_contact(AlternateContactType="SECURITY")[
            "AlternateContact"
        ],
    }


def test_everything_survives_a_stop_and_a_kill(own: Server) -> None:
    organization, account = fill(own)
    session = organization.inside(account)
    before = contents(own, account)
    killed(own)
    assert contents(own, account) == before
    assert own.client("sts", session).get_caller_identity()["Account"] == account
    own.client("iam", session).delete_user(UserName="ada")
    # While the change may still be under way.
    own.stop()
    again = start_server(own.state)
    own.process, own.url = again.process, again.url
    assert own.client("iam", session).list_users()["Users"] == []


def test_each_change_is_there_after_a_kill(own: Server) -> None:
    organization = Organization(own)
    organization.enable("SERVICE_CONTROL_POLICY")
    organization.api.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    unit, root = organization.unit("Unit"), organization.root
    account = organization.account("one")
    killed(own)
    session = Organization.inside(organization, account)
    killed(own)
    assert own.client("sts", session).get_caller_identity()["Account"] == account

    def api() -> Any:
        return own.client("organizations")

    def iam() -> Any:
        return own.client("iam", session)

    arn = f"arn:aws:iam::{account}:policy/Policy"
    scp = organization_policy(own)
    steps: tuple[tuple[Callable[[], Any], Callable[[], bool]], ...] = (
        (
            lambda: iam().create_policy(PolicyName="Policy", PolicyDocument=ALLOW),
            lambda: iam().get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn,
        ),
        (
            lambda: api().move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit),
            lambda: api().list_parents(ChildId=account)["Parents"][0]["Id"] == unit,
        ),
        (
            lambda: api().attach_policy(PolicyId=scp, TargetId=unit),
            lambda: api().list_targets_for_policy(PolicyId=scp)["Targets"][0]["TargetId"] == unit,
        ),
        (
            lambda: api().tag_resource(ResourceId=account, Tags=[{"Key": "a", "Value": "b"}]),
            lambda: api().list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "a", "Value": "b"}],
        ),
        # A member's call that changes the organization, and one of the management account that changes a member.
        (
            lambda: own.client("account", session).put_account_name(AccountName="renamed"),
            lambda: api().describe_account(AccountId=account)["Account"]["Name"] == "renamed",
        ),
        (
            lambda: own.client("account").put_alternate_contact(
                AccountId=account,
                AlternateContactType="SECURITY",
                EmailAddress="a@b.c",
                Name="A",
                PhoneNumber="1",
                Title="T",
            ),
            lambda: (
                own.client("account", session).get_alternate_contact(AlternateContactType="SECURITY")[
                    "AlternateContact"
                ]["Name"]
                == "A"
            ),
        ),
        (
            lambda: iam().delete_policy(PolicyArn=arn),
            lambda: iam().list_policies(Scope="Local")["Policies"] == [],
        ),
        (
            lambda: (api().detach_policy(PolicyId=scp, TargetId=unit), api().delete_policy(PolicyId=scp)),
            lambda: len(api().list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]) == 1,
        ),
        (
            lambda: api().close_account(AccountId=account),
            lambda: api().describe_account(AccountId=account)["Account"]["State"] == "CLOSED",
        ),
        (
            lambda: own.later(days=90),
            lambda: (
                own.control("GET", "clock")["ahead_seconds"] >= 90 * 86_400
                and len(api().list_accounts()["Accounts"]) == 1
            ),
        ),
    )
    for change, is_there in steps:
        change()
        killed(own)
        assert is_there()


def organization_policy(server: Server) -> str:
    answer = server.client("organizations").create_policy(
        Name="Guardrail", Type="SERVICE_CONTROL_POLICY", Description="", Content=ALLOW
    )
    found: str = answer["Policy"]["PolicySummary"]["Id"]
    return found


def test_an_account_that_was_asked_for_comes_about_after_a_kill(own: Server) -> None:
    request = Organization(own).api.create_account(AccountName="one", Email="one@example.com")["CreateAccountStatus"]
    killed(own)
    api = own.client("organizations")
    end = time.monotonic() + 10
    while request["State"] == "IN_PROGRESS":
        assert time.monotonic() < end
        request = api.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
    killed(own)
    # What came about with the answer is one account with its role, which can be used.
    role = f"arn:aws:iam::{request['AccountId']}:role/OrganizationAccountAccessRole"
    keys = own.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    assert own.client("organizations", keys).describe_organization()["Organization"]["Id"]
    accounts = own.client("organizations").list_accounts()["Accounts"]
    assert [found["Name"] for found in accounts] == ["master", "one"]


def test_a_kill_amid_calls_loses_no_answered_one(own: Server) -> None:
    answered: list[str] = []

    def work(number: int) -> None:
        iam = own.client("iam")
        try:
            for step in range(10_000):
                name = f"Role-{number}-{step}"
                iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
                answered.append(name)
        except (BotoCoreError, ClientError):
            return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(answered) < 40:
        time.sleep(0.01)
    os.kill(own.process.pid, signal.SIGKILL)
    for thread in threads:
        thread.join()
    own.process.wait()
    again = start_server(own.state)
    own.process, own.url = again.process, again.url
    pages = own.client("iam").get_paginator("list_roles").paginate()
    assert {role["RoleName"] for page in pages for role in page["Roles"]} >= set(answered)


def test_a_change_costs_the_same_however_many_accounts_there_are(own: Server) -> None:
    written = Path(f"/proc/{own.process.pid}/io")
    if not written.exists():
        pytest.skip("this system does not say how much a process writes")
    organization = Organization(own)
    organization.enable("SERVICE_CONTROL_POLICY")
    unit = organization.unit("Unit")
    account = organization.account("one")
    iam = own.client("iam", organization.inside(account))
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)

    def there_and_back() -> None:
        for source, destination in ((organization.root, unit), (unit, organization.root)):
            organization.api.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)

    def fail() -> None:
        with pytest.raises(ClientError):
            iam.delete_role(RoleName="None")

    calls: dict[str, Callable[[], Any]] = {
        "move": there_and_back,
        "tag account": lambda: organization.api.tag_resource(
            ResourceId=account, Tags=[{"Key": "a", "Value": str(time.monotonic())}]
        ),
        "tag role": lambda: iam.tag_role(RoleName="Role", Tags=[{"Key": "a", "Value": str(time.monotonic())}]),
        "fail": fail,
        "same again": lambda: iam.update_role(RoleName="Role", Description="same"),
        "read": lambda: iam.get_role(RoleName="Role"),
    }

    def cost() -> dict[str, float]:
        """The bytes that the emulator writes for each call; of several, to leave out the database's tidying up."""
        return {name: statistics.median(bytes_of(call) for _ in range(5)) for name, call in calls.items()}

    def bytes_of(call: Callable[[], Any]) -> int:
        before = total()
        call()
        return total() - before

    def total() -> int:
        return int(written.read_text().split("wchar: ")[1].split()[0])

    few = cost()
    for number in range(40):
        organization.api.create_account(AccountName=f"more-{number}", Email=f"more-{number}@example.com")
    organization.account("last")
    many = cost()
    assert [few[name] for name in ("fail", "same again", "read")] == [0, 0, 0]
    assert [many[name] for name in ("fail", "same again", "read")] == [0, 0, 0]
    for name in ("move", "tag account", "tag role"):
        # Whole pages are written, and random ids decide how many of them a record lies on: a few more or less. With
        # the accounts the cost would grow 21 times.
        assert 0 < many[name] <= 5 * few[name], (name, few, many)


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "lost", "other version", "older format", "nonsense"])
def test_a_state_that_cannot_be_read_is_one_clear_error(own: Server, damage: str) -> None:
    Organization(own)
    own.stop()
    path = own.state / "snapshot"
    right = path.read_bytes()
    if damage in ("lost", "other version"):
        statement = {
            "lost": "DELETE FROM records WHERE name LIKE 'organizations/%/p-FullAWSAccess'",
            "other version": "UPDATE version SET moto = '9.0'",
        }[damage]
        with closing(sqlite3.connect(path)) as database, database:
            assert database.execute(statement).rowcount == 1
    else:
        path.write_bytes(
            {
                "cut": right[: len(right) // 2],
                "empty": b"",
                "changed": right.replace(b"RCPFullAWSAccess", b"RCPFullBWSAccess"),
                "older format": b'{"format": 1, "moto": "5.2.5"}\n' + right,
                "nonsense": b"nonsense",
            }[damage]
        )
    kept = path.read_bytes()
    said = refusal(own.state)
    assert str(path) in said
    assert "invoke sandbox.reset" in said
    assert path.read_bytes() == kept


@pytest.mark.parametrize("evil", [b"cposix\ngetcwd\n(tR.", b"csandbox.emulator.server.application\njson.loads\n(tR."])
def test_a_snapshot_makes_objects_of_the_emulator_only(own: Server, evil: bytes) -> None:
    own.stop()
    evil = b"\x80\x04" + evil
    with closing(sqlite3.connect(own.state / "snapshot")) as database, database:
        row = (hashlib.sha256(evil).digest(), evil)
        assert database.execute("UPDATE records SET digest = ?, content = ?", row).rowcount
    assert "is not part of the emulated AWS" in refusal(own.state)


def test_a_state_that_was_saved_with_older_names_of_classes_goes_on(tmp_path: Path) -> None:
    # What `fill` made, a backup policy, and a second account that was still being made. It was saved with moto 5.2.5;
    # another moto reads no older state at all, and then this test, its file and RENAMED have no more use.
    saved = Path(__file__).with_name("snapshot_with_old_names")
    with closing(sqlite3.connect(f"{saved.as_uri()}?immutable=1", uri=True)) as database:
        content = b"".join(row[0] for row in database.execute("SELECT content FROM records"))
    assert all(part.encode() in content for name in RENAMED for part in name)

    (tmp_path / "aws").mkdir()
    shutil.copy(saved, tmp_path / "aws" / "snapshot")
    server = start_server(tmp_path / "aws")
    try:
        api = server.client("organizations")
        ids = {found["Name"]: found["Id"] for found in api.list_accounts()["Accounts"]}
        assert ids.keys() == {"master", "one", "two"}
        before = contents(server, ids["one"])
        assert before["attached to"] == {
            "FullAWSAccess": {*ids.values(), "r-87dx", "ou-87dx-b5mspdi9"},
            "policy": {"ou-87dx-b5mspdi9"},
        }
        assert before["tag policy"] == '{"tags":{"key":{"tag_key":"Key"}}}'
        assert before["use"] == 1
        assert before["alias"] == ["acme"]
        assert before["vault"] == {"a": "b"}
        assert before["encryption"] is True
        assert [policy["Name"] for policy in api.list_policies(Filter="BACKUP_POLICY")["Policies"]] == ["backup"]
        # An older version had neither.
        assert before["handshakes"] == before["recovery points"] == []
        server.client("iam").create_user(UserName="bob")
        killed(server)
        assert server.client("iam").get_user(UserName="bob")["User"]["UserName"] == "bob"
        assert contents(server, ids["one"]) == before
    finally:
        server.stop()


def test_invitations_members_and_recovery_points_survive(own: Server) -> None:
    organization = Organization(own)
    made = own.control("POST", "standalone-accounts", {"name": "guest", "email": "guest@example.com"})
    keys = {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}
    invite = {"Target": {"Type": "ACCOUNT", "Id": made["account_id"]}}

    def states() -> list[str]:
        answer = own.client("organizations", keys).list_handshakes_for_account()
        return [handshake["State"] for handshake in answer["Handshakes"]]

    sent = organization.api.invite_account_to_organization(**invite)["Handshake"]["Id"]
    killed(own)
    assert states() == ["OPEN"]
    own.client("organizations", keys).decline_handshake(HandshakeId=sent)
    killed(own)
    assert states() == ["DECLINED"]
    sent = own.client("organizations").invite_account_to_organization(**invite)["Handshake"]["Id"]
    own.client("organizations", keys).accept_handshake(HandshakeId=sent)
    backup = own.client("backup", keys)
    backup.create_backup_vault(BackupVaultName="Default")
    iam = own.client("iam", keys)
    role = iam.create_role(RoleName="Backup", AssumeRolePolicyDocument=TRUST_BACKUP)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Backup", PolicyArn=SERVICE_POLICY)
    made_for = {"ResourceArn": f"arn:aws:dynamodb:us-west-2:{made['account_id']}:table/t", "IamRoleArn": role}
    point = backup.start_backup_job(BackupVaultName="Default", **made_for)["RecoveryPointArn"]
    vault = f"arn:aws:backup:us-west-2:{made['account_id']}:backup-vault:Default"
    copying = {"SourceBackupVaultName": "Default", "DestinationBackupVaultArn": vault, "IamRoleArn": role}
    copy = backup.start_copy_job(RecoveryPointArn=point, **copying)["CopyJobId"]
    killed(own)
    assert states() == ["DECLINED", "ACCEPTED"]
    assert own.client("organizations", keys).describe_organization()["Organization"]["Id"] == organization.id
    assert own.client("account", keys).get_account_information()["AccountName"] == "guest"
    assert own.client("backup", keys).describe_backup_vault(BackupVaultName="Default")["NumberOfRecoveryPoints"] == 2
    assert own.client("backup", keys).describe_copy_job(CopyJobId=copy)["CopyJob"]["State"] == "COMPLETED"


def test_two_emulators_do_not_share_a_state(own: Server) -> None:
    assert "locked" in refusal(own.state)
