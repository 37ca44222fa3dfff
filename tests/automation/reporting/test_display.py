"""What is seen of a run while it goes on: on a terminal, and in a log."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from automation import operations
from automation.events import Problem, Record
from automation.operations import COMPARE, DEPLOY, PREVIEW
from automation.queue import Outcome, Status
from automation.reporting.display import Plain, Rich, make_display
from automation.results import StackResult, Wording
from automation.stacks import StackFailed
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.test_events import step

ORG = StackId("org", "sandbox")
ONE = StackId("accounts", "sandbox", "one")
TWO = StackId("accounts", "sandbox", "two")
STACKS = [ORG, ONE, TWO]


def terminal() -> tuple[Console, io.StringIO]:
    """A terminal that is 100 columns wide, and what was written to it."""
    screen = io.StringIO()
    return Console(file=screen, force_terminal=True, width=100, height=30, color_system=None), screen


def at_work() -> Record:
    """One resource was created, and another is being created."""
    record = Record()
    record.take(step("resOutputsEvent", "create", "urn:pulumi:s::accounts::aws:iam/role:Role::Done"))
    record.take(step("resourcePreEvent", "create", "urn:pulumi:s::accounts::aws:iam/policy:Policy::Boundary"))
    return record


def test_a_terminal_has_a_line_a_running_stack_and_a_bar_for_the_whole() -> None:
    console, screen = terminal()
    display = make_display(console, STACKS, DEPLOY)
    assert isinstance(display, Rich)
    with display:
        display.started(ORG)
        display.ended(StackResult.of(Outcome(ORG, Status.DONE, Record(), seconds=1.5)))
        display.started(ONE, ["configuration"])
        display.started(TWO)
        display.event(ONE, at_work(), None)
        drawn = io.StringIO()
        Console(file=drawn, width=100).print(display._render())
    lines = [line.split() for line in drawn.getvalue().splitlines()]
    one, two = (next(line for line in lines if line and line[0] == stack.label) for stack in (ONE, TWO))
    assert one[1:-2] == ["+1", "aws:iam/policy:Policy", "Boundary"]
    assert two[1] == "deploying"
    assert not [line for line in lines if line and line[0] == "org"]
    assert lines[-1][-4:] == ["1", "of", "3", "stacks"]
    assert "✓ org" in screen.getvalue()


def test_a_terminal_keeps_what_has_ended_and_what_is_said() -> None:
    console, screen = terminal()
    display = Rich(console, STACKS, DEPLOY)
    with display:
        display.say("stopping", ORG)
        display.ended(StackResult.of(Outcome(ONE, Status.DONE, at_work(), seconds=2)))
        display.ended(StackResult.of(Outcome(TWO, Status.FAILED, error=StackFailed([Problem("no")]))))
    written = screen.getvalue()
    assert "org: stopping" in written
    assert "deployed (1 created)  2.0 s" in written
    assert "✗ accounts/two" in written


def test_in_a_log_every_line_begins_with_its_stack() -> None:
    log = io.StringIO()
    display = make_display(Console(file=log, width=200), STACKS, DEPLOY)
    assert isinstance(display, Plain)
    record = Record()
    change = record.take(step("resOutputsEvent", "create", "urn:pulumi:s::accounts::aws:iam/role:Role::Done"))
    with display:
        display.started(ONE, ["configuration", "outputs of org"])
        display.event(ONE, record, change)
        display.ended(
            StackResult.of(Outcome(ONE, Status.FAILED, error=StackFailed([Problem("first\nsecond")], record)))
        )
        display.ended(StackResult.of(Outcome(TWO, Status.SKIPPED, because=ONE)))
        display.say("of the run itself")
    assert log.getvalue().splitlines() == [
        "accounts/one | deploying (configuration, outputs of org)",
        "accounts/one | created aws:iam/role:Role Done",
        "accounts/one | failed (1 created)",
        "accounts/one | first",
        "accounts/one | second",
        "accounts/two | skipped (accounts/one failed)",
        "of the run itself",
    ]


ROLE = "urn:pulumi:s::accounts::aws:iam/role:Role::Done"
ATTACHED = "urn:pulumi:s::accounts::aws:iam/rolePolicyAttachment:RolePolicyAttachment::developer-of-the-account"


def changed() -> Record:
    """A role is updated, something is created, and of another role a refresh found that it has changed."""
    record = Record()
    for urn, old, new in ((ROLE, "/old", "/new"), (ROLE + "2", "/state", "/AWS")):
        sides = {side: {"urn": urn, "outputs": {"path": value}} for side, value in (("old", old), ("new", new))}
        if urn == ROLE:
            record.take(step("resOutputsEvent", "update", urn, diffs=["path"], **sides))
        else:
            record.take(step("resourcePreEvent", "refresh", urn))
            record.take(step("resOutputsEvent", "refresh", urn, diffs=["path"], **sides))
    record.take(step("resOutputsEvent", "create", ATTACHED, new={"urn": ATTACHED, "inputs": {"role": "Done"}}))
    return record


def ended(wording: Wording, *, diff: bool = False, width: int = 80) -> list[str]:
    """What a terminal has of a stack that has ended."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None, soft_wrap=True)
    Rich(console, [ONE], wording, diff=diff).ended(StackResult.of(Outcome(ONE, Status.DONE, changed())))
    lines = screen.getvalue().splitlines()
    first = next(number for number, line in enumerate(lines) if line.endswith(" 0.0 s"))
    return lines[first + 1 :]


