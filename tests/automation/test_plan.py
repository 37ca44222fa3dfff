"""Planned outputs: when a stack that reads them must be previewed too, and what its program then gets."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from automation.events import Change, Record, Resource
from automation.plan import Plan
from shared import planned_outputs
from shared.layers import StackId

ORG, POLICIES = StackId("org", "sandbox"), StackId("policies", "sandbox")
ACCOUNT = StackId("accounts", "sandbox", "one")
EVERY = {ORG, POLICIES, ACCOUNT}

Outputs = dict[str, Any]


def previewed(before: Outputs, after: Outputs, *changes: str) -> Record:
    made = Record(outputs=(before, after))
    for name in changes:
        made._changes[name] = Change(Resource(name), "updated")
    return made


@pytest.fixture
def deployed() -> dict[StackId, Outputs]:
    return {ORG: {"id": "o-1"}, POLICIES: {"rules": "old"}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(planned_outputs.VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def plan(tmp_path: Path, deployed: dict[StackId, Outputs]) -> Plan:
    return Plan(tmp_path, EVERY, deployed.get)


def reads(plan: Plan, stack: StackId, upstream: StackId) -> tuple[Outputs, bool] | None:
    plan.prepare(stack)
    found = planned_outputs.read(stack, upstream)
    return (dict(found.outputs), found.exists) if found else None


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (previewed({"id": "a"}, {"id": "b"}, "x"), {"id": "b"}),
        (previewed({"id": "a"}, {"id": "b"}), {"id": "b"}),
        (previewed({"id": "a"}, {"id": UNKNOWN}, "x"), {"id": UNKNOWN}),
        (previewed({}, {"id": UNKNOWN}, "x"), {"id": UNKNOWN}),
        (previewed({"id": "a", "more": "b"}, {"id": "a"}), {"id": "a"}),
        # What is masked may have changed, if anything has.
        (previewed({"id": "[secret]"}, {"id": "[secret]"}, "x"), {"id": UNKNOWN}),
        (previewed({"ids": [{"a": "[secret]"}]}, {"ids": [{"a": "[secret]"}]}, "x"), {"ids": [{"a": UNKNOWN}]}),
    ],
)
def test_outputs_that_will_change_reach_who_reads_them(plan: Plan, record: Record, expected: Outputs) -> None:
    plan.add(ORG, record)
    assert plan.reasons(ACCOUNT) == ["outputs of org"]
    assert plan.reasons(POLICIES) == ["outputs of org"]
    assert plan.reasons(ORG) == []
    assert reads(plan, ACCOUNT, ORG) == (expected, True)
    assert reads(plan, ACCOUNT, POLICIES) is None


@pytest.mark.parametrize(
    "record",
    [
        Record(same_inputs=True),
        previewed({"id": "a"}, {"id": "a"}),
        previewed({"id": "a"}, {"id": "a"}, "x"),
        previewed({"id": "[secret]"}, {"id": "[secret]"}),
    ],
)
def test_outputs_that_stay_are_no_reason(plan: Plan, record: Record) -> None:
    plan.add(ORG, record)
    assert plan.reasons(ACCOUNT) == []
    assert reads(plan, ACCOUNT, ORG) is None


def test_a_new_stack_reads_what_is_deployed_without_a_reference(
    tmp_path: Path, deployed: dict[StackId, Outputs]
) -> None:
    deployed[ORG]["word"] = "[secret]"
    new = Plan(tmp_path, EVERY - {ACCOUNT}, deployed.get)
    new.add(POLICIES, previewed({"rules": "old"}, {"rules": "new"}, "x"))
    assert reads(new, ACCOUNT, ORG) == ({"id": "o-1", "word": UNKNOWN}, False)
    assert reads(new, ACCOUNT, POLICIES) == ({"rules": "new"}, False)


def test_nothing_is_known_of_an_upstream_stack_that_does_not_exist(tmp_path: Path) -> None:
    def never(stack: StackId) -> Outputs:
        raise AssertionError(f"{stack.label} does not exist")

    new = Plan(tmp_path, {ACCOUNT}, never)
    assert reads(new, ACCOUNT, ORG) == ({}, False)
    new.add(ORG, previewed({}, {"id": UNKNOWN}, "x"))
    assert reads(new, ACCOUNT, ORG) == ({"id": UNKNOWN}, False)


def test_a_preview_by_plain_pulumi_has_no_planned_outputs(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    plan.add(ORG, previewed({"id": "a"}, {"id": "b"}, "x"))
    plan.prepare(ACCOUNT)
    monkeypatch.delenv(planned_outputs.VARIABLE)
    assert planned_outputs.read(ACCOUNT, ORG) is None


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        (UNKNOWN, True),
        (f"arn:aws:iam::{UNKNOWN}:root", True),
        ({"a": [UNKNOWN]}, True),
        ({UNKNOWN: 1}, True),
        ([{"a": "b"}, 1, None, True], False),
        ("", False),
    ],
)
def test_unknown_anywhere_is_unknown(value: Any, unknown: bool) -> None:
    assert planned_outputs.is_unknown(value) is unknown
