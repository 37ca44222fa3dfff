"""What `invoke access --diff` says flips, and what it says does not, is so by iam-simulate, on real documents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from automation.access import callers
from automation.access.actions import Action, actions
from automation.access.decisions import Target
from automation.access.flips import Asked, Case, ask, both_requests, cases, compare, example, target_of
from automation.access.index import Side, members
from automation.access.matrix import who
from automation.access.snapshot import Snapshot
from shared.policy_evaluation.evaluation import Document, Request
from tests.security import simulation
from tests.security.changes import CHANGES, snapshot
from tests.security.principals import Caller
from tests.security.simulation import Unknown, simulate

EACH = 200
"""Flips, and as many non-flips, of each change: over 2,000 requests with all changes, before and after."""


@dataclass(frozen=True)
class Sampled:
    """A request before and after, with what was decided."""

    before: simulation.Case
    after: simulation.Case
    answers: tuple[bool, bool]


@pytest.fixture(scope="module")
def deployed() -> Snapshot:
    return snapshot()


@pytest.mark.parametrize("change", CHANGES)
def test_the_decisions_are_those_of_another_evaluator(deployed: Snapshot, node: str, change: str) -> None:
    chance = random.Random(change)  # noqa: S311 - the same in each run
    found = _known(list(sample(deployed, snapshot(CHANGES[change]), chance)), node)
    decided = simulate([case for each in found for case in (each.before, each.after)], node)
    differing = []
    for position, each in enumerate(found):
        theirs = (decided[2 * position].allowed, decided[2 * position + 1].allowed)
        if theirs != each.answers:
            differing.append(f"{each.after.caller.name}: {each.after} {each.after.context}: {each.answers}, {theirs}")
    assert differing == []


def test_there_are_enough(deployed: Snapshot) -> None:
    flips, others = 0, 0
    for change, edits in CHANGES.items():
        for each in sample(deployed, snapshot(edits), random.Random(change)):  # noqa: S311
            flips += each.answers[0] != each.answers[1]
            others += each.answers[0] == each.answers[1]
    assert min(flips, others) >= 500, (flips, others)
    assert flips + others >= 2000, (flips, others)


@pytest.mark.parametrize("change", CHANGES)
def test_who_can_assume_a_role(deployed: Snapshot, node: str, change: str) -> None:
    """Each user and role of the management account, by the other evaluator: the users' change of `who` is all."""
    for side in (deployed, snapshot(CHANGES[change])):
        entries = {(each.principal, each.role, each.account, each.how) for each in who(side)}
        asked, names = [], []
        assert side.management
        for account in side.members:
            for role in account.roles:
                for user in side.management.users:
                    caller = callers.of_user(side, side.management, user)
                    for how, mfa in (("", False), ("with MFA", True)):
                        context = {**callers.with_mfa(caller, mfa), "aws:ResourceOrgID": side.organization}
                        target = Target(account.id, role.trust, True, callers.resource_control(side, account))
                        request = Request("sts:AssumeRole", role.arn, context)
                        asked.append(_case(Side(caller, target), request, target))
                        names.append((user.name, role.name, account.name, how))
        for (user_name, *rest, how), decision in zip(names, simulate(asked, node), strict=True):
            ours = (user_name, *rest, "") in entries or (bool(how) and (user_name, *rest, how) in entries)
            assert ours == decision.allowed, (user_name, rest, how)


def _known(found: list[Sampled], node: str) -> list[Sampled]:
    """Without the few requests that iam-simulate has not: its list of AWS's actions is of another day."""
    unknown: set[str] = set()
    try:
        simulate([each.after for each in found], node)
    except Unknown as error:
        unknown = {line.rpartition(": {")[0] for line in str(error).splitlines()}
    known = [each for each in found if str(each.after) not in unknown]
    assert len(known) >= len(found) * 0.8, unknown
    return known


def sample(before: Snapshot, after: Snapshot, chance: random.Random) -> Iterator[Sampled]:
    """As many flips as non-flips, each with one of the actions that were decided together."""
    found: tuple[list[tuple[Case, Asked]], list[tuple[Case, Asked]]] = ([], [])
    for case in cases(before, after):
        if case.account == "shared-test":
            continue
        for asked in ask(case):
            found[asked.reason is None].append((case, asked))
    different: dict[str, None] = {}
    for kind in found:
        for case, asked in chance.choices(kind, k=EACH) if kind else []:
            action = actions()[chance.choice(members(asked.actions))]
            sampled = _sampled(case, asked, action)
            text = f"{name_of(case)} {sampled.after} {sorted(sampled.after.context.items())}"
            if text not in different:
                different[text] = None
                yield sampled


def name_of(case: Case) -> str:
    return f"{case.after.caller.name} {case.account}"


def _sampled(case: Case, asked: Asked, action: Action) -> Sampled:
    earlier, now = both_requests(case, action.name, asked.scenario)
    resource = example(case, asked, action.name)
    pair = [
        _case(side, Request(action.name, resource, request.context), target_of(side, asked.scenario))
        for side, request in ((case.before, earlier), (case.after, now))
    ]
    return Sampled(pair[0], pair[1], (asked.before.allowed, asked.after.allowed))


def _case(side: Side, request: Request, target: Target) -> simulation.Case:
    caller = side.caller
    principal = caller.principal
    control = [[policy.document for policy in level[1:]] for level in target.control]
    return simulation.Case(
        Caller(
            caller.name,
            None if principal.service else principal.arn,
            principal.account_id,
            principal.role_arn,
            service=principal.service,
            identity=[each.document for each in caller.identity],
            boundary=caller.boundary.document if caller.boundary else None,
            service_control=[[each.document for each in level] for level in caller.service_control],
        ),
        request.action,
        request.resource,
        target.account_id,
        {key: value if isinstance(value, str) else list(value) for key, value in request.context.items()},
        target.policy.document if target.policy else _own_policy(request.action, target.account_id),
        control,
    )


def _own_policy(action: str, account_id: str) -> Document | None:
    """Of what always has a policy of its own, keys and roles: one that lets its account decide, as AWS's default does.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"""
    if not action.startswith(("kms:", "sts:Assume", "sts:Set", "sts:Tag")):
        return None
    principal = {"AWS": f"arn:aws:iam::{account_id}:root"}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}],
    }


def test_compare_finds_the_flips_that_were_sampled(deployed: Snapshot) -> None:
    for change in ("a guardrail is off", "a role may less"):
        after = snapshot(CHANGES[change])
        told = {
            (name, action)
            for each in compare(deployed, after).flips
            for name in each.principals
            for action in each.actions
        }
        for each in sample(deployed, after, random.Random(change)):  # noqa: S311
            if each.answers[0] != each.answers[1]:
                assert (each.after.caller.name, each.after.action) in told
