"""An account is closed in AWS and taken out here, also when AWS's quota is used up or the command was killed."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from automation import guards
from automation.aws import AwsFailed
from automation.lifecycle import close as closing
from automation.lifecycle.close import QuotaUsedUp, close
from automation.lifecycle.closings import Closings
from automation.lifecycle.handover import forget
from automation.lifecycle.rename import rename
from automation.queue import Cancelled
from shared.errors import ConfigError, UsageError
from tests.automation.fake_engine import FakeRun
from tests.automation.lifecycle.aws_organization import MANAGEMENT, Organization, error
from tests.automation.lifecycle.conftest import stack, state

ID = "111111111111"
QUOTA = error("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED")


@pytest.fixture
def organization(monkeypatch: pytest.MonkeyPatch) -> Organization:
    """The organization of the account `web`."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return Organization(monkeypatch, **{f"a{ID}": "ACTIVE"})


def closed(fake: FakeRun, confirm: str | None = "web") -> int:
    return close(fake.run, "web", confirm=confirm, interactive=False)


def is_there(fake: FakeRun) -> tuple[bool, bool]:
    """Whether the file and the stack are there."""
    return stack("web").config_file(fake.engine.root).exists(), stack("web") in fake.engine.states


def listed(fake: FakeRun) -> Closings:
    return Closings.read(fake.engine.root, "prod")


def test_what_it_does_and_costs_is_said_before_it_is_done(fake: FakeRun, organization: Organization) -> None:
    organization.pending = 3
    with pytest.raises(UsageError, match=r"nothing was changed: .* needs --confirm web"):
        closed(fake, None)
    for said in (
        f"1. account {ID} (Web) is closed in AWS",
        "2. stacks/accounts/Pulumi.prod.web.yaml is deleted",
        "3. the stack prod.web is removed",
        "For 90 days AWS Support can open it again",
        "web@example.com is used up",
        "this repository has closed 0 of them",
    ):
        assert said in fake.printed
    with pytest.raises(UsageError, match="'prod' is not the account's name"):
        closed(fake, "prod")
    assert (organization.asked, is_there(fake)) == ([], (True, True))
    assert closed(fake) == 0
    assert (organization.asked, organization.states[ID], is_there(fake)) == ([ID], "CLOSED", (False, False))
    assert list(listed(fake).closed) == [ID]


def test_a_quota_that_is_used_up_puts_it_on_a_list_and_says_when(fake: FakeRun, organization: Organization) -> None:
    first = datetime.now(UTC) - timedelta(days=20)
    listed(fake).close("other", "222222222222", first)
    organization.refusals = [QUOTA]
    with pytest.raises(QuotaUsedUp) as refused:
        closed(fake)
    assert f"again from {first + timedelta(days=30):%Y-%m-%d %H:%M} UTC" in str(refused.value)
    assert "go on then with: invoke close-account web --env prod" in str(refused.value)
    assert is_there(fake) == (True, True)
    assert list(listed(fake).waiting) == ["web"]
    # A run closes nothing; it reminds.
    guards.before(fake.run, [], "preview")
    assert "waits to be closed" not in fake.printed
    guards.before(fake.run, [], "deploy")
    assert "accounts/web waits to be closed; go on with: invoke close-account web --env prod" in fake.printed
    assert organization.states[ID] == "ACTIVE"

    assert closed(fake) == 0
    assert (set(listed(fake).closed), listed(fake).waiting) == ({"222222222222", ID}, {})


def test_the_list_goes_along_with_the_account(fake: FakeRun, organization: Organization) -> None:
    organization.refusals = [QUOTA]
    with pytest.raises(QuotaUsedUp):
        closed(fake)
    rename(fake.run, "web", "shop", yes=True, interactive=False)
    assert list(listed(fake).waiting) == ["shop"]
    forget(fake.run, "shop", confirm="shop", interactive=False)
    assert not listed(fake).file.exists()


def test_nobody_knows_when_if_all_were_closed_elsewhere(fake: FakeRun, organization: Organization) -> None:
    organization.refusals = [QUOTA]
    with pytest.raises(QuotaUsedUp, match="in 30 days at the latest"):
        closed(fake)


def test_what_aws_no_longer_counts_is_forgotten(fake: FakeRun) -> None:
    now = datetime.now(UTC)
    listed(fake).close("old", "222222222222", now - timedelta(days=31))
    assert listed(fake).next_slot(now) is None
    listed(fake).close("new", "333333333333", now)
    assert list(listed(fake).closed) == ["333333333333"]
    assert listed(fake).next_slot(now)


