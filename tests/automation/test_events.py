"""What is made of the engine's events."""

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from automation.events import Counts, Record, Resource, total
from automation.reporting.advice import advice
from automation.stacks import engine_error
from automation.values import PropertyChange
from shared.layers import StackId

URN = "urn:pulumi:sandbox::org::my:mod:Parent$aws:iam/role:Role::a::b"
STACK = "urn:pulumi:sandbox::org::pulumi:pulumi:Stack::org-sandbox"


def event(kind: str, **fields: Any) -> EngineEvent:
    """An event as the engine sends it."""
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: fields})


def step(kind: str, op: str, urn: str = URN, **more: Any) -> EngineEvent:
    """A step on a resource, begun (`resourcePreEvent`) or ended (`resOutputsEvent`)."""
    resource = Resource(urn)
    return event(kind, metadata={"op": op, "urn": urn, "type": resource.type, "new": {"urn": urn}} | more)


def test_a_resource_is_known_by_its_type_and_name() -> None:
    assert (Resource(URN).type, Resource(URN).name) == ("aws:iam/role:Role", "a::b")
    assert str(Resource(URN)) == "aws:iam/role:Role a::b"


def test_progress_and_counts() -> None:
    record = Record()
    assert record.take(step("resourcePreEvent", "create")) is None
    assert [str(each) for each in record.working] == ["aws:iam/role:Role a::b"]
    change = record.take(step("resOutputsEvent", "create"))
    assert change
    assert (change.what, change.resource.urn) == ("created", URN)
    assert record.working == []
    # The stack comes twice, and neither providers nor the stacks that are read are its resources.
    read = "urn:pulumi:sandbox::org::pulumi:pulumi:StackReference::other"
    for op in ("same", "delete", "discard"):
        assert record.take(step("resOutputsEvent", op, read)) is None
    record.take(step("resOutputsEvent", "same", STACK))
    record.take(step("resOutputsEvent", "same", STACK))
    record.take(step("resOutputsEvent", "create", "urn:pulumi:sandbox::org::pulumi:providers:aws::default"))
    assert record.counts == Counts(created=1, unchanged=1)
    assert [each.what for each in record.changes] == ["created"]


def test_a_replacement_counts_once() -> None:
    record = Record()
    for op in ("create-replacement", "replace", "delete-replaced"):
        record.take(step("resourcePreEvent", op))
        record.take(step("resOutputsEvent", op, diffs=["name"]))
    assert record.counts == Counts(replaced=1)
    assert record.changes[0].properties == ("name",)


def test_a_change_has_its_values() -> None:
    record = Record()
    sides: dict[str, Any] = {
        side: {"urn": URN, "inputs": {"path": value}} for side, value in (("old", "/a"), ("new", "/b"))
    }
    change = record.take(step("resOutputsEvent", "replace", keys=["path"], diffs=["path"], **sides))
    assert change
    assert change.values == (PropertyChange("path", "/a", "/b", forces_replacement=True),)
    # What is as it was has none to keep in memory.
    record.take(step("resOutputsEvent", "same", "urn:2", **sides))
    assert [each.values for each in record._changes.values()] == [change.values, ()]


def test_what_a_refresh_finds_has_its_values() -> None:
    record = Record()
    record.take(step("resourcePreEvent", "refresh"))
    sides: dict[str, Any] = {
        side: {"urn": URN, "outputs": {"path": value}} for side, value in (("old", "/state"), ("new", "/AWS"))
    }
    record.take(step("resOutputsEvent", "refresh", diffs=["path"], **sides))
    assert record.drift[0].values == (PropertyChange("path", "/state", "/AWS"),)


