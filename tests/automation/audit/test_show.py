"""What `invoke audit` shows on a terminal, and what it asks before it removes root credentials."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from automation import aws
from automation.audit import root_credentials
from automation.audit.command import CONTROLS, decide, show
from automation.audit.control import State
from automation.audit.root_credentials import BACK, may_remove, remove
from shared.errors import UsageError
from tests.automation.audit.test_controls import in_management, summary
from tests.automation.audit.world import MEMBER, World, fails

NARROW = 80


def shown(world: World, width: int = NARROW) -> str:
    """On a terminal of that many columns, with the settings of the project's console."""
    output = io.StringIO()
    show(Console(file=output, width=width, highlight=False, soft_wrap=True), decide(world.facts))
    return output.getvalue()


def mixed() -> World:
    """Something of every state, and findings that are longer than a line."""
    return World(
        iam__get_role={"Role": {}},
        cloudtrail__describe_trails=fails(),
        account__get_alternate_contact=fails("ResourceNotFoundException"),
    )


def test_the_table_fits_a_terminal_of_80_columns() -> None:
    world = mixed()
    table, _blank, rest = shown(world).partition("\nunused: ")
    lines = table.splitlines()
    assert rest
    assert max(map(len, lines)) <= NARROW
    rows = {line.split()[1]: line.split()[0] for line in lines if line.startswith("  ") and line[2:3].isalpha()}
    verdicts = {control.id: verdict.state.value for control, verdict in decide(world.facts)}
    assert {id_: rows[id_] for id_ in verdicts} == verdicts
    assert set(verdicts.values()) == {state.value for state in State}
    # What does not fit goes on below, and nothing is cut.
    told = " ".join(line[39:].strip() for line in lines)
    for _control, verdict in decide(world.facts):
        assert verdict.what in told
    assert "…" not in table


def test_a_fix_is_one_line_that_can_be_copied() -> None:
    text = shown(mixed())
    for control, verdict in decide(mixed().facts):
        if verdict.state is State.FAILED:
            assert f"\n{control.id}: {control.title}\n" in text
            for fix in verdict.fixes:
                assert f"\n  → {fix}\n" in text
            assert f"\n  {control.page}\n" in text
    assert max(map(len, text.splitlines())) > NARROW
    assert text.endswith(f"{len(CONTROLS) - 5} ok, 3 failed, 1 unknown, 1 review\n")


# --fix-root-credentials


@pytest.fixture
def with_root() -> World:
    """A member account whose root user has a password."""
    members = in_management(summary(AccountMFAEnabled=1), summary(AccountPasswordPresent=1))
    return World(iam__get_account_summary=members)


@pytest.mark.parametrize(("typed", "agreed"), [("y", True), ("yes", True), ("", False), ("n", False), ("sure", False)])
def test_the_prompt_names_the_environment_and_takes_yes_only(
    monkeypatch: pytest.MonkeyPatch, typed: str, agreed: bool
) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return typed

    monkeypatch.setattr("builtins.input", answer)
    assert may_remove("prod", yes=False, disposable=False, interactive=True) is agreed
    assert asked == ["Remove the root credentials of these accounts of prod? [y/N] "]


def test_nobody_is_asked_where_nobody_can_or_need_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_question: str) -> str:
        raise AssertionError

    monkeypatch.setattr("builtins.input", never)
    assert may_remove("prod", yes=True, disposable=False, interactive=False)
    assert may_remove("sandbox", yes=False, disposable=True, interactive=False)
    with pytest.raises(UsageError, match=r"nothing was removed: .*'prod' .* needs --yes"):
        may_remove("prod", yes=False, disposable=False, interactive=False)


def test_who_is_asked_has_read_what_will_go_and_how_it_comes_back(
    monkeypatch: pytest.MonkeyPatch, with_root: World
) -> None:
    said: list[str] = []

    def agreed() -> bool:
        assert said[-1] == BACK
        assert any(MEMBER in line and "its root user has" in line and "password" in line for line in said)
        return False

    monkeypatch.setattr(aws, "as_root", lambda *_args: pytest.fail("somebody said no"))
    assert remove(with_root.facts, Path(), said.append, agreed=agreed) is False


def test_who_says_yes_removes_everything(monkeypatch: pytest.MonkeyPatch, with_root: World) -> None:
    called: list[tuple[str, dict[str, Any]]] = []

    class Iam:
        class exceptions:
            NoSuchEntityException = KeyError

        def __getattr__(self, operation: str) -> Any:
            answers: dict[str, Any] = {
                "list_access_keys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIAROOT"}]},
                "list_signing_certificates": {"Certificates": [{"CertificateId": "C"}]},
                "list_mfa_devices": {"MFADevices": [{"SerialNumber": "arn:aws:iam::222222222222:mfa/root"}]},
            }

            def call(**given: Any) -> Any:
                called.append((operation, given))
                return answers.get(operation, {})

            return call

    def as_root(environment: str, account: str, task: str, service: str, _root: Path) -> Any:
        assert (environment, account, service) == ("prod", MEMBER, "iam")
        assert task == root_credentials.TASK
        return Iam()

    monkeypatch.setattr(aws, "as_root", as_root)
    said: list[str] = []
    assert remove(with_root.facts, Path(), said.append, agreed=lambda: True)
    assert [each for each in called if each[0].startswith(("delete", "deactivate"))] == [
        ("delete_login_profile", {}),
        ("delete_access_key", {"AccessKeyId": "AKIAROOT"}),
        ("delete_signing_certificate", {"CertificateId": "C"}),
        ("deactivate_mfa_device", {"SerialNumber": "arn:aws:iam::222222222222:mfa/root"}),
    ]
    assert said[-1].endswith("removed")
