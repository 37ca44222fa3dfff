"""The emulator as a server: its state, its own endpoints, faults, and several clients at once."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.credentials import ACCESS_KEY_ID
from tests.emulator.conftest import ROOT, Organization, Server, refused, start_server

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
    '{"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """An emulator of the test's own, to be stopped and started again."""
    server = start_server(tmp_path / "aws")
    yield server
    if server.process.poll() is None:
        server.stop()


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
        "root": api.list_roots()["Roots"],
        "accounts": api.list_accounts()["Accounts"],
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


def test_everything_survives_a_stop(own: Server) -> None:
    organization, account = fill(own)
    session = organization.inside(account)
    before = contents(own, account)
    own.stop()
    again = start_server(own.state)
    try:
        assert contents(again, account) == before
        assert again.client("sts", session).get_caller_identity()["Account"] == account
    finally:
        again.stop()


def test_a_kill_loses_nothing_older_than_a_moment(own: Server) -> None:
    _organization, account = fill(own)
    before = contents(own, account)
    time.sleep(0.4)
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait()
    again = start_server(own.state)
    try:
        assert contents(again, account) == before
    finally:
        again.stop()


@pytest.mark.parametrize("damage", ["cut", "changed", "other version", "nonsense"])
def test_a_state_that_cannot_be_read_is_one_clear_error(own: Server, damage: str) -> None:
    own.stop()
    path = own.state / "snapshot"
    right = path.read_bytes()
    path.write_bytes(
        {
            "cut": right[:-20],
            "changed": right[:-20] + b"x" * 20,
            "other version": right.replace(b'"moto": "', b'"moto": "9', 1),
            "nonsense": b"nonsense",
        }[damage]
    )
    kept = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.emulator", "--port", "0", "--state", str(own.state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(path) in done.stderr
    assert "invoke sandbox.reset" in done.stderr
    assert path.read_bytes() == kept


@pytest.mark.parametrize("evil", [b"cposix\ngetcwd\n(tR.", b"csandbox.emulator.server\nsys.exit\n(tR."])
def test_a_snapshot_makes_objects_of_the_emulator_only(own: Server, evil: bytes) -> None:
    own.stop()
    path = own.state / "snapshot"
    evil = b"\x80\x04" + evil
    head = {**json.loads(path.read_bytes().split(b"\n")[0]), "sha256": hashlib.sha256(evil).hexdigest()}
    path.write_bytes(json.dumps(head).encode() + b"\n" + evil)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.emulator", "--port", "0", "--state", str(own.state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "is not part of the emulated AWS" in done.stderr


