"""A plan and its deployment, with the real engine."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from automation import operations
from automation.approval import plans, schema
from automation.approval.schema import PlanFile
from automation.skipping import variables
from shared.errors import UsageError
from shared.layers import ROOT
from tests.automation.conftest import Prepare
from tests.automation.small_repository import Repository

RED, BLUE = {"color": "red"}, {"color": "blue"}


def previewed(repository: Repository, file: Path, expect: int = 0) -> PlanFile:
    run = repository.run()
    assert operations.preview(run, run.stacks, file=file) == expect
    return plans.read(str(file))


def deployed(repository: Repository, plan: PlanFile) -> tuple[int, str]:
    run = repository.run()
    chosen = plans.narrowed(plan, run.stacks)
    code = operations.deploy(run, chosen, yes=False, interactive=False, plan=plan)
    return code, repository.printed.getvalue()


@pytest.fixture
def two(prepared: Prepare) -> Repository:
    """Two stacks that are deployed, and a change of the second one."""
    return prepared(_deployed_and_changed)


def _deployed_and_changed(repository: Repository) -> None:
    repository.plan("org", {"org": RED})
    repository.plan("identity", {"ada": RED, "grace": RED})
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0
    repository.plan("identity", {"ada": BLUE, "grace": RED})


def test_the_schema_is_up_to_date() -> None:
    kept = (ROOT / "docs" / "plan.schema.json").read_text()
    assert kept == schema.json_schema(), "python -m automation.approval.schema > docs/plan.schema.json"


def test_what_was_previewed_is_deployed(two: Repository, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan = previewed(two, file)
    assert two.items() == {"org": "red", "ada": "red", "grace": "red"}
    assert [each.label for each in plan.stacks][-1] == "identity"
    (change,) = plan.stacks[-1].changes
    assert (change.what, change.urn.rpartition("::")[2]) == ("updated", "ada")
    assert [each.property for each in change.properties] == ["color"]
    assert plan.stacks[-1].shown == ["would be updated shelf:index:Item ada", '  color: "red" → "blue"']
    document = json.loads(file.read_text())
    del document["stacks"][-1]["shown"]
    assert '"blue"' not in json.dumps(document)

    assert deployed(two, plan)[0] == 0
    assert two.items()["ada"] == "blue"
    # It is deployed once: the state is another one now.
    with pytest.raises(UsageError, match="identity: its state is another one"):
        deployed(two, plan)


def edit_configuration(repository: Repository) -> str:
    (repository.root / "stacks/identity/Pulumi.sandbox.yaml").write_text("config: {identity:users: [eve]}\n")
    return "identity: identity:users in stacks/identity/Pulumi.sandbox.yaml is new"


def edit_program(repository: Repository) -> str:
    file = repository.root / "stacks/identity/__main__.py"
    file.write_text(file.read_text() + "\nprint(1)\n")
    return "identity: the file stacks/identity/__main__.py of its program is another one"


@pytest.mark.parametrize("edit", [edit_configuration, edit_program])
def test_other_inputs_are_refused(two: Repository, tmp_path: Path, edit: Callable[[Repository], str]) -> None:
    plan = previewed(two, tmp_path / "plan.json")
    expected = edit(two)
    with pytest.raises(UsageError) as refused:
        deployed(two, plan)
    assert expected in str(refused.value)
    assert "nothing was changed" in str(refused.value)
    assert two.items()["ada"] == "red"


def test_other_variables_and_another_account_are_refused(
    two: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = previewed(two, tmp_path / "plan.json")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")  # credentials are no input
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert not variables.counts("AWS_SESSION_TOKEN")
    with pytest.raises(UsageError, match="the variable AWS_REGION is new"):
        deployed(two, plan)
    with pytest.raises(UsageError, match="it is a plan of environment 'other', and this is 'sandbox'"):
        deployed(two, plan.model_copy(update={"environment": "other"}))


def test_what_somebody_changed_in_the_cloud_is_refused(two: Repository, tmp_path: Path) -> None:
    plan = previewed(two, tmp_path / "plan.json")
    (two.shelf / "grace.json").unlink()
    code, printed = deployed(two, plan)
    assert code == 1
    assert "this is not what was approved: in AWS, shelf:index:Item grace would be gone" in printed
    assert "invoke preview-all --plan plan.json --env sandbox" in printed
    assert two.items() == {"org": "red", "ada": "red"}
    # A new plan says so, and its deployment brings it back.
    plan = previewed(two, tmp_path / "plan.json")
    assert [each.what for each in plan.stacks[-1].drift] == ["gone"]
    assert deployed(two, plan)[0] == 0
    assert two.items() == {"org": "red", "ada": "blue", "grace": "red"}


def test_a_plan_whose_preview_failed_is_refused(two: Repository, tmp_path: Path) -> None:
    two.plan("identity", {"ada": BLUE}, error="identity:users is 'x'")
    plan = previewed(two, tmp_path / "plan.json", expect=1)
    with pytest.raises(UsageError, match=r"identity: its preview failed: .*identity:users is 'x'"):
        deployed(two, plan)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "no JSON"),
        ('{"schema": 2}', "of format 2; allowed: 1"),
        ('{"schema": 1}', "which is no plan: environment: Field required"),
    ],
    ids=["no-json", "version", "incomplete"],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=expected):
        plans.read(str(file))
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        plans.read(str(tmp_path / "none.json"))
