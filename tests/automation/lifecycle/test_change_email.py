"""The address of an account changes in AWS, in its file and in its state, and by no deployment."""

import json
from typing import Any

import pytest

from automation import guards
from automation.aws import AwsFailed
from automation.lifecycle.change_email import change_email
from automation.queue import Cancelled
from automation.skipping.reads import Reads
from shared.errors import ConfigError, UsageError, UserError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.lifecycle.aws_organization import Organization, error
from tests.automation.lifecycle.conftest import stack, state, write

ID, OLD, NEW = "111111111111", "web@example.com", "shop@example.com"
SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@pytest.fixture
def organization(monkeypatch: pytest.MonkeyPatch) -> Organization:
    """The organization of the account `web`."""
    return Organization(monkeypatch, **{f"a{ID}": "ACTIVE"})


class Engine:
    """What `config set`, `config get`, `stack export` and `refresh` do, with or without encryption."""

    def __init__(self, fake: FakeRun, organization: Organization, *, encrypted: bool) -> None:
        self.fake, self.organization, self.encrypted = fake, organization, encrypted
        self.address, self.kept = OLD, fake.engine.ask
        self.set_file(OLD)
        self.set_state(OLD)

    def set_file(self, address: str) -> None:
        self.address = address
        write(self.fake.engine.root, "web", "{secure: v1:q83vq83vq83vq83v:q83v}" if self.encrypted else address)

    def set_state(self, address: str) -> None:
        self.deployed = address
        value: Any = {**SIGNATURE, "ciphertext": "v1:x"} if self.encrypted else address
        self.fake.engine.states[stack("web")] = state(ID, value)

    def ask(self, of: StackId, command: list[str]) -> str:
        if command[:2] == ["config", "get"]:
            return f"{self.address}\n"
        if command[:2] == ["config", "set"]:
            assert ("--secret" in command) == self.encrypted
            self.set_file(command[-1])
        if command[:2] == ["stack", "export"]:
            return json.dumps(state(ID, {**SIGNATURE, "plaintext": json.dumps(self.deployed)}))
        return self.kept(of, command)

    def refresh(self, _of: StackId, _watch: object, *, only: str) -> None:
        assert only.endswith("::account")
        self.set_state(self.organization.emails[ID])


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def engine(
    request: pytest.FixtureRequest, fake: FakeRun, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    """An engine that does what the commands ask for."""
    made = Engine(fake, organization, encrypted=request.param)
    monkeypatch.setattr(fake.engine, "ask", made.ask)
    monkeypatch.setattr(fake.engine, "refresh", made.refresh)
    return made


def changed(fake: FakeRun, address: str = NEW, code: str | None = None) -> int:
    return change_email(fake.run, "web", address=address, code=code, yes=True, interactive=False)


def everywhere(engine: Engine) -> set[str]:
    """The addresses in AWS, in the file and in the state."""
    return {engine.organization.emails[ID], engine.address, engine.deployed}


def test_the_code_is_sent_and_then_given(fake: FakeRun, engine: Engine, organization: Organization) -> None:
    with pytest.raises(UsageError, match=f"Go on with: invoke change-email web {NEW} --env prod --code CODE"):
        changed(fake)
    assert f"1. AWS sends a one-time code to {NEW}" in fake.printed
    assert everywhere(engine) == {OLD}
    assert changed(fake, code="123456") == 0
    assert everywhere(engine) == {NEW}
    assert organization.sent == 1
    assert "next: invoke preview accounts/web --env prod" in fake.printed
    assert changed(fake) == 0
    assert "nothing is left to do" in fake.printed


def test_a_code_that_is_typed(fake: FakeRun, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["y", "123456"]
    monkeypatch.setattr("builtins.input", lambda _question: answers.pop(0))
    assert change_email(fake.run, "web", address=NEW, interactive=True) == 0
    assert everywhere(engine) == {NEW}


def test_nobody_agrees(fake: FakeRun, engine: Engine, organization: Organization, monkeypatch: Any) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert change_email(fake.run, "web", address=NEW, interactive=True) == 1
    assert (everywhere(engine), organization.sent) == ({OLD}, 0)


@pytest.mark.parametrize("point", ["ask", "refresh"])
def test_killed_after_aws_or_after_the_file_it_goes_on(
    fake: FakeRun, engine: Engine, organization: Organization, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    organization.asked.append(NEW)
    usual = getattr(engine, point)

    def killed(*given: Any, **named: Any) -> Any:
        if point == "refresh" or given[1][:2] == ["config", "set"]:
            raise Cancelled
        return usual(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(fake.engine, point, killed)
        with pytest.raises(Cancelled):
            changed(fake, code="123456")
    assert everywhere(engine) == {OLD, NEW}
    assert changed(fake) == 0
    assert everywhere(engine) == {NEW}
    assert organization.sent == 0


def test_a_file_that_was_edited_first_is_left_as_it_is(fake: FakeRun, engine: Engine) -> None:
    engine.set_file(NEW)
    with pytest.raises(UsageError):
        changed(fake)
    fake.engine.done.clear()
    assert changed(fake, code="123456") == 0
    assert everywhere(engine) == {NEW}
    assert not any(each.startswith("config set") for each in fake.engine.done)


def test_a_code_that_is_wrong_or_too_late(fake: FakeRun, engine: Engine, organization: Organization) -> None:
    with pytest.raises(UsageError, match=f"A new one is sent by: invoke change-email web {NEW} --env prod"):
        changed(fake, code="123456")
    organization.asked.append(NEW)
    with pytest.raises(UsageError, match=f"654321 is not the code that it sent to {NEW}; the address is as it was"):
        changed(fake, code="654321")
    with pytest.raises(UsageError, match="--code is '12'; allowed: the six letters or digits"):
        changed(fake, code="12")
    assert everywhere(engine) == {OLD}


def test_aws_that_does_not_allow_it_is_asked_for_no_code(
    fake: FakeRun, engine: Engine, organization: Organization
) -> None:
    organization.trusted = ["backup.amazonaws.com"]
    with pytest.raises(UsageError, match=r"add account.amazonaws.com to org:additionalTrustedServices in stacks/org/"):
        changed(fake)
    organization.trusted.append("account.amazonaws.com")
    organization.refusals = [error("ConflictException")]
    with pytest.raises(UsageError, match=f"an AWS account has the address {NEW} already"):
        changed(fake)
    organization.refusals = [error("AccessDeniedException")]
    with pytest.raises(AwsFailed, match="AccessDeniedException"):
        changed(fake)
    organization.states[ID] = "SUSPENDED"
    with pytest.raises(UsageError, match="is SUSPENDED; allowed: an account that is ACTIVE"):
        changed(fake)
    assert (everywhere(engine), organization.sent) == ({OLD}, 0)


def test_an_address_or_account_that_cannot_be(fake: FakeRun, organization: Organization) -> None:
    write(fake.engine.root, "blog", "blog@example.com")
    fake.run.stacks.append(stack("blog"))
    for address in ("shop", "shop@example", "a b@example.com"):
        with pytest.raises(UserError, match=r"is not an e-mail address; allowed: local@domain.tld"):
            changed(fake, address)
    with pytest.raises(UserError, match=r"Pulumi.prod.blog.yaml: accounts:email is Blog@example.com; allowed: an addr"):
        changed(fake, "Blog@example.com")
    with pytest.raises(UserError, match="no account is called 'wbe'"):
        change_email(fake.run, "wbe", address=NEW)
    with pytest.raises(UserError, match="accounts/blog is not deployed, so no address has to be changed"):
        change_email(fake.run, "blog", address=NEW)
    stack("web").config_file(fake.engine.root).unlink()
    with pytest.raises(UserError, match="accounts/web has a stack and no file"):
        changed(fake)
    assert organization.sent == 0


def test_a_state_that_still_has_it_in_plain_text_is_encrypted(fake: FakeRun, engine: Engine) -> None:
    fake.engine.states[stack("web")] = state(ID, OLD)
    assert changed(fake, OLD) == 0
    assert (len(fake.engine.replaced) == 1) == engine.encrypted
    for replaced in fake.engine.replaced:
        account = replaced["deployment"]["resources"][0]
        secret = {**SIGNATURE, "plaintext": json.dumps(OLD)}
        assert account["inputs"]["email"] == account["outputs"]["email"] == secret


def test_a_deployment_refuses_an_edited_address(fake: FakeRun, engine: Engine) -> None:
    guards.before(fake.run, [stack("web")], "deploy")
    engine.set_file(NEW)
    for doing in ("deploy", "preview"):
        with pytest.raises(ConfigError) as refused:
            guards.before(fake.run, fake.run.stacks, doing)
        text = str(refused.value)
        assert "stacks/accounts/Pulumi.prod.web.yaml: accounts:email is " in text
        assert f"account {ID} has" in text
        assert "invoke change-email web" in text
        assert (NEW in text, OLD in text) == ((False, False) if engine.encrypted else (True, True))
    guards.before(fake.run, [stack("web")], "drift")


def test_what_says_nothing_of_the_address_is_no_problem(fake: FakeRun, engine: Engine) -> None:
    fake.run.ledger.begin(stack("web"))
    fake.run.ledger.end(stack("web"), Reads())
    engine.set_file(NEW)
    # The fake inputs say that the file is that of the last deployment.
    guards.before(fake.run, [stack("web")], "deploy")
    fake.run.ledger.forget(stack("web"))
    with pytest.raises(ConfigError):
        guards.before(fake.run, [stack("web")], "deploy")
    engine.set_file(OLD.upper())
    guards.before(fake.run, [stack("web")], "deploy")
    fake.engine.states[stack("web")] = {"deployment": {"resources": []}}
    engine.set_file(NEW)
    guards.before(fake.run, [stack("web")], "deploy")
    fake.engine.states.clear()
    guards.before(fake.run, [stack("web")], "deploy")
