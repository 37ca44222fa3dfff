"""Stacks that are as their last deployment left them are not run, and all others are: with the real engine."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.backend.states import State, States
from automation.operate import Operation, operate
from engine import checks
from shared.layers import StackId
from tests.automation.conftest import Prepare
from tests.automation.small_repository import PROGRAM, Repository

RED = {"color": "red"}
ORG = StackId("org", "sandbox")
IDENTITY = StackId("identity", "sandbox")


def deploy(repository: Repository, expect: int = 0, **options: Any) -> dict[str, str]:
    """Deploy everything; what the summary says of each stack."""
    run = repository.run()
    code = operations.deploy(run, run.stacks, yes=True, interactive=False, **options)
    printed = repository.printed.getvalue()
    assert code == expect, printed
    table = printed[printed.rindex("stack  ") :]
    rows = [line.split("  ") for line in table.splitlines()]
    words = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    labels = {stack.label for stack in run.stacks}
    return {row[0]: row[1] for row in words if row and row[0] in labels}


SKIPPED = "unchanged (inputs)"


@pytest.fixture
def deployed(prepared: Prepare) -> Repository:
    """Two stacks, of which identity reads org, both deployed."""

    def prepare(repository: Repository) -> None:
        repository.plan("org", {"org": RED})
        repository.plan("identity", {"identity": RED})
        assert deploy(repository) == {"org": "deployed", "identity": "deployed"}

    return prepared(prepare)


def test_nothing_is_run_for_nothing(deployed: Repository) -> None:
    run = deployed.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0
    assert run.engine.processes.calls == 0
    # Each state once, also that of org, which identity reads.
    assert run.states.reads == 2
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}
    assert operations.preview(deployed.run(), run.stacks) == 0
    assert deployed.printed.getvalue().count(SKIPPED) >= 2


def test_force_runs_all(deployed: Repository) -> None:
    assert deploy(deployed, force=True) == {"org": "unchanged", "identity": "unchanged"}
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}


def the_program(repository: Repository) -> None:
    file = IDENTITY.folder(repository.root) / "__main__.py"
    file.write_text(f"X = 1\n{PROGRAM}")


def a_new_file_in_its_folder(repository: Repository) -> None:
    (IDENTITY.folder(repository.root) / "data.json").write_text("{}")


def its_configuration(repository: Repository) -> None:
    with IDENTITY.config_file(repository.root).open("a") as file:
        file.write("# A comment.\n")


def its_project_file(repository: Repository) -> None:
    (IDENTITY.folder(repository.root) / "Pulumi.yaml").write_text("name: identity\nruntime: python\ndescription: x\n")


def its_state(repository: Repository) -> None:
    engine = repository.run().engine
    state = engine.export(IDENTITY)
    assert state
    state["deployment"]["resources"][-1]["protect"] = True
    engine.replace_state(IDENTITY, state)


@pytest.mark.parametrize(
    ("change", "reason", "org"),
    [
        (the_program, "program", SKIPPED),
        (a_new_file_in_its_folder, "program", SKIPPED),
        (its_configuration, "configuration", SKIPPED),
        (its_project_file, "program", SKIPPED),
        (its_state, "state", SKIPPED),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_changed_is_run(
    deployed: Repository, change: Callable[[Repository], None], reason: str, org: str
) -> None:
    change(deployed)
    assert deploy(deployed) == {"org": org, "identity": "unchanged"}
    assert f"identity | deploying ({reason})" in deployed.printed.getvalue()
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}


def test_what_another_stack_exports_counts_and_how_it_came_by_it_does_not(deployed: Repository) -> None:
    deployed.plan("org", {"org": {"color": "blue"}})
    assert deploy(deployed) == {"org": "deployed", "identity": SKIPPED}
    deployed.plan("org", {"org": RED, "more": RED})
    assert deploy(deployed) == {"org": "deployed", "identity": "unchanged"}
    assert "identity | deploying (outputs of org)" in deployed.printed.getvalue()


def test_the_environment_and_the_tools_count(deployed: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    run = deployed.run()
    assert run.ledger.differs(ORG) == []
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of this session only")
    assert deployed.run().ledger.differs(ORG) == []
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert deployed.run().ledger.differs(ORG) == ["environment"]
    monkeypatch.delenv("AWS_PROFILE")
    deployed.engine = dataclasses.replace(deployed.engine, version="3.0.0")
    assert deployed.run().ledger.differs(ORG) == ["tools"]


def test_the_account_of_the_credentials_counts(deployed: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.plan("org", {"org-of-prod": RED}, environment="prod")
    account = {"account": "111111111111"}
    monkeypatch.setattr(checks, "caller", lambda _variables: account)
    stack = StackId("org", "prod")
    run = deployed.run("prod")
    assert operations.deploy(run, [stack], yes=True, interactive=False) == 0
    assert deployed.run("prod").ledger.differs(stack) == []
    account["account"] = "222222222222"
    assert deployed.run("prod").ledger.differs(stack) == ["environment"]
    account.clear()
    assert deployed.run("prod").ledger.differs(stack) == ["environment"]


def test_a_failed_update_never_counts(deployed: Repository) -> None:
    deployed.plan("org", {"org": RED, "bad": {"color": "refused"}})
    assert deploy(deployed, expect=1)["org"] == "failed"
    assert deploy(deployed, expect=1)["org"] == "failed"
    deployed.plan("org", {"org": RED})
    assert deploy(deployed) == {"org": "unchanged", "identity": SKIPPED}


def test_a_program_that_fails_before_it_changes_anything_does_not_count_either(deployed: Repository) -> None:
    deployed.plan("org", {"org": RED}, error="no")
    assert deploy(deployed, expect=1)["org"] == "failed"
    deployed.plan("org", {"org": RED})
    assert deploy(deployed)["org"] == "unchanged"


def test_a_comment_runs_nothing(deployed: Repository) -> None:
    (IDENTITY.folder(deployed.root) / "__main__.py").write_text(f"# A comment.\n{PROGRAM}")
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}


def test_of_the_data_that_layers_share_only_what_a_program_reads_counts(deployed: Repository) -> None:
    shared = deployed.root / "shared"
    shared.mkdir()
    (shared / "read.json").write_text("{}")
    code = "pathlib.Path('../../shared/read.json').read_text()"
    (IDENTITY.folder(deployed.root) / "__main__.py").write_text(f"{PROGRAM}\n{code}\n")
    assert deploy(deployed) == {"org": SKIPPED, "identity": "unchanged"}
    (shared / "other.json").write_text("{}")
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}
    (shared / "read.json").write_text("[]")
    assert deploy(deployed) == {"org": SKIPPED, "identity": "unchanged"}
    assert "identity | deploying (files)" in deployed.printed.getvalue()
    assert deploy(deployed) == {"org": SKIPPED, "identity": SKIPPED}


UNDECLARED = {
    "a file elsewhere": ("pathlib.Path({outside!r}).read_text()", "{outside}"),
    "a file of another layer": ("pathlib.Path('../org/Pulumi.yaml').read_text()", "stacks/org/Pulumi.yaml"),
    "a configuration file of another stack": (
        "pathlib.Path('../org/Pulumi.sandbox.yaml').read_text()",
        "stacks/org/Pulumi.sandbox.yaml",
    ),
    "a variable": ("__import__('os').environ.get('WHATEVER')", "the variable WHATEVER"),
    "a program": ("__import__('subprocess').run(['true'])", "the program true"),
    "the network": ("__import__('socket').getaddrinfo('127.0.0.1', 1)", "the network"),
}


@pytest.mark.parametrize("what", UNDECLARED)
def test_a_program_that_reads_what_is_none_of_its_inputs_is_run_each_time(
    deployed: Repository, tmp_path: Path, what: str
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    code, told = (text.format(outside=str(outside)) for text in UNDECLARED[what])
    (IDENTITY.folder(deployed.root) / "__main__.py").write_text(f"{PROGRAM}\n{code}\n")
    for _ in range(2):
        assert deploy(deployed) == {"org": SKIPPED, "identity": "unchanged"}
        line = next(line for line in deployed.printed.getvalue().splitlines() if "none of its inputs" in line)
        assert line.endswith(f"run each time: {told.replace(str(deployed.root) + '/', '')}")


def test_modules_that_a_program_imports_are_inputs_and_those_it_could_are_not(deployed: Repository) -> None:
    # Not `shared`: the host of programs needs the one of this project.
    common = deployed.root / "common"
    common.mkdir()
    for name in ("__init__", "used", "unused"):
        (common / f"{name}.py").write_text("X = 1\n")
    program = f"import sys\nsys.path.insert(0, {str(deployed.root)!r})\nsys.modules.pop('common', None)\n"
    (IDENTITY.folder(deployed.root) / "__main__.py").write_text(f"{program}import common.used\n{PROGRAM}")
    assert deploy(deployed)["identity"] == "unchanged"
    assert "none of its inputs" not in deployed.printed.getvalue()
    (common / "unused.py").write_text("X = 2\n")
    assert deploy(deployed)["identity"] == SKIPPED
    (common / "used.py").write_text("X = 2\n")
    assert deploy(deployed) == {"org": SKIPPED, "identity": "unchanged"}


def test_states_of_folders_are_read_and_others_asked_for(tmp_path: Path) -> None:
    file = tmp_path / ".pulumi" / "stacks" / "org" / "sandbox.json"
    file.parent.mkdir(parents=True)
    stack = {"type": "pulumi:pulumi:Stack", "outputs": {"a": 1}}
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [stack]}}}))
    asked: list[StackId] = []

    def export(stack: StackId) -> dict[str, object] | None:
        asked.append(stack)
        return {"deployment": {"resources": [{"type": "pulumi:pulumi:Stack", "outputs": {"a": 1}}]}}

    here = States(tmp_path.as_uri(), export)
    read = here.of(ORG)
    assert asked == []
    assert here.of(ORG) is read
    there = States("s3://bucket", export).of(ORG)
    assert asked == [ORG]
    assert isinstance(read, State)
    assert isinstance(there, State)
    assert read.outputs == there.outputs


def test_the_exit_code_of_a_run_in_which_all_was_skipped_is_0(deployed: Repository) -> None:
    run = deployed.run()
    result = operate(run, run.stacks, Operation(lambda *_: pytest.fail("run"), operations.DEPLOY, again=False))
    assert result.exit_code == 0
