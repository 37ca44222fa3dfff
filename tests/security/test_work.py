"""The work goes on: what developers, automation, workloads, backups and the deployment need is allowed."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.security.catalogue import callers, request
from tests.security.organization import from_programs
from tests.security.principals import Cast
from tests.security.simulation import own_verdict, simulate

WORK = yaml.safe_load((Path(__file__).parent / "work.yaml").read_text())["work"]


@pytest.mark.parametrize("work", WORK, ids=[f"{each['who']}: {each['what']}" for each in WORK])
def test_the_work_goes_on(cast: Cast, node: str, work: dict[str, object]) -> None:
    new = replace(Cast(from_programs(enrolling=["ada"])).user("ada"), name="new user")
    known = [*callers(cast), cast.access_role(), cast.role("MyMonthlyBackupIamRole"), new]
    caller = {each.name: each for each in known}[str(work["who"])]
    calls = work["calls"]
    assert isinstance(calls, list)
    cases = [request(call, caller, cast) for call in calls]
    decisions = simulate(cases, node)
    denied = {
        str(case): decision.blocked_by for case, decision in zip(cases, decisions, strict=True) if not decision.allowed
    }
    assert denied == {}
    for case, decision in zip(cases, decisions, strict=True):
        assert own_verdict(case, decision).allowed, case
