"""A stack has as many resources for each command: what it reads of others is not counted, the stack itself is."""

import json

from automation import operations
from automation.events import Counts
from automation.reporting.report import KEPT_REPORT
from automation.runs import Run
from shared.layers import StackId
from tests.automation.small_repository import Repository


def counted(run: Run, stack: StackId) -> dict[str, int]:
    """How many resources of the stack the run counted."""
    report = json.loads((run.logs / KEPT_REPORT).read_text())
    counts = next(each["counts"] for each in report["stacks"] if each["label"] == stack.label)
    return {name: number for name, number in counts.items() if number}


def test_a_stack_is_counted_alike_by_every_command(repository: Repository) -> None:
    repository.plan("org", {})
    stack = repository.plan("identity", {"one": {"color": "red"}, "two": {"color": "red", "retain": True}})
    repository.plan("policies", {})
    run = repository.run()
    chosen = [each for each in run.stacks if each.layer in ("org", "identity")]
    assert operations.deploy(run, chosen, yes=True, interactive=False) == 0
    assert counted(run, stack) == {"created": 3}
    for command in (operations.refresh, operations.drift):
        run = repository.run()
        assert command(run, chosen) == 0
        assert counted(run, stack) == {"unchanged": 3}
    run = repository.run()
    assert operations.preview(run, chosen, force=True) == 0
    assert counted(run, stack) == {"unchanged": 3}
    run = repository.run()
    assert operations.destroy(run, chosen, include_protected=False, confirm="sandbox", yes=True, interactive=False) == 0
    assert counted(run, stack) == {"deleted": 2, "kept": 1}
    assert Counts(deleted=2, kept=1).changes == 3
