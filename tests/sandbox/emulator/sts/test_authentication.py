"""Sessions end: looked at inside, because the shortest one takes a quarter of an hour."""

import time
from collections.abc import Iterator

import pytest

from sandbox.credentials import ACCESS_KEY_ID, ADMINISTRATOR, MANAGEMENT_ACCOUNT_ID
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.store import backends
from sandbox.emulator.sts.authentication import InvalidCredentials, authenticate
from sandbox.emulator.sts.models import Session, sts_backend
from tests.sandbox.emulator.inside import emulated_aws


@pytest.fixture
def seeded() -> Iterator[None]:
    with emulated_aws():
        backends.seed()
        yield


def session(expires: float, key: str = "ASIA0000000000000000") -> Session:
    user = iam_backend(MANAGEMENT_ACCOUNT_ID).users[ADMINISTRATOR]
    made = Session(key, "secret", "token", MANAGEMENT_ACCOUNT_ID, user.id, issued=expires - 900, expires=expires)
    sts_backend(MANAGEMENT_ACCOUNT_ID).add(made)
    return made


@pytest.mark.usefixtures("seeded")
def test_a_session_ends() -> None:
    lasting, ended = session(time.time() + 5), session(time.time() - 5, "ASIA0000000000000001")
    assert authenticate(lasting.access_key_id, "token").user_name == ADMINISTRATOR
    with pytest.raises(InvalidCredentials) as error:
        authenticate(ended.access_key_id, "token")
    assert error.value.code == "ExpiredToken"


@pytest.mark.usefixtures("seeded")
def test_sessions_that_ended_long_ago_are_forgotten() -> None:
    for number in range(20):
        session(time.time() - 7200, f"ASIA{number:016}")
    lasting = session(time.time() + 5, "ASIAX000000000000000")
    assert sts_backend(MANAGEMENT_ACCOUNT_ID).sessions == {lasting.access_key_id: lasting}


@pytest.mark.usefixtures("seeded")
def test_what_a_caller_s_requests_carry() -> None:
    keys = authenticate(ACCESS_KEY_ID, None).context("us-west-2")
    assert keys["aws:PrincipalArn"] == f"arn:aws:iam::{MANAGEMENT_ACCOUNT_ID}:user/{ADMINISTRATOR}"
    assert keys["aws:RequestedRegion"] == "us-west-2"
    assert "aws:MultiFactorAuthPresent" not in keys
    assert "aws:PrincipalOrgID" not in keys
    made = session(time.time() + 5)
    assert authenticate(made.access_key_id, "token").context("us-west-2")["aws:MultiFactorAuthPresent"] == "false"
    made.mfa_since = time.time() - 90
    with_mfa = authenticate(made.access_key_id, "token").context("us-west-2")
    assert with_mfa["aws:MultiFactorAuthPresent"] == "true"
    assert with_mfa["aws:MultiFactorAuthAge"] in ("90", "91")
