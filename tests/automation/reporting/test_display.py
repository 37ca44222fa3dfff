"""What is seen of a run while it goes on: on a terminal, and in a log."""

import io

from rich.console import Console

from automation.events import Problem, Record
from automation.operations import DEPLOY
from automation.queue import Outcome, Status
from automation.reporting.display import Plain, Rich, make_display
from automation.results import StackResult
from automation.stacks import StackFailed
from shared.layers import StackId
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