UPDATED = ["  updated aws:iam/role:Role Done", '      path: "/old" → "/new"']
WOULD_BE_UPDATED = ["  would be " + UPDATED[0].strip(), UPDATED[1]]
WOULD_BE_CREATED = [
    "  would be created aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "    developer-of-the-account",
]


def test_a_terminal_has_the_changes_under_their_stack() -> None:
    assert ended(PREVIEW) == [*WOULD_BE_UPDATED, *WOULD_BE_CREATED]
    assert ended(PREVIEW, diff=True) == [*WOULD_BE_UPDATED, *WOULD_BE_CREATED, '      role: "Done"']
    # Hundreds of creations that were agreed to need no line each.
    assert ended(DEPLOY) == UPDATED
    assert len(ended(DEPLOY, diff=True)) == 5


def test_a_terminal_has_what_a_comparison_found_in_aws() -> None:
    found = ["  changed in AWS aws:iam/role:Role Done2", '      path: "/state" → "/AWS"']
    assert ended(COMPARE) == [*found, *WOULD_BE_UPDATED, *WOULD_BE_CREATED]


def test_a_log_has_the_values_under_their_resource() -> None:
    log = io.StringIO()
    display = make_display(Console(file=log, width=160), [ONE], COMPARE)
    record = changed()
    for change in record.changes:
        display.event(ONE, record, change)
    display.ended(StackResult.of(Outcome(ONE, Status.DONE, record)))
    assert log.getvalue().splitlines() == [
        "accounts/one | would be updated aws:iam/role:Role Done",
        'accounts/one |   path: "/old" → "/new"',
        "accounts/one | would be created aws:iam/rolePolicyAttachment:RolePolicyAttachment developer-of-the-account",
        "accounts/one | changed in AWS aws:iam/role:Role Done2",
        'accounts/one |   path: "/state" → "/AWS"',
        "accounts/one | differs (1 changed in AWS; a deployment would create 1, update 1)",
    ]


@pytest.mark.parametrize("diff", [False, True])
@pytest.mark.parametrize(
    "operation",
    [
        lambda made, diff: operations.deploy(made.run, [ORG], yes=True, interactive=False, diff=diff),
        lambda made, diff: operations.preview(made.run, [ORG], diff=diff),
        lambda made, diff: operations.drift(made.run, [ORG], diff=diff),
    ],
)
def test_every_value_is_shown_if_asked_for(
    tmp_path: Path, operation: Callable[[FakeRun, bool], int], diff: bool
) -> None:
    made, screen = FakeRun(tmp_path, [ORG], {ORG: {"deployment": {}}}), io.StringIO()
    made.run.console = Console(file=screen, force_terminal=True, width=100, color_system=None, soft_wrap=True)
    made.engine.answers = [changed()]
    assert operation(made, diff) in (0, operations.DRIFT_EXIT)
    assert "updated aws:iam/role:Role Done" in screen.getvalue()
    assert ('role: "Done"' in screen.getvalue()) == diff
