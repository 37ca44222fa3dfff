"""What `invoke import` does with the results of its trial, and what it asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import StepEventStateMetadata

from automation import importing
from automation.events import Change, Problem, Record, Resource
from automation.stacks import StackFailed
from shared import planned_outputs
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun

TYPE = "aws:iam/user:User"


def urn(environment: str) -> str:
    return f"urn:pulumi:{environment}::identity::x:Developers${TYPE}::ada"


def planned(environment: str) -> Record:
    """The preview of a stack that would create the user `ada`."""
    step = {"type": TYPE, "urn": urn(environment), "inputs": {"name": "ada"}, "protect": True, "custom": True}
    return Record(begun={urn(environment): StepEventStateMetadata.from_json(step)})


def after(*changes: Change) -> Record:
    """The preview after the import."""
    record = Record()
    record._changes.update({change.resource.urn: change for change in changes})
    return record


def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str, **state: Any) -> FakeRun:
    """A run whose stack would create `ada`."""
    monkeypatch.setenv(planned_outputs.VARIABLE, "")
    stacks = [StackId("org", environment), StackId("identity", environment)]
    for stack in stacks:
        stack.config_file(tmp_path).parent.mkdir(parents=True)
        stack.config_file(tmp_path).write_text("config: {}\n")
    made = FakeRun(tmp_path, stacks, {stacks[0]: {}, **({stacks[1]: state} if state else {})})
    component = {"type": "x:Developers", "name": "developers", "component": True}
    user = {"type": TYPE, "name": "ada", "id": "?", "parent": "developers"}
    made.engine.import_file = {"resources": [component, user]}
    made.engine.answers = [planned(environment)]
    return made


def run(made: FakeRun, name: str = "ada", id_: str = "ada", *, yes: bool = False, interactive: bool = False) -> int:
    return importing.import_existing(made.run, made.run.stacks[1:], name, id_, yes=yes, interactive=interactive)


TRIAL = ["trial preview identity", "trial import identity", "trial preview identity"]


@pytest.mark.parametrize(("environment", "yes"), [("sandbox", False), ("prod", True)])
def test_what_was_tried_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str, yes: bool
) -> None:
    made = make(tmp_path, monkeypatch, environment)
    change = Change(Resource(urn(environment)), "updated", ("forceDestroy",))
    other = Change(Resource(f"urn:pulumi:{environment}::identity::{TYPE}::grace"), "deleted")
    made.engine.answers += [Record(), after(change, other)]
    assert run(made, yes=yes) == 0
    assert made.engine.done == [*TRIAL, "create identity", "import identity"]
    (tried, protects), (imported, also) = made.engine.imported
    assert tried == imported
    assert protects
    assert also
    assert [each["id"] for each in imported["resources"] if "id" in each] == ["ada"]
    assert f"updated {TYPE} ada: forceDestroy" in made.printed
    assert "grace" not in made.printed
    assert "identity" in made.printed


@pytest.mark.parametrize("what", ["replaced", "deleted"])
def test_what_a_deployment_would_not_keep_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    made.engine.answers += [Record(), after(Change(Resource(urn("prod")), what, ("path",)))]
    with pytest.raises(UsageError, match=r"would replace what is in AWS(.|\n)*ada \(ada\): path"):
        run(made, yes=True)
    assert made.engine.done == TRIAL


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("yes", 0), ("n", 1), ("", 1)])
def test_outside_the_sandbox_the_user_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    assert run(made, interactive=True) == code
    assert ("import identity" in made.engine.done) == (code == 0)


def test_without_a_terminal_nothing_is_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    with pytest.raises(UsageError, match="without a terminal to ask on needs --yes"):
        run(made)
    assert made.engine.done == TRIAL


def test_what_aws_has_not_is_said_without_the_engines_repetition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    gone = Problem("resource 'ada' does not exist", Resource(urn("prod")))
    made.engine.answers += [StackFailed([gone, Problem("update failed: step application failed")])]
    with pytest.raises(UsageError) as error:
        run(made, yes=True)
    assert str(error.value) == f"nothing was imported into identity: {TYPE} ada: resource 'ada' does not exist"


@pytest.mark.parametrize(("known", "message"), [("ada", None), ("eve", "as eve, and is to be imported as ada")])
def test_what_is_in_the_state_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str, message: str | None
) -> None:
    resource = {"urn": urn("prod"), "type": TYPE, "custom": True, "id": known}
    made = make(tmp_path, monkeypatch, "prod", deployment={"resources": [resource]})
    made.engine.answers = [Record()]
    if message:
        with pytest.raises(UsageError, match=message):
            run(made)
    else:
        assert run(made) == 0
        assert "is in the state of identity already: ada" in made.printed
    assert made.engine.done == ["trial preview identity"]


def test_a_stack_that_cannot_be_previewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    made.engine.answers = [StackFailed([Problem("the program ends")])]
    with pytest.raises(UsageError, match="its preview failed: the program ends"):
        run(made)


def test_a_name_that_stands_for_several_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path, monkeypatch, "prod")
    with pytest.raises(UsageError, match="NAME stands for 2 stacks; allowed: one, such as org"):
        importing.import_existing(made.run, made.run.stacks, "", "x", yes=True, interactive=False)
