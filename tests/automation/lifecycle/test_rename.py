"""An account gets another name here, also when the first attempt was killed at any point."""

import json
from pathlib import Path

import pytest

from automation.imports.attempts import Attempts
from automation.lifecycle.rename import rename
from automation.skipping.reads import Reads
from engine.run_lock import records
from shared.errors import LayerError, UserError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.lifecycle.conftest import stack, state, write
from tests.automation.small_repository import Repository
from tests.holders import another_run

WEB = {stack("web"): state("111111111111", "web@example.com")}


class Killed(BaseException):
    """The command was killed here."""


def renamed(fake: FakeRun, old: str = "web", new: str = "shop") -> int:
    return rename(fake.run, old, new, yes=True, interactive=False)


def there(fake: FakeRun) -> tuple[list[str], list[str]]:
    """The names of the files and of the stacks."""
    files = (fake.engine.root / "stacks/accounts").glob("*.yaml")
    return sorted(file.name for file in files), sorted(each.name for each in fake.engine.states)


DONE = (["Pulumi.prod.shop.yaml"], ["prod.shop"])


def test_the_file_and_the_stack_are_renamed_and_the_plan_is_shown(fake: FakeRun) -> None:
    assert renamed(fake) == 0
    assert there(fake) == DONE
    assert "1. the stack prod.web becomes prod.shop" in fake.printed
    assert "2. stacks/accounts/Pulumi.prod.web.yaml becomes stacks/accounts/Pulumi.prod.shop.yaml" in fake.printed
    assert "next: invoke preview accounts/shop --env prod" in fake.printed
    with pytest.raises(UserError, match="'web', and accounts/shop exists: if that is the one"):
        renamed(fake)


def test_an_account_that_was_never_deployed_has_only_a_file(fake: FakeRun) -> None:
    fake.engine.states.clear()
    assert renamed(fake) == 0
    assert there(fake) == (["Pulumi.prod.shop.yaml"], [])


def test_a_file_that_was_renamed_by_hand_leaves_the_stack(fake: FakeRun) -> None:
    stack("web").config_file(fake.engine.root).rename(stack("shop").config_file(fake.engine.root))
    assert renamed(fake) == 0
    assert there(fake) == DONE


def test_killed_between_the_stack_and_the_file(fake: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_file: Path, _target: Path) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            renamed(fake)
    assert there(fake) == (["Pulumi.prod.web.yaml"], ["prod.shop"])
    assert renamed(fake) == 0
    assert there(fake) == DONE