def test_it_listens_on_the_loopback_interface_only(running: Server) -> None:
    port = int(running.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    # Another loopback address stands for any other interface: a server on all of them would answer.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_health_and_counts(aws: Server) -> None:
    before = aws.control("GET", "health")
    assert (before["ready"], before["pid"], before["accounts"]) == (True, aws.process.pid, 1)
    aws.control("POST", "calls/reset")
    aws.client("sts").get_caller_identity()
    aws.client("iam").list_users()
    aws.client("iam").list_users()
    aws.client("backup").list_backup_vaults()
    assert aws.control("GET", "calls") == {
        "backup": {"ListBackupVaults": 1},
        "iam": {"ListUsers": 2},
        "sts": {"GetCallerIdentity": 1},
    }
    assert aws.control("GET", "health")["requests"] == before["requests"] + 4
    assert "POST /_sandbox/reset" in aws.control("GET", "nothing")["error"]


def test_a_web_page_cannot_reach_the_controls(aws: Server) -> None:
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/_sandbox/reset", headers={"Origin": "https://example.com"})
    assert connection.getresponse().status == 403
    connection.close()


def test_a_reset_leaves_the_administrator_alone(organization: Organization) -> None:
    aws = organization.aws
    organization.account("one")
    aws.reset()
    assert aws.control("GET", "health")["accounts"] == 1
    identity = aws.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/sandbox-admin"
    keys = aws.client("iam").list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [ACCESS_KEY_ID]
    with pytest.raises(ClientError) as error:
        aws.client("organizations").describe_organization()
    assert refused(error)[0] == "AWSOrganizationsNotInUseException"


def test_faults_meet_the_next_calls(organization: Organization) -> None:
    aws, api = organization.aws, organization.api
    aws.control(
        "POST",
        "faults",
        [
            {"service": "organizations", "action": "ListRoots", "code": "TooManyRequestsException", "times": 2},
            {"service": "iam", "action": "ListUsers", "code": "Throttling", "status": 503, "message": "Slow down"},
            {"service": "backup", "action": "ListBackupVaults", "delay_seconds": 0.3},
            {"service": "organizations", "action": "CreateAccount", "code": "ACCOUNT_LIMIT_EXCEEDED"},
            {"service": "organizations", "action": "CreateAccount", "code": "IN_PROGRESS", "delay_seconds": 60},
        ],
    )
    for _ in range(2):
        with pytest.raises(api.exceptions.TooManyRequestsException):
            api.list_roots()
    assert api.list_roots()["Roots"]
    with pytest.raises(ClientError) as error:
        aws.client("iam").list_users()
    assert refused(error) == ("Throttling", "Slow down")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    started = time.monotonic()
    aws.client("backup").list_backup_vaults()
    assert time.monotonic() - started >= 0.3
    status = organization.finished(api.create_account(AccountName="one", Email="one@example.com"))
    assert (status["State"], status["FailureReason"]) == ("FAILED", "ACCOUNT_LIMIT_EXCEEDED")
    stuck = api.create_account(AccountName="two", Email="two@example.com")["CreateAccountStatus"]["Id"]
    organization.account("three")
    state = api.describe_create_account_status(CreateAccountRequestId=stuck)["CreateAccountStatus"]["State"]
    assert state == "IN_PROGRESS"


def test_a_lost_answer_is_of_a_call_that_was_carried_out(organization: Organization) -> None:
    aws = organization.aws
    call = {"service": "iam", "action": "CreateRole", "lost": True}
    account = {"service": "organizations", "action": "CreateAccount", "lost": True}
    aws.control("POST", "faults", [call, account])
    iam = aws.client("iam")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    assert iam.get_role(RoleName="Role")["Role"]["RoleName"] == "Role"
    with pytest.raises(ConnectionClosedError):
        organization.api.create_account(AccountName="one", Email="one@example.com")
    again = organization.api.create_account(AccountName="one", Email="one@example.com")
    assert organization.finished(again)["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    emails = [account["Email"] for account in organization.api.list_accounts()["Accounts"]]
    assert emails.count("one@example.com") == 1


def test_faults_can_be_cleared_and_a_wrong_one_is_refused(aws: Server) -> None:
    aws.control("POST", "faults", [{"service": "iam", "action": "ListUsers", "code": "Throttling"}])
    aws.control("DELETE", "faults")
    assert aws.client("iam").list_users()["Users"]
    for wrong, said in (
        ({"service": "iam"}, "not a JSON list"),
        ([{"service": "iam"}], "a fault has service and action"),
        ([{"service": "iam", "action": "X", "often": 1}], "a fault has service and action"),
        ([{"service": "iam", "action": "X", "times": "2"}], "times is '2'; it must be a number"),
        ([{"service": "iam", "action": "X", "times": True}], "times is True; it must be a number"),
        ([{"service": "iam", "action": "X", "lost": 1}], "lost is 1; it must be true or false"),
    ):
        assert said in aws.control("POST", "faults", wrong)["error"]


def test_eight_clients_at_once(organization: Organization) -> None:
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            iam = organization.aws.client("iam")
            for step in range(10):
                iam.create_role(RoleName=f"Role-{number}-{step}", AssumeRolePolicyDocument=TRUST)
            unit = organization.aws.client("organizations").create_organizational_unit(
                ParentId=organization.root, Name=f"Unit-{number % 4}"
            )
            assert unit["OrganizationalUnit"]["Id"]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Of the two that want each name one gets it.
    assert [refused_code(error) for error in errors] == ["DuplicateOrganizationalUnitException"] * 4
    pages = organization.aws.client("iam").get_paginator("list_roles").paginate()
    assert sum(len(page["Roles"]) for page in pages) == 80


def refused_code(error: Exception) -> str:
    assert isinstance(error, ClientError), error
    return str(error.response["Error"]["Code"])
