"""The emulator as a server: its connections, its own endpoints, faults, and several clients at once."""

import http.client
import socket
import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.credentials import ACCESS_KEY_ID
from tests.sandbox.emulator.conftest import Organization, Server, refused

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
    '{"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)


def test_it_listens_on_the_loopback_interface_only(running: Server) -> None:
    port = int(running.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    # Another loopback address stands for any other interface: a server on all of them would answer.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_a_connection_is_kept_open(aws: Server) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000000/20260101/us-east-1/sts/aws4_request"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"), timeout=5)
    connection.connect()
    first = connection.sock
    for headers, sent, status in (
        ({**form, "Authorization": signed}, body, 200),
        # Neither what nobody reads nor what comes in chunks is taken for the next request.
        ({"Content-Type": "application/json"}, "x" * 100_000, 403),
        (
            {**form, "Authorization": signed, "Transfer-Encoding": "chunked"},
            iter([body[:9].encode(), body[9:].encode()]),
            200,
        ),
        ({"Origin": "https://example.com"}, "x", 403),
        ({**form, "Authorization": signed}, body, 200),
    ):
        connection.request("POST", "/", sent, headers, encode_chunked="Transfer-Encoding" in headers)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, connection.sock) == (status, first)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "many")
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, connection.sock) == (400, None)


def test_a_call_that_waits_holds_up_no_other(aws: Server) -> None:
    aws.control("POST", "faults", [{"service": "iam", "action": "ListUsers", "delay_seconds": 2}])
    slow = threading.Thread(target=aws.client("iam").list_users)
    slow.start()
    for _ in range(10):
        aws.client("sts").get_caller_identity()
    assert slow.is_alive()
    slow.join()


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
