"""What plain Pulumi, a colleague or CI does to a stack between two deployments from here: with the real engine.

What changes nothing reruns nothing, and what changes anything is seen.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from automation import operations
from shared.layers import StackId
from tests.automation.conftest import Prepare
from tests.automation.small_repository import PROGRAM, Repository

RED = {"color": "red"}
ORG = StackId("org", "sandbox")
IDENTITY = StackId("identity", "sandbox")
ITEM = "urn:pulumi:sandbox::org::shelf:index:Item::org"
SECRET = """
Item("hidden", pulumi.Output.secret("blue"))
"""


class Colleague:
    """Someone who uses plain Pulumi on the stacks of `repository`, in the checkout at `root`."""

    def __init__(self, repository: Repository, root: Path) -> None:
        self.repository = repository
        self.root = root

    def pulumi(self, *words: str, stack: StackId = ORG) -> str:
        command = [self.repository.engine.command.command, *words, "--non-interactive", "--stack", stack.name]
        done = subprocess.run(command, cwd=stack.folder(self.root), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, *words: str, stack: StackId = ORG) -> None:
        self.pulumi("up", "--yes", "--skip-preview", *words, stack=stack)

    def refresh(self) -> None:
        self.pulumi("refresh", "--yes", "--skip-preview")


@pytest.fixture
def plain(prepared: Prepare) -> Colleague:
    """Two stacks, of which identity reads org, both deployed by the project."""

    def prepare(repository: Repository) -> None:
        repository.plan("org", {"org": RED, "more": RED})
        repository.plan("identity", {"identity": RED})
        deploy(repository)

    repository = prepared(prepare)
    return Colleague(repository, repository.root)


def deploy(repository: Repository) -> None:
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False, force=True) == 0, (
        repository.printed.getvalue()
    )


def differs(repository: Repository, stack: StackId = ORG) -> list[str]:
    return repository.run().ledger.differs(stack)


def test_what_changes_nothing_is_no_change(plain: Colleague, tmp_path: Path) -> None:
    repository = plain.repository
    state = repository.state / ".pulumi" / "stacks" / "org" / "sandbox.json"
    before = state.read_bytes()

    def nothing_is_to_be_run() -> None:
        nonlocal before
        assert state.read_bytes() != before
        before = state.read_bytes()
        assert differs(repository, ORG) == differs(repository, IDENTITY) == []

    plain.up()
    nothing_is_to_be_run()
    # In another folder, with comments that move every line of the program.
    elsewhere = Colleague(repository, tmp_path / "another" / "checkout")
    shutil.copytree(repository.root / "stacks", elsewhere.root / "stacks")
    (ORG.folder(elsewhere.root) / "__main__.py").write_text(f"# A comment.\n\n{PROGRAM}")
    elsewhere.up()
    nothing_is_to_be_run()
    plain.refresh()
    nothing_is_to_be_run()
    plain.up("--refresh")
    nothing_is_to_be_run()
    file = tmp_path / "export.json"
    plain.pulumi("stack", "export", "--file", str(file))
    plain.pulumi("stack", "import", "--file", str(file))
    assert differs(repository, ORG) == []
    deploy(repository)
    nothing_is_to_be_run()


def changed_by_hand(plain: Colleague) -> None:
    file = plain.repository.shelf / "org.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "color": "blue"}))
    plain.refresh()


def gone(plain: Colleague) -> None:
    (plain.repository.shelf / "org.json").unlink()
    plain.refresh()


def protected(plain: Colleague) -> None:
    plain.pulumi("state", "protect", ITEM, "--yes")


def tainted(plain: Colleague) -> None:
    plain.pulumi("state", "taint", ITEM, "--yes")


def out_of_the_state(plain: Colleague) -> None:
    plain.pulumi("state", "delete", ITEM, "--yes")


def renamed(plain: Colleague) -> None:
    plain.pulumi("state", "rename", ITEM, "other", "--yes")


def imported(plain: Colleague) -> None:
    (plain.repository.shelf / "found.json").write_text(json.dumps({"name": "found", "color": "red", "seconds": 0}))
    plain.pulumi("import", "shelf:index:Item", "found", "found", "--yes", "--skip-preview", "--generate-code=false")


def an_output(plain: Colleague) -> None:
    file = plain.repository.root / "edited.json"
    state = json.loads(plain.pulumi("stack", "export"))
    state["deployment"]["resources"][0]["outputs"] = {"items": []}
    file.write_text(json.dumps(state))
    plain.pulumi("stack", "import", "--file", str(file))


def a_pending_operation(plain: Colleague) -> None:
    """As an engine leaves it that is killed."""
    file = plain.repository.state / ".pulumi" / "stacks" / "org" / "sandbox.json"
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    latest["pending_operations"] = [{"resource": latest["resources"][-1], "type": "updating"}]
    file.write_text(json.dumps(state))


def all_of_it(plain: Colleague) -> None:
    plain.pulumi("destroy", "--yes", "--skip-preview")


def the_stack_itself(plain: Colleague) -> None:
    plain.pulumi("stack", "rm", "--force", "--yes", "--preserve-config")


def another_program(plain: Colleague) -> None:
    plan = ORG.folder(plain.root) / f"plan.{ORG.name}.json"
    before = plan.read_text()
    plain.repository.plan("org", {"org": {"color": "green"}, "more": RED})
    plain.up()
    plan.write_text(before)


@pytest.mark.parametrize(
    "change",
    [
        changed_by_hand,
        gone,
        protected,
        tainted,
        out_of_the_state,
        renamed,
        imported,
        an_output,
        a_pending_operation,
        all_of_it,
        the_stack_itself,
        another_program,
    ],
    ids=lambda change: change.__name__,
)
def test_what_somebody_changes_is_seen(plain: Colleague, change: Callable[[Colleague], None]) -> None:
    change(plain)
    assert differs(plain.repository) == ["state"]


def test_a_secret_is_encrypted_anew_so_that_its_stack_runs_once_more(plain: Colleague) -> None:
    """A change of a secret must be seen, and only who has its key can see that there is none."""
    repository = plain.repository
    program = ORG.folder(repository.root) / "__main__.py"
    program.write_text(program.read_text() + SECRET)
    deploy(repository)
    assert differs(repository) == []
    plain.up()
    assert differs(repository) == ["state"]
    deploy(repository)
    assert differs(repository) == []
    before = program.read_text()
    program.write_text(before.replace("blue", "green"))
    plain.up()
    program.write_text(before)
    assert differs(repository) == ["state"]