@pytest.mark.parametrize(
    ("op", "retained", "expected"),
    [
        ("delete", True, ("kept", False)),
        ("delete", False, ("deleted", False)),
        # Somebody else's, that was only read.
        ("discard", False, ("kept", False)),
        ("replace", True, ("replaced", True)),
        ("replace", False, ("replaced", False)),
        ("update", True, ("updated", False)),
    ],
)
def test_what_stays_in_aws_is_not_said_to_be_deleted(op: str, retained: bool, expected: tuple[str, bool]) -> None:
    record = Record()
    old = {"urn": URN, "inputs": {"name": "b"}, **({"retainOnDelete": True} if retained else {})}
    change = record.take(step("resOutputsEvent", op, old=old))
    assert change
    assert (change.what, change.keeps_old) == expected
    assert getattr(record.counts, change.what) == record.counts.changes == 1


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"new": None}, [("gone", ())]),
        ({"diffs": ["tags"]}, [("changed", ("tags",))]),
        ({}, []),
    ],
)
def test_what_a_refresh_finds(found: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    record = Record()
    record.take(step("resourcePreEvent", "refresh"))
    record.take(step("resOutputsEvent", "refresh", **found))
    assert [(each.what, each.properties) for each in record.drift] == expected
    # The plan that follows is counted, the refresh is not.
    assert record.counts == Counts()


def test_a_failed_step_is_no_longer_worked_on() -> None:
    record = Record()
    record.take(step("resourcePreEvent", "create"))
    record.take(event("diagnosticEvent", message="AccessDenied: no\n", severity="error", urn=URN))
    record.take(step("resOpFailedEvent", "create"))
    record.take(event("diagnosticEvent", message="update failed\n", severity="error"))
    assert record.working == []
    assert [str(each) for each in record.problems] == ["aws:iam/role:Role a::b: AccessDenied: no"]


def test_what_was_begun_is_kept_whether_it_failed_or_not() -> None:
    record = Record()
    component = {"urn": "urn:1", "custom": False}
    role = {"urn": URN, "custom": True, "inputs": {"name": "b"}}
    for op, new in (("create", component), ("create", role), ("update", {**role, "urn": "urn:2"})):
        metadata = {"op": op, "urn": new["urn"], "type": "t", "new": new}
        record.take(event("resourcePreEvent", metadata=metadata))
    record.take(step("resOpFailedEvent", "create"))
    assert {urn: each.inputs for urn, each in record.begun.items()} == {URN: {"name": "b"}}


def test_a_provider_that_ended_is_told_once() -> None:
    record = Record()
    record.take(event("diagnosticEvent", message="error reading from server: EOF", severity="error", urn=URN))
    ended = "Detected that /x/pulumi-resource-aws exited prematurely. \n   This is *always* a bug in the provider."
    stopped = "Resource monitor has terminated, shutting down"
    for message in (ended, stopped):
        record.take(event("diagnosticEvent", message=message, severity="error"))
    assert [each.message for each in record.problems] == ["error reading from server: EOF"]


def test_a_program_that_ended_without_an_error_of_its_own() -> None:
    record = Record()
    record.take(event("diagnosticEvent", message="ModuleNotFoundError: No module named 'x'\n", severity="info#err"))
    empty = "an unhandled error occurred: program exited with non-zero exit code: 1\n"
    record.take(event("diagnosticEvent", message=empty, severity="error"))
    assert [str(each) for each in record.problems] == ["ModuleNotFoundError: No module named 'x'"]


def test_debug_messages_are_dropped() -> None:
    # They have the plain text of secrets.
    record = Record()
    record.take(event("diagnosticEvent", message="props: hush", severity="debug"))
    assert "hush" not in repr(record)


def test_pending_operations_are_noticed() -> None:
    record = Record()
    text = "Attempting to deploy or update resources with 1 pending operations from previous deployment.\n  * urn"
    record.take(event("diagnosticEvent", message=text, severity="warning"))
    assert record.pending


def test_total() -> None:
    assert total([Counts(1, 2, 3, 4, 5, 6), Counts(1, 1, 1, 1, 1, 1)]) == Counts(2, 3, 4, 5, 6, 7)
    assert Counts(1, 2, 3, 4, kept=5, unchanged=6).changes == 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" code: 255\n stdout: \n stderr: error: no such thing\n", "no such thing"),
        ("stdout: Updating\n\nerror: one\nerror: one\nerror: two", "one\ntwo"),
        ("nothing\nmarked", "nothing\nmarked"),
        ("stdout: error: 2 errors occurred:\n\t* write x: no space left\n\t* lock\n\n", "write x: no space left\nlock"),
    ],
)
def test_engine_error(text: str, expected: str) -> None:
    assert engine_error(text) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("OrganizationalUnitNotEmptyException: x", "90 days"),
        ("api error EntityAlreadyExists: Role", "Choose another one in stacks/accounts/Pulumi.sandbox.a.yaml; or, if"),
        ("ConcurrentModificationException: x", "run this again"),
        ("ExpiredToken: x", "invoke doctor --env sandbox"),
        ("error reading from server: EOF", "the AWS provider's process ended"),
        ("write /x/y: no space left on device", "make room there"),
        ("waiting for the account (request car-1): still not done after 600 seconds", "run this again in a while"),
        ("AWS could not make the account (request car-1): INTERNAL_FAILURE", "no account was made"),
    ],
)
def test_advice(message: str, expected: str) -> None:
    told = advice(StackId("accounts", "sandbox", "a"), message)
    assert told
    assert expected in told


def test_no_advice_where_the_error_says_it_all() -> None:
    assert advice(StackId("org", "sandbox"), "ValidationException: the name is too long") is None


def test_attempts_at_one_operation_count_together() -> None:
    first, last = Record(), Record()
    first.take(step("resOutputsEvent", "create", "urn:made"))
    first.take(step("resOutputsEvent", "update", "urn:changed"))
    first.take(step("resOutputsEvent", "same", "urn:same"))
    for op, urn in (("same", "urn:made"), ("same", "urn:changed"), ("same", "urn:same")):
        last.take(step("resOutputsEvent", op, urn))
    last.take(step("resOutputsEvent", "update", "urn:back"))
    last.take(step("resOutputsEvent", "delete", "urn:gone"))
    last.follow([first], {"urn:back"})
    assert {(each.resource.urn, each.what) for each in last.changes} == {
        ("urn:made", "created"),
        ("urn:changed", "updated"),
        ("urn:back", "created"),
        ("urn:gone", "deleted"),
    }
    assert last.counts == Counts(created=2, updated=1, deleted=1, unchanged=1)
