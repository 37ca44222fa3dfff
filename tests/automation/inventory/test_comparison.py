"""What `drift` makes of the inventory: which things it has, what it prints, its exit code and its report."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from automation import operations
from automation.aws import AwsFailed
from automation.events import Record
from automation.inventory import comparison
from automation.inventory.identities import Identities, Principal
from automation.inventory.organization import Member, Organization, Unit
from automation.reporting.schema import Report
from automation.results import Foreign
from automation.stacks import StackFailed
from shared.layers import StackId
from shared.yaml_files import Dumper
from tests.automation.fake_engine import FakeRun
from tests.automation.inventory.test_foreign import resource, state

ENV = "prod"
ORG, IDENTITY = StackId("org", ENV), StackId("identity", ENV)
SHOP, WAITING, OLD = (StackId("accounts", ENV, name) for name in ("shop", "waiting", "old"))
ACCOUNT = "aws:organizations/account:Account"
MEMBER = "111111111111"
STAYED = Foreign("vault of accounts/shop,", "Default", "arn", None, "delete it", ("arn", MEMBER))
MEMBERS = (MEMBER, "222222222222", "333333333333", "444444444444")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    """Of four accounts the first is in a stack, the second in one without a file; the third has only a file."""
    files = {
        ORG: {"org:mode": "create"},
        IDENTITY: {"identity:userSource": "config"},
        SHOP: {"accounts:email": "a111111111111@example.com"},
        WAITING: {"accounts:email": "A333333333333@example.com"},
    }
    for stack, keys in files.items():
        write(tmp_path, stack, keys)
    states = {
        ORG: state(resource("aws:organizations/organization:Organization", "o-1")),
        IDENTITY: state(),
        SHOP: state(resource(ACCOUNT, MEMBERS[0], email="a111111111111@example.com")),
        OLD: state(resource(ACCOUNT, MEMBERS[1], email="a222222222222@example.com")),
    }
    top = Unit("r-1", "")
    members = tuple(Member(id_, f"A{id_[0]}", f"a{id_}@example.com", Unit("ou-1", "Dev")) for id_ in MEMBERS)
    found = Organization("o-1", top, members=members)
    monkeypatch.setattr(comparison, "read_organization", lambda _environment, _root: found)
    monkeypatch.setattr(comparison, "read_identities", lambda _environment, _root: Identities((Principal("eve"),)))
    monkeypatch.setattr(comparison, "left_behind", lambda _run, _states, _found, _chosen: [STAYED])
    monkeypatch.setattr(comparison, "removal_of_user", lambda _environment, _root, user: f"delete {user.name}")
    fake = FakeRun(tmp_path, [ORG, IDENTITY, SHOP, WAITING], states)
    fake.run.report = tmp_path / "report.json"
    return fake


def write(root: Path, stack: StackId, keys: dict[str, Any]) -> None:
    stack.config_file(root).parent.mkdir(parents=True, exist_ok=True)
    stack.config_file(root).write_text(yaml.dump({"config": keys}, Dumper=Dumper))


def foreign(run: FakeRun, code: int) -> dict[str, Any] | None:
    """Drift ends with `code`; what the report has, by id."""
    assert operations.drift(run.run, run.run.stacks) == code
    assert run.run.report
    found = Report.model_validate_json(run.run.report.read_text())
    assert found.exit_code == code
    return None if found.foreign is None else {each.id: each for each in found.foreign}


def test_what_no_stack_has_is_drift(run: FakeRun) -> None:
    found = foreign(run, 2)
    assert found
    assert list(found) == ["prod.old", "333333333333", "444444444444", "eve"]
    assert found["333333333333"].adopt == "invoke import accounts/waiting 333333333333 --env prod"
    assert "invoke import accounts/a4 444444444444 --env prod" in found["444444444444"].adopt
    assert "Not in any stack: 4\n" in run.printed
    assert "  user eve; adopt: " in run.printed
    # It is not what a refresh and a deployment would mend.
    assert "To bring AWS back" not in run.printed


def test_who_leaves_it_alone_has_no_drift(run: FakeRun, tmp_path: Path) -> None:
    del run.engine.states[OLD]
    write(tmp_path, ORG, {"org:mode": "create", "org:ignore": ["Dev", "user/eve"]})
    ignored_accounts = foreign(run, 0)
    assert ignored_accounts == {}
    assert "All that is in the organization is in a stack (4 left alone: org:ignore)." in run.printed
    # What stayed on purpose is no drift.
    assert "Stayed in AWS when a stack gave it up, with its backups: 1\n" in run.printed
    assert "  vault of accounts/shop, Default (arn); remove: delete it\n" in run.printed


def test_what_stayed_can_be_left_alone_too(run: FakeRun, tmp_path: Path) -> None:
    del run.engine.states[OLD]
    write(tmp_path, ORG, {"org:mode": "create", "org:ignore": ["Dev", "user/eve", "arn"]})
    assert foreign(run, 0) == {}
    assert "(5 left alone: org:ignore)" in run.printed
    assert "Stayed" not in run.printed
    assert "fits nothing" not in run.printed


def test_users_of_other_tools(run: FakeRun, tmp_path: Path) -> None:
    write(tmp_path, IDENTITY, {"identity:userSource": "external"})
    found = foreign(run, 2)
    assert found
    assert "eve" not in found


def test_an_organization_that_cannot_be_read_is_an_error_and_the_stacks_are_compared(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AwsFailed("reading the organization failed: AccessDenied", "AccessDenied")

    monkeypatch.setattr(comparison, "read_organization", refuse)
    assert foreign(run, 1) is None
    assert "preview with refresh org" in run.engine.done
    assert "The organization was not compared: reading the organization failed: AccessDenied" in run.printed
    assert "All that is in" not in run.printed


def test_a_failed_stack_counts_more_than_what_is_foreign(run: FakeRun) -> None:
    run.engine.answers = [StackFailed([])]
    found = foreign(run, 1)
    assert found
    assert "eve" in found


def test_who_looks_at_a_part_does_not_ask_for_the_organization(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(comparison, "read_organization", refuse)
    run.engine.answers = [Record()]
    assert operations.drift(run.run, [SHOP]) == 0
    assert "organization" not in run.printed
