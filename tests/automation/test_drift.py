"""What `drift` ends with, whatever kind of difference there is."""

from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.events import Change, Problem, Record, Resource
from automation.reporting.schema import Report
from automation.stacks import StackCancelled, StackFailed
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.test_events import step

ORG, IDENTITY = StackId("org", "sandbox"), StackId("identity", "sandbox")
URN = "urn:pulumi:sandbox::org::aws:iam/role:Role::r"


def planned(op: str, **more: Any) -> Record:
    """What a deploy would do, to a resource that is in AWS as it was."""
    record = Record()
    record.take(step("resOutputsEvent", op, URN, **more))
    return record


def found(what: str) -> Record:
    """A refresh found it so, and a deploy would leave it."""
    return Record(drift=[Change(Resource(URN), what)])


DIFFERS = {
    "not deployed yet": (planned("create"), ["not deployed yet", "create"]),
    "changed in the program": (planned("update", diffs=["path"]), ["not deployed yet", "update", "path"]),
    "replaced in the program": (planned("replace", diffs=["name"]), ["not deployed yet", "replace", "name"]),
    "no longer in the program": (planned("delete"), ["not deployed yet", "delete"]),
    "no longer in the program, kept in AWS": (
        planned("delete", old={"urn": URN, "retainOnDelete": True}),
        ["not deployed yet", "keep it, no longer managed"],
    ),
    "changed in AWS": (found("changed"), ["changed in AWS", "leave it"]),
    "gone in AWS": (found("gone"), ["gone in AWS", "leave it"]),
}


def drift(root: Path, *answers: Record | Exception) -> tuple[int, str, int]:
    """The exit code, what was printed, and the exit code in the report."""
    state: dict[str, Any] = {"deployment": {}}
    made = FakeRun(root, [ORG, IDENTITY], {ORG: state, IDENTITY: state})
    made.run.report = root / "report.json"
    made.engine.answers = list(answers)
    code = operations.drift(made.run, made.run.stacks)
    assert made.engine.done[0] == "preview with refresh org"
    return code, made.printed, Report.model_validate_json(made.run.report.read_text()).exit_code


@pytest.mark.parametrize("what", DIFFERS)
@pytest.mark.parametrize("second", [False, True])
def test_each_difference_of_any_stack_is_told_from_none_and_from_an_error(
    tmp_path: Path, what: str, second: bool
) -> None:
    record, told = DIFFERS[what]
    answers = [planned("same"), record] if second else [record, planned("same")]
    code, printed, reported = drift(tmp_path, *answers)
    assert (code, reported) == (2, 2)
    row = next(line for line in printed.splitlines() if "aws:iam/role:Role r" in line and "|" not in line)
    assert [cell.strip() for cell in row.split("  ") if cell.strip()] == [
        (IDENTITY if second else ORG).label,
        "aws:iam/role:Role r",
        *told,
    ]
    assert "\nDrift in " in printed
    assert "\nNext:\n  invoke " in printed
    assert "\n  invoke deploy-all\n" in printed


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([planned("same"), planned("same")], 0),
        ([Record(), Record()], 0),
        ([StackFailed([Problem("no")]), Record()], 1),
        ([planned("create"), StackFailed([Problem("no")])], 1),
        ([planned("create"), StackCancelled(Record())], 130),
    ],
)
def test_without_a_difference_or_with_an_error_it_is_not_2(
    tmp_path: Path, answers: list[Record | Exception], expected: int
) -> None:
    code, printed, reported = drift(tmp_path, *answers)
    assert (code, reported) == (expected, expected)
    assert "Drift in " not in printed
    assert ("No drift: " in printed) == (expected == 0)
