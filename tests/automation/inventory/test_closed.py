"""An account that was closed, or that left the organization, is recognized before any work in it."""

from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.aws import AwsFailed
from automation.inventory import closed
from automation.reporting.schema import Report
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.inventory.test_foreign import resource, state

SHOP, BLOG, NEW = (StackId("accounts", "prod", name) for name in ("shop", "blog", "new"))
ACCOUNT = "aws:organizations/account:Account"
IDS = {SHOP: "111111111111", BLOG: "222222222222"}
MESSAGE = (
    "account 111111111111 (Shop) is closed ({}): invoke close-account shop --env prod takes its stack and file out"
)
LEFT = (
    "account 111111111111 (Shop) is not in the organization any more: "
    "invoke forget-account shop --env prod takes its stack and file out"
)


def made(root: Path, monkeypatch: pytest.MonkeyPatch, now: str) -> FakeRun:
    """Of three accounts the first is in the state `now`, the second is ACTIVE, and the third is not made yet."""
    known = {IDS[SHOP]: now, IDS[BLOG]: "ACTIVE"}
    monkeypatch.setattr(closed, "current_state", lambda _environment, _root, account: known[account])
    inside = resource("aws:iam/role:Role", "DeveloperRole")
    states = {stack: state(resource(ACCOUNT, id_, name=stack.label[9:].title()), inside) for stack, id_ in IDS.items()}
    fake = FakeRun(root, [SHOP, BLOG, NEW], {**states, NEW: state()})
    fake.run.report = root / "report.json"
    return fake


def run(fake: FakeRun, operation: str) -> int:
    options: dict[str, dict[str, Any]] = {
        "deploy": {"yes": True, "interactive": False},
        "destroy": {"include_protected": True, "confirm": "prod", "yes": True, "interactive": False},
    }
    return int(getattr(operations, operation)(fake.run, fake.run.stacks, **options.get(operation, {})))


@pytest.mark.parametrize("operation", ["deploy", "preview", "refresh", "destroy"])
@pytest.mark.parametrize(
    ("now", "message"),
    [
        *((now, MESSAGE.format(now)) for now in ("SUSPENDED", "PENDING_CLOSURE", "CLOSED")),
        (closed.GONE, LEFT),
    ],
)
def test_its_stack_alone_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, now: str, message: str
) -> None:
    fake = made(tmp_path, monkeypatch, now)
    assert run(fake, operation) == 1
    assert message in fake.printed
    assert not [each for each in fake.engine.done if each.endswith("accounts/shop")]
    assert [each for each in fake.engine.done if each.endswith("accounts/blog")]


@pytest.mark.parametrize(("now", "message"), [("CLOSED", MESSAGE.format("CLOSED")), (closed.GONE, LEFT)])
def test_drift_says_so_and_compares_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, message: str
) -> None:
    fake = made(tmp_path, monkeypatch, now)
    assert run(fake, "drift") == operations.DRIFT_EXIT
    assert fake.printed.count(f"accounts/shop: {message}") == 1
    assert fake.engine.done == ["preview with refresh accounts/blog", "preview with refresh accounts/new"]
    assert fake.run.report
    found = Report.model_validate_json(fake.run.report.read_text())
    assert [[each.what for each in stack.drift] for stack in found.stacks] == [["closed"], [], []]
    assert found.stacks[0].result == "differs"
    # Neither a refresh nor a deployment would mend it.
    assert "To bring AWS back" not in fake.printed


@pytest.mark.parametrize("operation", ["deploy", "preview", "refresh", "drift", "destroy"])
@pytest.mark.parametrize("now", ["ACTIVE", "PENDING_ACTIVATION"])
def test_an_account_that_can_be_worked_in_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, now: str
) -> None:
    fake = made(tmp_path, monkeypatch, now)
    assert run(fake, operation) == 0
    assert [each for each in fake.engine.done if each.endswith("accounts/shop")]


def test_the_last_of_a_destroyed_account_may_be_closed_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed after it had closed the account goes on."""
    fake = made(tmp_path, monkeypatch, "CLOSED")
    fake.engine.states[SHOP] = state(resource(ACCOUNT, IDS[SHOP]))
    assert run(fake, "destroy") == 0
    assert "destroy accounts/shop" in fake.engine.done


def test_where_aws_does_not_answer_the_engine_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = made(tmp_path, monkeypatch, "CLOSED")

    def refuse(*_: object) -> str:
        raise AwsFailed("no")

    monkeypatch.setattr(closed, "current_state", refuse)
    assert run(fake, "deploy") == 0
    assert "up accounts/shop" in fake.engine.done