def test_killed_when_the_engine_was_done_nothing_is_left_for_a_later_account(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fake.engine.root / "attempts"
    monkeypatch.setattr(type(fake.run.environment), "attempts", folder)
    urn = "urn:pulumi:prod.web::accounts::aws:iam/role:Role::a"
    Attempts(folder, stack("web")).add([urn])
    ask = fake.engine.ask

    def killed(old: StackId, command: list[str]) -> str:
        answer = ask(old, command)
        if command[1] == "rename":
            stack("web").config_file(fake.engine.root).rename(stack("shop").config_file(fake.engine.root))
            raise Killed
        return answer

    monkeypatch.setattr(fake.engine, "ask", killed)
    with pytest.raises(Killed):
        renamed(fake)
    assert there(fake) == DONE
    assert Attempts(folder, stack("web")).read() == {urn}
    with pytest.raises(UserError, match="it has its new name and nothing is left to do"):
        renamed(fake)
    assert Attempts(folder, stack("web")).read() == set()
    assert Attempts(folder, stack("shop")).read() == {urn.replace("prod.web", "prod.shop")}


@pytest.mark.parametrize("file", ["web", "shop"])
def test_killed_while_the_engine_had_both_stacks(fake: FakeRun, file: str) -> None:
    fake.engine.states[stack("shop")] = fake.engine.states[stack("web")]
    stack("web").config_file(fake.engine.root).rename(stack(file).config_file(fake.engine.root))
    assert renamed(fake) == 0
    assert there(fake) == DONE
    assert any(each.startswith("stack rm") and each.endswith("--stack prod.web") for each in fake.engine.done)


def test_what_failed_runs_had_begun_goes_along(fake: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fake.engine.root / "attempts"
    monkeypatch.setattr(type(fake.run.environment), "attempts", folder)
    Attempts(folder, stack("web")).add(["urn:pulumi:prod.web::accounts::aws:iam/role:Role::a"])
    renamed(fake)
    assert Attempts(folder, stack("web")).read() == set()
    assert Attempts(folder, stack("shop")).read() == {"urn:pulumi:prod.shop::accounts::aws:iam/role:Role::a"}


def test_another_run_at_work_on_either_name_is_not_disturbed(fake: FakeRun) -> None:
    before = there(fake)
    for name in ("web", "shop"):
        with another_run(records(fake.engine.root / ".runs"), [f"accounts/prod.{name}"]), pytest.raises(UserError):
            renamed(fake)
        assert there(fake) == before
    assert renamed(fake) == 0


def test_a_later_account_of_the_old_name_is_not_taken_for_deployed(fake: FakeRun) -> None:
    fake.run.ledger.begin(stack("web"))
    fake.run.ledger.end(stack("web"), Reads())
    assert fake.run.ledger.differs(stack("web")) == []
    renamed(fake)
    assert fake.run.ledger.differs(stack("web")) == ["not deployed from here yet"]


def test_a_name_that_is_unknown_taken_or_invalid_changes_nothing(fake: FakeRun) -> None:
    write(fake.engine.root, "shop", "shop@example.com")
    before = there(fake)
    for old, new, message in (
        ("wbe", "blog", r"no account is called 'wbe'.*there are: web"),
        ("web", "shop", r"Pulumi.prod.shop.yaml exists; allowed: a name that no account has"),
        ("web", "Shop", r"account 'Shop': allowed are lower-case letters"),
        ("../web", "blog", r"account '../web': allowed are"),
        ("web", "web", r"accounts/web is called so already"),
    ):
        with pytest.raises(UserError, match=message):
            renamed(fake, old, new)
    assert there(fake) == before
    assert not any("rename" in each or "rm" in each for each in fake.engine.done)


def test_a_file_and_a_stack_of_two_accounts_are_not_put_together(fake: FakeRun) -> None:
    stack("web").config_file(fake.engine.root).unlink()
    with pytest.raises(UserError, match="accounts/web has a stack and no file"):
        renamed(fake)
    write(fake.engine.root, "shop", "shop@example.com")
    with pytest.raises(UserError, match=r"account 111111111111, web@example.com: these are two accounts"):
        renamed(fake)
    fake.engine.states[stack("shop")] = state("222222222222", "shop@example.com")
    with pytest.raises(UserError, match=r"the stack prod.shop exists, with account 222222222222"):
        renamed(fake)


def test_it_is_asked_for_outside_the_sandbox(fake: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    before = there(fake)
    with pytest.raises(UserError, match=r"nothing was changed: .* needs --yes"):
        rename(fake.run, "web", "shop", yes=False, interactive=False)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert rename(fake.run, "web", "shop", yes=False, interactive=True) == 1
    assert there(fake) == before
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert rename(fake.run, "web", "shop", yes=False, interactive=True) == 0


def test_the_engine_rewrites_names_and_keeps_secrets_and_the_selection(repository: Repository) -> None:
    for label in ("org", "identity", "policies"):
        repository.plan(label, {}, environment="prod")
    old = repository.plan("accounts/web", {"one": {"color": "red", "protect": True}}, environment="prod", secret=True)
    other = repository.plan("accounts/other", {}, environment="prod")
    run = repository.run("prod")
    for each in run.stacks:
        run.engine.create(each)
    run.engine.ask(old, ["config", "set", "--secret", "accounts:email", "hush", "--stack", old.name])
    run.engine.up(old, lambda _record, _change: None)
    run.engine.ask(other, ["stack", "select", other.name])
    file = old.config_file(repository.root).read_text()

    assert rename(run, "web", "shop", yes=True, interactive=False) == 0
    new = stack("shop")
    assert new.config_file(repository.root).read_text() == file
    assert not old.config_file(repository.root).exists()
    exported = json.dumps(run.engine.export(new))
    assert "prod.web" not in exported
    assert "prod.shop::accounts" in exported
    assert run.engine.export(old) is None
    assert run.engine.outputs(new, show_secrets=True) == {"items": ["one"], "word": "hush"}
    got = run.engine.ask(new, ["config", "get", "accounts:email", "--stack", new.name])
    assert got
    assert got.strip() == "hush"
    listed = json.loads(run.engine.ask(new, ["stack", "ls", "--json"]) or "")
    assert [each["name"] for each in listed if each["current"]] == [other.name]
    (repository.root / "stacks/accounts/plan.prod.shop.json").write_text(
        (repository.root / "stacks/accounts/plan.prod.web.json").read_text()
    )
    assert not run.engine.preview(new, lambda _record, _change: None).changes


def test_nothing_is_selected_where_nothing_was(repository: Repository) -> None:
    for label in ("org", "identity", "policies"):
        repository.plan(label, {}, environment="prod")
    old = repository.plan("accounts/web", {}, environment="prod")
    run = repository.run("prod")
    run.engine.create(old)
    run.engine.ask(old, ["stack", "unselect"])
    # Renamed by hand, as with `git mv`: the engine does without the file.
    old.config_file(repository.root).rename(stack("shop").config_file(repository.root))
    assert rename(run, "web", "shop", yes=True, interactive=False) == 0
    listed = json.loads(run.engine.ask(old, ["stack", "ls", "--json"]) or "")
    assert [(each["name"], each["current"]) for each in listed] == [("prod.shop", False)]
    assert stack("shop").config_file(repository.root).is_file()
    with pytest.raises(LayerError):
        rename(run, "nobody", "else", yes=True, interactive=False)
