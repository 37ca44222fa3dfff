"""An account is given away: only its file and its stack go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from automation.imports.attempts import Attempts
from automation.lifecycle.closings import Closings
from automation.lifecycle.handover import forget
from automation.queue import Cancelled
from shared.errors import LayerError, UsageError
from tests.automation.fake_engine import FakeRun
from tests.automation.lifecycle.conftest import stack, write

FILE = stack("web").config_label


def forgotten(fake: FakeRun, confirm: str | None = "web") -> int:
    return forget(fake.run, "web", confirm=confirm, interactive=False)


def is_there(fake: FakeRun) -> tuple[bool, bool]:
    """Whether the file and the stack are there."""
    return (fake.engine.root / FILE).exists(), stack("web") in fake.engine.states


def test_what_goes_and_what_stays_is_said_before_it_is_done(fake: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fake.engine.root / "attempts"
    monkeypatch.setattr(type(fake.run.environment), "attempts", folder)
    Attempts(folder, stack("web")).add(["urn"])
    with pytest.raises(UsageError, match=r"nothing was changed: .* needs --confirm web"):
        forgotten(fake, None)
    assert f"1. {FILE} is deleted" in fake.printed
    assert "2. the stack prod.web is removed" in fake.printed
    assert "account 111111111111 (Web) stays in its OU" in fake.printed
    with pytest.raises(UsageError, match="'prod' is not the account's name; allowed: web"):
        forgotten(fake, "prod")
    assert is_there(fake) == (True, True)
    assert forgotten(fake) == 0
    assert is_there(fake) == (False, False)
    assert Attempts(folder, stack("web")).read() == set()
    with pytest.raises(LayerError, match="no account is called 'web'"):
        forgotten(fake)


@pytest.mark.parametrize("point", ["file", "stack"])
def test_killed_at_each_step_it_goes_on(fake: FakeRun, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    def killed(*_given: object, **_named: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(*((Path, "unlink", killed) if point == "file" else (fake.engine, "ask", killed)))
        with pytest.raises(Cancelled):
            forgotten(fake)
    assert is_there(fake) == (point == "file", True)
    assert forgotten(fake) == 0
    assert is_there(fake) == (False, False)


def test_killed_when_the_stack_was_gone_nothing_is_left_for_a_later_account(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fake.engine.root / "attempts"
    monkeypatch.setattr(type(fake.run.environment), "attempts", folder)
    Attempts(folder, stack("web")).add(["urn"])
    closings = Closings.read(fake.engine.root, "prod")
    closings.wait("web", datetime.now(UTC))

    def killed(*_given: object) -> None:
        fake.engine.states.clear()
        raise Cancelled

    monkeypatch.setattr(fake.engine, "ask", killed)
    with pytest.raises(Cancelled):
        forgotten(fake)
    assert is_there(fake) == (False, False)
    assert Attempts(folder, stack("web")).read() == set()
    assert not closings.file.exists()


def test_a_file_without_a_stack_and_one_that_cannot_be_read(fake: FakeRun) -> None:
    fake.engine.states.clear()
    write(fake.engine.root, "web").write_text("config: [\n")
    assert forgotten(fake) == 0
    assert is_there(fake) == (False, False)
    assert "Nothing of it is in AWS" in fake.printed