@pytest.mark.parametrize("before", ["PENDING_CLOSURE", "CLOSED", None])
def test_an_account_that_was_closed_by_hand_is_only_taken_out(
    fake: FakeRun, organization: Organization, before: str | None
) -> None:
    if before:
        organization.states[ID] = before
    else:
        organization.states.clear()
    assert closed(fake) == 0
    assert (organization.asked, is_there(fake)) == ([], (False, False))


def test_a_refresh_that_dropped_the_closed_account_does_not_hide_it(fake: FakeRun, organization: Organization) -> None:
    exported = {"type": "pulumi:pulumi:Stack", "urn": "urn", "outputs": {"accountId": ID}}
    fake.engine.states[stack("web")] = {"deployment": {"resources": [exported]}}
    organization.states[ID] = "CLOSED"
    assert closed(fake) == 0
    assert is_there(fake) == (False, False)


@pytest.mark.parametrize("code", ["AccountAlreadyClosedException", "ConflictException"])
def test_a_lost_answer_is_no_failure(fake: FakeRun, organization: Organization, code: str) -> None:
    def lost(AccountId: str) -> None:
        organization.states[AccountId] = "CLOSED"
        raise error(code)

    organization.close_account = lost  # type: ignore[method-assign]
    assert closed(fake) == 0
    assert is_there(fake) == (False, False)


def test_killed_while_aws_is_asked_it_stays_counted(fake: FakeRun, organization: Organization) -> None:
    def killed(AccountId: str) -> None:
        organization.states[AccountId] = "CLOSED"
        raise Cancelled

    organization.close_account = killed  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        closed(fake)
    assert closed(fake) == 0
    assert list(listed(fake).closed) == [ID]


def test_what_aws_refuses_is_not_counted_and_an_earlier_closure_is(fake: FakeRun, organization: Organization) -> None:
    for before in ([], [datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)]):
        for each in before:
            listed(fake).close("web", ID, each)
        organization.refusals = [error("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")]
        with pytest.raises(AwsFailed):
            closed(fake)
        assert list(listed(fake).closed.values()) == before


@pytest.mark.parametrize("point", ["waiting", "file", "stack"])
def test_killed_at_each_step_it_goes_on(
    fake: FakeRun, organization: Organization, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def killed(*_given: object, **_named: object) -> None:
        raise Cancelled

    organization.pending = 2
    targets = {"waiting": (time, "sleep"), "file": (Path, "unlink"), "stack": (fake.engine, "ask")}
    with monkeypatch.context() as patched:
        patched.setattr(*targets[point], killed)
        with pytest.raises(Cancelled):
            closed(fake)
    assert is_there(fake) == (point != "stack", True)
    assert closed(fake) == 0
    assert (organization.asked, is_there(fake)) == ([ID], (False, False))


def test_aws_refuses_or_takes_too_long_and_nothing_else_is_changed(
    fake: FakeRun, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization.refusals = [error("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")]
    with pytest.raises(AwsFailed, match=f"closing account {ID} failed: ConstraintViolationException"):
        closed(fake)
    organization.refusals = [error("ConflictException")]
    with pytest.raises(UsageError, match="which is open again; nothing else was changed"):
        closed(fake)
    organization.pending = 9
    monkeypatch.setattr(closing, "WAIT_SECONDS", -1.0)
    with pytest.raises(UsageError, match="Go on later with: invoke close-account web --env prod"):
        closed(fake)
    assert is_there(fake) == (True, True)


def test_what_cannot_be_closed(fake: FakeRun, organization: Organization) -> None:
    fake.engine.states[stack("web")] = state(MANAGEMENT, "web@example.com")
    with pytest.raises(UsageError, match=f"account {MANAGEMENT} is the management account"):
        closed(fake)
    fake.engine.states.clear()
    with pytest.raises(UsageError, match=r"was never deployed.*invoke forget-account web --env prod"):
        closed(fake)
    assert organization.asked == []


def test_a_list_that_cannot_be_read_is_one_error(fake: FakeRun, organization: Organization) -> None:
    file = listed(fake).file
    for text in ("closed: [\n", "closed: [a]\n", "closed: {a: tomorrow}\n", "- a\n"):
        file.write_text(text)
        with pytest.raises(ConfigError, match=r"stacks/closing.prod.yaml cannot be read; allowed: closed and waiting"):
            closed(fake)
    assert organization.asked == []
